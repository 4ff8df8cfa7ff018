import { S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";

/**
 * What S3 answers to a browser that asks whether a page of another origin may call. Nobody signs such a question, and a
 * bucket without CORS rules, as all are here, says no.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
export function refusedPreflight({ headers, key }: S3Request): S3Error {
  const missing = (message: string) => new S3Error("BadRequest", message, 400);
  if (!headers.has("origin")) return missing("Insufficient information. Origin request header needed.");
  const method = headers.get("access-control-request-method");
  if (method === undefined) return missing("Invalid Access-Control-Request-Method: null");
  return new S3Error("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403, {
    Method: method,
    ResourceType: key === undefined ? "BUCKET" : "OBJECT",
  });
}
