import { type Answer, type ObjectCall, xmlAnswer } from "./call.ts";
import { checksumAlgorithm, checksumElements, fullChecksum } from "./checksums.ts";
import { findCopySource } from "./copy-source.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { objectHeaders } from "./object-headers.ts";
import { ENCRYPTION } from "./objects.ts";
import { requireWritable } from "./preconditions.ts";
import { etagOf, type S3Object, wholeSeconds } from "./store.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export function copyObject(call: ObjectCall): Answer {
  const { request, bucket, key, now } = call;
  const { headers } = request;
  const replace = readDirective(headers.get("x-amz-metadata-directive"));
  const source = findCopySource(call, headers.get("x-amz-copy-source") ?? "");
  if (source === bucket.objects.get(key) && !replace) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  requireWritable(headers, key, bucket.objects.get(key));
  const asked = headers.get("x-amz-checksum-algorithm");
  const algorithm = asked === undefined ? source.checksum?.algorithm : checksumAlgorithm(asked);
  const object: S3Object = {
    ...source,
    ...(replace ? objectHeaders(headers) : {}),
    key,
    etag: etagOf(source.body),
    lastModified: wholeSeconds(now),
    // The copy is one piece, whatever its source was put together from.
    checksum: algorithm && fullChecksum(algorithm, source.body),
  };
  bucket.objects.set(key, object);
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
    ENCRYPTION,
  );
}

function readDirective(directive = "COPY"): boolean {
  if (directive === "COPY" || directive === "REPLACE") return directive === "REPLACE";
  throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
}
