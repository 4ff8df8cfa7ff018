import { type Answer, absent, type ObjectCall, xmlAnswer } from "./call.ts";
import { fullChecksum } from "./checksums.ts";
import { invalidArgument, invalidRequest, noSuchBucket, notImplemented } from "./errors.ts";
import { objectHeaders } from "./object-headers.ts";
import { ENCRYPTION } from "./objects.ts";
import { requireWritable } from "./preconditions.ts";
import { splitResource } from "./request.ts";
import { etagOf, type S3Object, wholeSeconds } from "./store.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export function copyObject(call: ObjectCall): Answer {
  const { request, bucket, key, now, store } = call;
  const header = request.headers.get("x-amz-copy-source") as string;
  if (header.includes("?")) throw notImplemented("a copy of one version of an object");
  const from = splitResource(header.replace(/^\//, ""));
  if (from.key === "") {
    throw invalidArgument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      "x-amz-copy-source",
      header,
    );
  }
  const sourceBucket = store.get(from.bucket);
  if (sourceBucket === undefined) throw noSuchBucket(from.bucket);
  const source = sourceBucket.objects.get(from.key);
  if (source === undefined) throw absent(call, from.bucket, from.key);

  const replace = readDirective(request.headers.get("x-amz-metadata-directive"));
  if (source === bucket.objects.get(key) && !replace) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  requireWritable(request.headers, key, bucket.objects.get(key));
  const object: S3Object = {
    ...source,
    ...(replace ? objectHeaders(request.headers) : {}),
    key,
    etag: etagOf(source.body),
    lastModified: wholeSeconds(now),
    // The copy is one piece, whatever its source was put together from.
    checksum: source.checksum && fullChecksum(source.checksum.algorithm, source.body),
  };
  bucket.objects.set(key, object);
  call.publish("ObjectCreated:Copy", bucket, key, object);
  return xmlAnswer(
    [
      "CopyObjectResult",
      [
        ["ETag", object.etag],
        ["LastModified", object.lastModified.toISOString()],
      ],
    ],
    ENCRYPTION,
  );
}

function readDirective(directive = "COPY"): boolean {
  if (directive === "COPY" || directive === "REPLACE") return directive === "REPLACE";
  throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
}
