const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

const ENCODED = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/**
 * Percent-encodes every byte that RFC 3986 does not call unreserved, as Signature Version 4 does.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function uriEncode(bytes: Uint8Array): string {
  let encoded = "";
  for (const byte of bytes) encoded += ENCODED[byte];
  return encoded;
}

/**
 * The bytes that a percent-encoded part of a URL stands for.
 *
 * @throws {URIError} when a `%` is not followed by two hexadecimal digits
 */
export function percentDecode(text: string): Buffer {
  if (!text.includes("%")) return Buffer.from(text, "latin1");
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new URIError("a % is not followed by two hexadecimal digits");
  // Node hands over each byte of the request line as one character.
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** The path and the query of a request target, each still encoded. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/**
 * Every parameter of an encoded query, in the order sent, as the bytes it stands for. A `+` is a space.
 *
 * @throws {URIError} as {@link percentDecode}
 */
export function parseQuery(query: string): (readonly [name: Buffer, value: Buffer])[] {
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const spaced = part.replaceAll("+", "%20");
      const equals = spaced.indexOf("=");
      if (equals < 0) return [percentDecode(spaced), Buffer.alloc(0)];
      return [percentDecode(spaced.slice(0, equals)), percentDecode(spaced.slice(equals + 1))];
    });
}
