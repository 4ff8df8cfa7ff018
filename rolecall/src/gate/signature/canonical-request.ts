import { parseQuery, percentDecode, splitTarget, uriEncode } from "./encoding.ts";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly target: string;
  /** Every header line in the order sent: Node's `rawHeaders`, name and value alternating. */
  readonly rawHeaders: readonly string[];
}

/** All lines of each header by its name in lower case. */
export function headerLines(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    const earlier = lines.get(name);
    if (earlier === undefined) lines.set(name, [value]);
    else earlier.push(value);
  }
  return lines;
}

/**
 * The text whose hash a signature covers.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * Amazon S3 encodes the path once and keeps it as sent; every other service encodes what is already encoded.
 *
 * @throws {URIError} when the path or the query is not percent-encoded
 */
export function canonicalRequest(
  { method, target, rawHeaders }: WireRequest,
  {
    service,
    signedHeaders,
    payloadHash,
  }: { readonly service: string; readonly signedHeaders: readonly string[]; readonly payloadHash: string },
): string {
  const { path, query } = splitTarget(target);
  const lines = headerLines(rawHeaders);
  const headers = signedHeaders.map((name) => {
    const values = (lines.get(name) ?? []).map((value) => value.trim().replace(/ +/g, " "));
    return `${name}:${values.join(",")}\n`;
  });
  return [
    method,
    canonicalPath(path, service),
    canonicalQuery(query),
    headers.join(""),
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** A path of nothing but these is its own canonical form. */
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

function canonicalPath(path: string, service: string): string {
  if (UNRESERVED_PATH.test(path)) return path;
  const encodeSegment = (segment: string) => uriEncode(percentDecode(segment));
  const once = path.split("/").map(encodeSegment).join("/");
  return service === "s3" ? once : once.replaceAll("%", "%25");
}

function canonicalQuery(query: string): string {
  return parseQuery(query)
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .filter(([name]) => name !== "X-Amz-Signature")
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
