import { SignatureError } from "./refusal.ts";
import { equalsInConstantTime, scopeText, sha256, sign } from "./signing.ts";
import type { PayloadProof } from "./verify-request.ts";

export interface Payload {
  /** The object itself, freed of chunk headers. */
  readonly body: Buffer;
  /** Headers that followed the body, by name in lower case. */
  readonly trailers: ReadonlyMap<string, string>;
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

/**
 * Refuses a payload hash that could never be verified, before the body is read.
 *
 * @throws {SignatureError}
 */
export function requireKnownHash({ hash }: PayloadProof): void {
  if (hash === "UNSIGNED-PAYLOAD" || Object.hasOwn(FRAMINGS, hash) || /^[0-9a-f]{64}$/.test(hash)) return;
  throw new SignatureError({ reason: "bad payload hash" });
}

/**
 * Holds a body against what the request's signature says of it, and takes the chunks apart where it came in chunks.
 *
 * @param raw the body as it came over the wire
 * @param decodedLength bytes: `x-amz-decoded-content-length`, where sent
 * @throws {SignatureError}
 */
export function verifyPayload(raw: Buffer, proof: PayloadProof, decodedLength?: number): Payload {
  requireKnownHash(proof);
  const framing = FRAMINGS[proof.hash];
  if (framing !== undefined) {
    const payload = readChunks(raw, proof, framing);
    if (decodedLength !== undefined && decodedLength !== payload.body.length) {
      throw new SignatureError({ reason: "incomplete body" });
    }
    return payload;
  }
  if (proof.hash !== "UNSIGNED-PAYLOAD") {
    const computed = sha256(raw);
    if (!equalsInConstantTime(proof.hash, computed)) {
      throw new SignatureError({ reason: "payload mismatch", declared: proof.hash, computed });
    }
  }
  return { body: raw, trailers: new Map() };
}

function readChunks(raw: Buffer, proof: PayloadProof, { signed, trailer }: Framing): Payload {
  const chunks: Buffer[] = [];
  const chain = chunkChain(proof);
  let offset = 0;
  const readLine = () => {
    const end = raw.indexOf("\r\n", offset);
    if (end < 0) throw new SignatureError({ reason: "incomplete body" });
    const line = raw.toString("latin1", offset, end);
    offset = end + 2;
    return line;
  };
  for (;;) {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(readLine());
    if (match === null) throw new SignatureError({ reason: "incomplete body" });
    const size = Number.parseInt(match[1] as string, 16);
    const data = raw.subarray(offset, offset + size);
    if (data.length < size) throw new SignatureError({ reason: "incomplete body" });
    if (signed) chain.checkChunk(data, match[2] ?? "");
    if (size === 0) break;
    chunks.push(data);
    offset += size;
    if (readLine() !== "") throw new SignatureError({ reason: "incomplete body" });
  }
  const trailers = new Map<string, string>();
  const signedLines: string[] = [];
  for (let line = readLine(); line !== ""; line = readLine()) {
    const colon = line.indexOf(":");
    if (!trailer || colon <= 0) throw new SignatureError({ reason: "malformed trailer" });
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    trailers.set(name, value);
    if (name !== "x-amz-trailer-signature") signedLines.push(`${name}:${value}\n`);
    // Some clients end the body with the last trailer's line, without an empty one behind it.
    if (offset === raw.length) break;
  }
  if (offset < raw.length) throw new SignatureError({ reason: "incomplete body" });
  if (signed && trailer)
    chain.checkTrailers(signedLines.join(""), trailers.get("x-amz-trailer-signature") ?? "");
  trailers.delete("x-amz-trailer-signature");
  return { body: Buffer.concat(chunks), trailers };
}

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
    checkChunk: (data: Buffer, provided: string) =>
      check("AWS4-HMAC-SHA256-PAYLOAD", [sha256(""), sha256(data)], provided),
    checkTrailers: (lines: string, provided: string) =>
      check("AWS4-HMAC-SHA256-TRAILER", [sha256(lines)], provided),
  };
}
