import { createHash, type Hash } from "node:crypto";
import { SignatureError } from "./refusal.ts";
import { equalsInConstantTime, scopeText, sha256, sign } from "./signing.ts";
import type { PayloadProof } from "./verify-request.ts";

/** Takes a body as it comes over the wire. What it gives out is proven by `end` alone, and not before. */
export interface PayloadReader {
  /**
   * @param bytes the next ones of the body
   * @returns those of the object among them, freed of chunk headers
   * @throws {SignatureError}
   */
  read(bytes: Buffer): readonly Buffer[];
  /**
   * Says that the body has ended.
   *
   * @returns the headers that followed the body, by name in lower case
   * @throws {SignatureError}
   */
  end(): ReadonlyMap<string, string>;
}

interface Framing {
  readonly signed: boolean;
  readonly trailer: boolean;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const FRAMINGS: Readonly<Record<string, Framing>> = {
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
};

/** Bytes of a chunk's header, and of all trailers: as many as Node takes of a request's headers. */
const MAX_LINES = 16 * 1024;

/**
 * Refuses a payload hash that could never be verified, before the body is read.
 *
 * @throws {SignatureError}
 */
export function requireKnownHash({ hash }: PayloadProof): void {
  if (hash === "UNSIGNED-PAYLOAD" || isChunked({ hash }) || /^[0-9a-f]{64}$/.test(hash)) return;
  throw new SignatureError({ reason: "bad payload hash" });
}

/** Whether a body comes in chunks with headers of their own, and so is longer than what it carries. */
export function isChunked({ hash }: Pick<PayloadProof, "hash">): boolean {
  return Object.hasOwn(FRAMINGS, hash);
}

/**
 * Holds a body against what the request's signature says of it, and takes the chunks apart where it comes in chunks.
 *
 * @param decodedLength bytes: `x-amz-decoded-content-length`, where sent
 * @throws {SignatureError} for a payload hash that could never be verified
 */
export function createPayloadReader(proof: PayloadProof, decodedLength?: number): PayloadReader {
  requireKnownHash(proof);
  const framing = FRAMINGS[proof.hash];
  if (framing !== undefined) return readChunks(proof, framing, decodedLength);
  const hash = proof.hash === "UNSIGNED-PAYLOAD" ? undefined : createHash("sha256");
  return {
    read(bytes) {
      hash?.update(bytes);
      return [bytes];
    },
    end() {
      const computed = hash?.digest("hex");
      if (computed !== undefined && !equalsInConstantTime(proof.hash, computed)) {
        throw new SignatureError({ reason: "payload mismatch", declared: proof.hash, computed });
      }
      return new Map();
    },
  };
}

interface Chunk {
  readonly signature: string;
  readonly hash: Hash | undefined;
  /** Bytes that have not come yet. */
  missing: number;
}

const NOTHING = Buffer.alloc(0);

function readChunks(
  proof: PayloadProof,
  { signed, trailer }: Framing,
  decodedLength: number | undefined,
): PayloadReader {
  const chain = chunkChain(proof);
  const trailers = new Map<string, string>();
  const signedLines: string[] = [];
  let expected: "chunk header" | "data" | "line end" | "trailer" | "nothing" = "chunk header";
  let chunk: Chunk = { signature: "", hash: undefined, missing: 0 };
  let announced = 0;
  let trailerBytes = 0;
  /** A line's beginning, while its end has not come. */
  let begun: Buffer = NOTHING;

  function takeLine(line: string): void {
    switch (expected) {
      case "chunk header":
        chunk = beginChunk(line);
        if (chunk.missing > 0) expected = "data";
        else {
          endChunk();
          expected = "trailer";
        }
        break;
      case "line end":
        if (line !== "") throw incompleteBody();
        expected = "chunk header";
        break;
      case "trailer":
        if (line === "") expected = "nothing";
        else takeTrailer(line);
    }
  }

  function beginChunk(line: string): Chunk {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (match === null) throw incompleteBody();
    const missing = Number.parseInt(match[1] as string, 16);
    announced += missing;
    if (announced > (decodedLength ?? Number.POSITIVE_INFINITY)) throw incompleteBody();
    return { signature: match[2] ?? "", hash: signed ? createHash("sha256") : undefined, missing };
  }

  function endChunk(): void {
    if (chunk.hash !== undefined) chain.checkChunk(chunk.hash.digest("hex"), chunk.signature);
    expected = "line end";
  }

  function takeTrailer(line: string): void {
    const colon = line.indexOf(":");
    trailerBytes += line.length;
    if (!trailer || colon <= 0 || trailerBytes > MAX_LINES) throw malformedTrailer();
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    trailers.set(name, value);
    if (name !== "x-amz-trailer-signature") signedLines.push(`${name}:${value}\n`);
  }

  return {
    read(bytes) {
      const input = begun.length === 0 ? bytes : Buffer.concat([begun, bytes]);
      const data: Buffer[] = [];
      let offset = 0;
      begun = NOTHING;
      while (offset < input.length) {
        if (expected === "data") {
          const piece = input.subarray(offset, offset + chunk.missing);
          chunk.hash?.update(piece);
          chunk.missing -= piece.length;
          offset += piece.length;
          data.push(piece);
          if (chunk.missing === 0) endChunk();
          continue;
        }
        if (expected === "nothing") throw incompleteBody();
        const end = input.indexOf("\r\n", offset);
        if (end >= 0) {
          takeLine(input.toString("latin1", offset, end));
          offset = end + 2;
          continue;
        }
        if (input.length - offset > MAX_LINES)
          throw expected === "trailer" ? malformedTrailer() : incompleteBody();
        begun = Buffer.from(input.subarray(offset));
        break;
      }
      return data;
    },
    end() {
      // Some clients end the body with the last trailer's line, without an empty one behind it.
      const ended = expected === "nothing" || (expected === "trailer" && trailers.size > 0);
      if (!ended || begun.length > 0) throw incompleteBody();
      if (signed && trailer)
        chain.checkTrailers(signedLines.join(""), trailers.get("x-amz-trailer-signature") ?? "");
      trailers.delete("x-amz-trailer-signature");
      if (announced !== (decodedLength ?? announced)) throw incompleteBody();
      return trailers;
    },
  };
}

const incompleteBody = () => new SignatureError({ reason: "incomplete body" });
const malformedTrailer = () => new SignatureError({ reason: "malformed trailer" });

/** Each chunk's signature builds on the one before, so that no chunk can be changed, moved or left out. */
function chunkChain({ context, signature }: PayloadProof) {
  let previous = signature;
  const check = (kind: string, hashes: readonly string[], provided: string) => {
    const stringToSign = [kind, context.date, scopeText(context.scope), previous, ...hashes].join("\n");
    if (!equalsInConstantTime(provided, sign(context.key, stringToSign))) {
      throw new SignatureError({
        reason: "mismatch",
        accessKeyId: context.scope.accessKeyId,
        provided,
        stringToSign,
      });
    }
    previous = provided;
  };
  return {
    checkChunk: (hash: string, provided: string) =>
      check("AWS4-HMAC-SHA256-PAYLOAD", [sha256(""), hash], provided),
    checkTrailers: (lines: string, provided: string) =>
      check("AWS4-HMAC-SHA256-TRAILER", [sha256(lines)], provided),
  };
}
