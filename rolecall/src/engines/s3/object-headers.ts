import { invalidArgument, S3Error } from "./errors.ts";

/** Headers that are kept with an object and come back with it. */
const KEPT = ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

const METADATA = "x-amz-meta-";
const MAX_METADATA_BYTES = 2048;

/** What a header's name is made of: a form field's name can hold anything. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export interface ObjectHeaders {
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a request says of the object that it writes: its type, user metadata, Cache-Control and the like.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 *
 * @param sent headers or form fields, by name in lower case
 * @throws {S3Error} MetadataTooLarge, InvalidArgument
 */
export function objectHeaders(sent: ReadonlyMap<string, string>): ObjectHeaders {
  const headers: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of sent) {
    if (name.startsWith(METADATA)) {
      if (!TOKEN.test(name))
        throw invalidArgument("Metadata names must be valid HTTP header names", "name", name);
      metadataBytes += name.length - METADATA.length + value.length;
      headers[name] = value;
    } else if (KEPT.includes(name)) {
      const kept = name === "content-encoding" ? withoutChunking(value) : value;
      if (kept !== "") headers[name] = kept;
    }
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
      400,
      {
        Size: metadataBytes,
        MaxSizeAllowed: MAX_METADATA_BYTES,
      },
    );
  }
  return { contentType: sent.get("content-type") || undefined, headers };
}

/** `aws-chunked` describes the transport, not the object. */
function withoutChunking(contentEncoding: string): string {
  return contentEncoding
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "aws-chunked" && coding !== "")
    .join(",");
}

/** A value as a header can carry it: S3 sends what is not Latin-1, which only forms can bring, as RFC 2047 has it. */
export function headerValue(value: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    ? value
    : `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
}
