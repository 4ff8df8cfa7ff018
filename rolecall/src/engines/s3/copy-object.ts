import { held } from "./bodies.ts";
import { type Answer, type ObjectCall, xmlAnswer } from "./call.ts";
import { checksumAlgorithm, checksumElements } from "./checksums.ts";
import { digestCopy, findCopySource } from "./copy-source.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { objectHeaders } from "./object-headers.ts";
import { ENCRYPTION } from "./objects.ts";
import { requireWritable } from "./preconditions.ts";
import { etagOf, wholeSeconds } from "./store.ts";
import { versionHeader } from "./versions.ts";

/** What changes an object by a copy onto itself, also where it names what the object has already. */
const IN_PLACE = ["x-amz-server-side-encryption", "x-amz-storage-class"];

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(call: ObjectCall): Promise<Answer> {
  const { request, bucket, key, now } = call;
  const { headers } = request;
  const replace = readDirective(headers.get("x-amz-metadata-directive"));
  const source = findCopySource(call, headers.get("x-amz-copy-source") ?? "");
  const changes = replace || IN_PLACE.some((name) => headers.has(name));
  if (source === bucket.objects.get(key) && !changes) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const asked = headers.get("x-amz-checksum-algorithm");
  const algorithm = asked === undefined ? source.checksum?.algorithm : checksumAlgorithm(asked);
  const { parts: _, ...kept } = source;
  using _hold = held(source.body);
  const { md5, checksum } = await digestCopy(source, source.body, algorithm);
  // Nothing is awaited from here on, so of two writes that may not overwrite, one finds the other's object.
  requireWritable(headers, key, bucket.objects.get(key));
  // The copy is one piece, whatever its source was put together from.
  const object = bucket.put({
    ...kept,
    ...(replace ? objectHeaders(headers) : {}),
    key,
    etag: etagOf(md5),
    lastModified: wholeSeconds(now),
    checksum,
  });
  call.publish("ObjectCreated:Copy", bucket, key, object);
  return xmlAnswer(
    [
      "CopyObjectResult",
      [
        ["ETag", object.etag],
        ["LastModified", object.lastModified.toISOString()],
        ...checksumElements(object.checksum),
      ],
    ],
    {
      ...ENCRYPTION,
      ...versionHeader(object.versionId),
      ...(source.versionId !== undefined && { "x-amz-copy-source-version-id": source.versionId }),
    },
  );
}

function readDirective(directive = "COPY"): boolean {
  if (directive === "COPY" || directive === "REPLACE") return directive === "REPLACE";
  throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
}
