import { createHash } from "node:crypto";
import type { XmlElement } from "../../gate/xml.ts";
import { combineCrcs } from "./combine-crc.ts";
import { createCrc32, createCrc32c, createCrc64Nvme } from "./crc.ts";
import { invalidRequest, notImplemented, S3Error } from "./errors.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one of n parts ends in `-n`. */
  readonly value: string;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

/** A checksum that takes its data piece by piece. */
interface Digest {
  update(data: Buffer): unknown;
  digest(): Buffer;
}

const DIGESTS: Readonly<Record<ChecksumAlgorithm, () => Digest>> = {
  CRC32: createCrc32,
  CRC32C: createCrc32c,
  CRC64NVME: createCrc64Nvme,
  SHA1: () => createHash("sha1"),
  SHA256: () => createHash("sha256"),
};

const PREFIX = "x-amz-checksum-";

/** Headers that begin like a checksum and are none. */
const NOT_A_CHECKSUM = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);

/** @throws {S3Error} NotImplemented for an algorithm that S3 knows and this does not, InvalidRequest for any other */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = name.toUpperCase();
  if (Object.hasOwn(DIGESTS, algorithm)) return algorithm as ChecksumAlgorithm;
  if (/^(MD5|SHA512|XXHASH\d+)$/.test(algorithm)) throw notImplemented(`the checksum ${algorithm}`);
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

export function checksumHeader({ algorithm }: Pick<Checksum, "algorithm">): string {
  return PREFIX + algorithm.toLowerCase();
}

export function computeChecksum(algorithm: ChecksumAlgorithm, data: Buffer): string {
  const digest = DIGESTS[algorithm]();
  digest.update(data);
  return digest.digest().toString("base64");
}

interface CheckedPart {
  /** Base64. */
  readonly value: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * The checksum of a multipart object, from those of its parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 *
 * @throws Error for a hash of the whole, which cannot be put together from its parts' hashes
 */
export function multipartChecksum(
  { algorithm, type }: Pick<Checksum, "algorithm" | "type">,
  parts: readonly CheckedPart[],
): Checksum {
  const pieces = parts.map(({ value, size }) => ({ crc: Buffer.from(value, "base64"), size }));
  if (type === "COMPOSITE") {
    const joined = Buffer.concat(pieces.map(({ crc }) => crc));
    return { algorithm, value: `${computeChecksum(algorithm, joined)}-${parts.length}`, type };
  }
  if (algorithm === "SHA1" || algorithm === "SHA256") throw new Error(`There is no ${type} ${algorithm}.`);
  return { algorithm, value: combineCrcs(algorithm, pieces).toString("base64"), type };
}

/** What a body turned out to be. */
export interface Digested {
  /** Hexadecimal. */
  readonly md5: string;
  /** What is kept with the object, where a checksum was sent or is wanted. */
  readonly checksum: Checksum | undefined;
}

/** Computes what is kept of a body while it passes. */
export interface BodyDigest {
  update(chunk: Buffer): void;
  digest(): Digested;
}

export function digestBody(algorithm: ChecksumAlgorithm | undefined): BodyDigest {
  const md5 = createHash("md5");
  const digest = algorithm && DIGESTS[algorithm]();
  return {
    update(chunk) {
      md5.update(chunk);
      digest?.update(chunk);
    },
    digest: () => ({
      md5: md5.digest("hex"),
      checksum: algorithm &&
        digest && { algorithm, value: digest.digest().toString("base64"), type: "FULL_OBJECT" },
    }),
  };
}

/** Holds a body, while it passes, against every checksum that comes with it. */
export interface BodyCheck {
  update(chunk: Buffer): void;
  /**
   * @param trailers headers that followed the body, by name in lower case
   * @throws {S3Error} BadDigest, InvalidDigest, InvalidRequest, MalformedTrailerError
   */
  end(trailers: ReadonlyMap<string, string>): Digested;
}

/**
 * @param headers by name in lower case
 * @param wanted the algorithm of the checksum that is kept where none is sent
 * @throws {S3Error} InvalidRequest, NotImplemented
 */
export function checkBody(headers: ReadonlyMap<string, string>, wanted?: ChecksumAlgorithm): BodyCheck {
  const declared = declaredTrailers(headers.get("x-amz-trailer"));
  const sent = sentAlgorithm([...headers.keys(), ...declared]);
  const digest = digestBody(sent ?? wanted);
  return {
    update: digest.update,
    end(trailers) {
      const digested = digest.digest();
      requireMd5(headers.get("content-md5"), digested.md5);
      requireDeclaredTrailers(declared, trailers);
      if (sent !== undefined && digested.checksum !== undefined) {
        const name = checksumHeader(digested.checksum);
        requireChecksum(digested.checksum, trailers.get(name) ?? headers.get(name) ?? "");
      }
      return digested;
    },
  };
}

/**
 * The one checksum that a request's headers may carry, not compared with anything yet.
 *
 * @throws {S3Error} InvalidRequest, NotImplemented
 */
export function sentChecksum(
  headers: ReadonlyMap<string, string>,
): Pick<Checksum, "algorithm" | "value"> | undefined {
  const algorithm = sentAlgorithm([...headers.keys()]);
  return algorithm && { algorithm, value: headers.get(checksumHeader({ algorithm })) ?? "" };
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

function sentAlgorithm(names: readonly string[]): ChecksumAlgorithm | undefined {
  const [first, ...more] = names.filter((name) => name.startsWith(PREFIX) && !NOT_A_CHECKSUM.has(name));
  if (more.length > 0) {
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  return first === undefined ? undefined : checksumAlgorithm(first.slice(PREFIX.length));
}

function requireChecksum(computed: Checksum, sent: string): void {
  if (sent === computed.value) return;
  if (sent.length !== computed.value.length) {
    throw invalidRequest(`Value for ${checksumHeader(computed)} header is invalid.`);
  }
  throw badDigest(computed.algorithm);
}

function requireMd5(sent: string | undefined, computed: string): void {
  if (sent === undefined) return;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(sent)) {
    throw new S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {
      "Content-MD5": sent,
    });
  }
  const calculated = Buffer.from(computed, "hex").toString("base64");
  if (sent === calculated) return;
  throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.", 400, {
    ExpectedDigest: sent,
    CalculatedDigest: calculated,
  });
}

function declaredTrailers(header: string | undefined): readonly string[] {
  return (header ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

function requireDeclaredTrailers(declared: readonly string[], trailers: ReadonlyMap<string, string>): void {
  if (declared.every((name) => trailers.has(name)) && trailers.size === declared.length) return;
  throw new S3Error(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    400,
  );
}
