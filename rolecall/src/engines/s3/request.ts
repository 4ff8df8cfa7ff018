import type { IncomingMessage } from "node:http";
import { headerLines } from "../../gate/signature/canonical-request.ts";
import { parseQuery, percentDecode, splitTarget } from "../../gate/signature/encoding.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { requireKey } from "./keys.ts";

export interface S3Request {
  readonly method: string;
  /** Undefined for a request to the service itself. */
  readonly bucket: string | undefined;
  /** Undefined for a request to a bucket. */
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  /** By name in lower case; several lines of one header are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Presigned URLs carry a checksum of an empty body here, which S3 does not hold against what is sent. */
const NEVER_HOISTED = /^x-amz-(checksum-|sdk-checksum-algorithm)/;

/** What a signature puts into a query; everything else that begins so is a header in another place. */
const SIGNATURE_PARAMETERS =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;

/**
 * Takes a request apart: the bucket stands in the host name or comes first in the path.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 *
 * @param isBucket tells a host name that begins with a bucket from one that does not
 * @throws {S3Error} InvalidURI, and for a key that S3 does not take
 */
export function parseRequest(request: IncomingMessage, isBucket: (name: string) => boolean): S3Request {
  const { method = "", url = "" } = request;
  const headers = new Map(
    [...headerLines(request.rawHeaders)].map(([name, lines]) => [name, lines.join(",")]),
  );
  try {
    if (!url.startsWith("/")) throw new URIError("not a path");
    const { path, query } = splitTarget(url);
    const parameters = new Map(parseQuery(query).map(([name, value]) => [utf8(name), utf8(value)]));
    hoist(parameters, headers);
    return { method, ...locate(path.slice(1), headers.get("host"), isBucket), query: parameters, headers };
  } catch (error) {
    if (error instanceof S3Error) throw error;
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", 400, { URI: url });
  }
}

/** Bucket and key of `bucket/key`, percent-encoded: a path without its slash, or a copy source. */
function splitResource(text: string): { readonly bucket: string; readonly key: string } {
  const slash = text.indexOf("/");
  if (slash < 0) return { bucket: utf8(percentDecode(text)), key: "" };
  return {
    bucket: utf8(percentDecode(text.slice(0, slash))),
    key: utf8(percentDecode(text.slice(slash + 1))),
  };
}

/**
 * What the header x-amz-copy-source names.
 *
 * @throws {S3Error} InvalidArgument
 */
export function readCopySource(header: string): {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
} {
  const [, path = header, versionId] = /^(.*?)\?versionId=(.*)$/s.exec(header) ?? [];
  const invalid = () =>
    invalidArgument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      "x-amz-copy-source",
      header,
    );
  let from: ReturnType<typeof splitResource>;
  try {
    from = splitResource(path.replace(/^\//, ""));
  } catch {
    throw invalid();
  }
  if (from.bucket === "" || from.key === "") throw invalid();
  return { ...from, versionId };
}

function locate(path: string, host: string | undefined, isBucket: (name: string) => boolean) {
  const labels = (host ?? "").replace(/:\d+$/, "").split(".");
  const inHost = labels.map((_, index) => labels.slice(0, index).join(".")).find(isBucket);
  const { bucket, key } =
    inHost === undefined ? splitResource(path) : { bucket: inHost, key: utf8(percentDecode(path)) };
  requireKey(key);
  return { bucket: bucket || undefined, key: key || undefined };
}

/** The JavaScript SDK moves headers of a request that it presigns into the query; S3 takes them from there. */
function hoist(query: Map<string, string>, headers: Map<string, string>): void {
  if (!query.has("X-Amz-Signature")) return;
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (!lower.startsWith("x-amz-")) continue;
    query.delete(name);
    if (!SIGNATURE_PARAMETERS.test(lower) && !NEVER_HOISTED.test(lower)) headers.set(lower, value);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Buffer): string {
  return decoder.decode(bytes);
}
