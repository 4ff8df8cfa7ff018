import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc64Nvme } from "./crc64-nvme.ts";
import { invalidRequest, notImplemented, S3Error } from "./errors.ts";
import type { XmlElement } from "./xml.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one of n parts ends in `-n`. */
  readonly value: string;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

const DIGESTS: Readonly<Record<ChecksumAlgorithm, (data: Buffer) => Buffer>> = {
  CRC32: (data) => bigEndian(crc32(data)),
  CRC32C: (data) => bigEndian(crc32c(data)),
  CRC64NVME: crc64Nvme,
  SHA1: (data) => createHash("sha1").update(data).digest(),
  SHA256: (data) => createHash("sha256").update(data).digest(),
};

const PREFIX = "x-amz-checksum-";

/** Headers that begin like a checksum and are none. */
const NOT_A_CHECKSUM = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);

/** @throws {S3Error} NotImplemented for an algorithm that S3 knows and this does not, InvalidRequest for any other */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = name.toUpperCase();
  if (algorithm in DIGESTS) return algorithm as ChecksumAlgorithm;
  if (/^(MD5|SHA512|XXHASH\d+)$/.test(algorithm)) throw notImplemented(`the checksum ${algorithm}`);
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

export function checksumHeader({ algorithm }: Checksum): string {
  return PREFIX + algorithm.toLowerCase();
}

export function computeChecksum(algorithm: ChecksumAlgorithm, data: Buffer): string {
  return DIGESTS[algorithm](data).toString("base64");
}

export function fullChecksum(algorithm: ChecksumAlgorithm, data: Buffer): Checksum {
  return { algorithm, value: computeChecksum(algorithm, data), type: "FULL_OBJECT" };
}

/** The checksum of a multipart object: of its parts' checksums, one behind the other. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Checksum {
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  return { algorithm, value: `${computeChecksum(algorithm, joined)}-${parts.length}`, type: "COMPOSITE" };
}

/**
 * Holds a body against every checksum that came with it.
 *
 * @param headers by name in lower case
 * @param trailers headers that followed the body
 * @returns the checksum that is kept with the object, where one was sent
 * @throws {S3Error} BadDigest, InvalidDigest, InvalidRequest, NotImplemented, MalformedTrailerError
 */
export function verifyChecksums(
  body: Buffer,
  headers: ReadonlyMap<string, string>,
  trailers: ReadonlyMap<string, string>,
): Checksum | undefined {
  verifyMd5(body, headers.get("content-md5"));
  requireDeclaredTrailers(headers.get("x-amz-trailer"), trailers);
  const sent = sentChecksum(headers, trailers);
  if (sent === undefined) return undefined;
  const computed = computeChecksum(sent.algorithm, body);
  if (sent.value.length !== computed.length) {
    throw invalidRequest(`Value for ${PREFIX}${sent.algorithm.toLowerCase()} header is invalid.`);
  }
  if (sent.value !== computed) throw badDigest(sent.algorithm);
  return { ...sent, type: "FULL_OBJECT" };
}

/**
 * The one checksum that a request may carry, not compared with anything yet.
 *
 * @throws {S3Error} InvalidRequest, NotImplemented
 */
export function sentChecksum(
  headers: ReadonlyMap<string, string>,
  trailers: ReadonlyMap<string, string> = new Map(),
): Pick<Checksum, "algorithm" | "value"> | undefined {
  const sent = [...headers, ...trailers].filter(
    ([name]) => name.startsWith(PREFIX) && !NOT_A_CHECKSUM.has(name),
  );
  const [first, ...more] = sent;
  if (more.length > 0) {
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  if (first === undefined) return undefined;
  const [name, value] = first;
  return { algorithm: checksumAlgorithm(name.slice(PREFIX.length)), value };
}

export const badDigest = (algorithm: ChecksumAlgorithm) =>
  new S3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`, 400);

/** A checksum as it stands in XML answers, of a whole object. */
export function checksumElements(checksum: Checksum | undefined): readonly XmlElement[] {
  if (checksum === undefined) return [];
  return [
    [`Checksum${checksum.algorithm}`, checksum.value],
    ["ChecksumType", checksum.type],
  ];
}

function verifyMd5(body: Buffer, sent: string | undefined): void {
  if (sent === undefined) return;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(sent)) {
    throw new S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {
      "Content-MD5": sent,
    });
  }
  const computed = createHash("md5").update(body).digest("base64");
  if (sent === computed) return;
  throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.", 400, {
    ExpectedDigest: sent,
    CalculatedDigest: computed,
  });
}

function requireDeclaredTrailers(declared: string | undefined, trailers: ReadonlyMap<string, string>): void {
  const names = (declared ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  if (names.every((name) => trailers.has(name)) && trailers.size === names.length) return;
  throw new S3Error(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    400,
  );
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});

/** Castagnoli's polynomial, which node:zlib lacks. */
function crc32c(data: Buffer): number {
  let remainder = 0xffffffff;
  for (const byte of data)
    remainder = (CRC32C_TABLE[(remainder ^ byte) & 0xff] as number) ^ (remainder >>> 8);
  return ~remainder >>> 0;
}
