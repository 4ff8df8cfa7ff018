import { finished } from "node:stream/promises";
import { errorDocument, HOST_ID, S3Error } from "../s3/errors.ts";
import type { S3 } from "../s3/s3.ts";
import type { Injector } from "./injector.ts";
import { serveWithFaults } from "./requests.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const slowDown = new S3Error("SlowDown", "Please reduce your request rate.", 503);
const internalError = new S3Error(
  "InternalError",
  "We encountered an internal error. Please try again.",
  500,
);

/** Amazon S3 that is busy, broken or slow now and then. */
export function faultyS3(
  s3: Pick<S3, "addresses" | "handle">,
  injector: Injector,
): Pick<S3, "addresses" | "handle"> {
  return {
    addresses: s3.addresses,
    handle: (request, requestId) => {
      const { method = "", url = "" } = request;
      return serveWithFaults(
        {
          place: `s3 ${method}`,
          what: `s3: ${method} ${url.replace(/\?.*/, "")}`,
          changes: method !== "GET" && method !== "HEAD",
          serve: () => s3.handle(request, requestId),
          discard: () => finished(request.resume(), { writable: false }).catch(() => {}),
          throttled: () => refusal(slowDown, requestId),
          serverError: () => refusal(internalError, requestId),
        },
        injector,
      );
    },
  };
}

function refusal(error: S3Error, requestId: string) {
  return {
    status: error.status,
    headers: { "content-type": "application/xml", "x-amz-request-id": requestId, "x-amz-id-2": HOST_ID },
    body: errorDocument(error, requestId),
  };
}
