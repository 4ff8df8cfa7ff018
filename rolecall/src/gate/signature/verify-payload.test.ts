import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { type Refusal, SignatureError } from "./refusal.ts";
import { type SigningContext, scopeText, sha256, sign, signingKey } from "./signing.ts";
import { createPayloadReader } from "./verify-payload.ts";

const { accessKeyId, secretAccessKey } = placeholderCredentials;
const scope = { accessKeyId, date: "20261124", region: "us-east-1", service: "s3" };
const context: SigningContext = { key: signingKey(secretAccessKey, scope), date: "20261124T100000Z", scope };
const seed = "0".repeat(64);
const proof = (hash: string) => ({ hash, context, signature: seed });

/** A body in signed chunks, as https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html lays it down. */
function signedChunks(chunks: readonly Buffer[], trailers?: Readonly<Record<string, string>>): Buffer {
  let previous = seed;
  const sign256 = (kind: string, ...hashes: string[]) => {
    previous = sign(context.key, [kind, context.date, scopeText(scope), previous, ...hashes].join("\n"));
    return previous;
  };
  const parts = [...chunks, Buffer.alloc(0)].flatMap((chunk) => [
    Buffer.from(
      `${chunk.length.toString(16)};chunk-signature=${sign256("AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(chunk))}\r\n`,
    ),
    chunk,
    Buffer.from(chunk.length === 0 ? "" : "\r\n"),
  ]);
  if (trailers === undefined) return Buffer.concat([...parts, Buffer.from("\r\n")]);
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
  const signature = sign256("AWS4-HMAC-SHA256-TRAILER", sha256(lines.join("")));
  const written = lines.map((line) => `${line}\r\n`).join("");
  return Buffer.concat([...parts, Buffer.from(`${written}x-amz-trailer-signature:${signature}\r\n\r\n`)]);
}

/** Reads a body that comes in pieces of some length. */
function verifyPayload(
  raw: Buffer,
  payload: ReturnType<typeof proof>,
  decodedLength?: number,
  pieceLength = raw.length,
) {
  const reader = createPayloadReader(payload, decodedLength);
  const body: Buffer[] = [];
  for (let offset = 0; offset < raw.length; offset += pieceLength) {
    body.push(...reader.read(raw.subarray(offset, offset + pieceLength)));
  }
  return { trailers: reader.end(), body: Buffer.concat(body) };
}

function refusal(raw: Buffer, hash: string, decodedLength?: number): Refusal["reason"] | undefined {
  try {
    verifyPayload(raw, proof(hash), decodedLength);
    return undefined;
  } catch (error) {
    if (error instanceof SignatureError) return error.refusal.reason;
    throw error;
  }
}

const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const bodies = fc.array(
  body.filter(({ length }) => length > 0),
  { maxLength: 5 },
);

describe("a payload", () => {
  it("must have the hash that was signed", () => {
    fc.assert(
      fc.property(body, body, (sent, received) => {
        const expected = sent.equals(received) ? undefined : "payload mismatch";
        expect(refusal(received, sha256(sent))).toBe(expected);
      }),
    );
  });

  it("may go unsigned", () => {
    expect(verifyPayload(Buffer.from("sound"), proof("UNSIGNED-PAYLOAD")).body.toString()).toBe("sound");
  });

  it.each([
    "",
    "unsigned",
    "constructor",
    "__proto__",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "0".repeat(63),
  ])("cannot be declared as %j", (hash) => {
    expect(refusal(Buffer.alloc(0), hash)).toBe("bad payload hash");
  });
});

describe("a payload in signed chunks", () => {
  const hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

  it("is put together again, however it comes", () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 200 }), (chunks, pieceLength) => {
        const verify = (raw: Buffer, payloadHash: string) =>
          verifyPayload(raw, proof(payloadHash), undefined, pieceLength);
        expect(verify(signedChunks(chunks), hash).body).toEqual(Buffer.concat(chunks));
        const withTrailer = signedChunks(chunks, { "x-amz-checksum-crc32": "AAAAAA==" });
        const { body, trailers } = verify(withTrailer, `${hash}-TRAILER`);
        expect(body).toEqual(Buffer.concat(chunks));
        expect([...trailers]).toEqual([["x-amz-checksum-crc32", "AAAAAA=="]]);
      }),
    );
  });

  it("is refused when any byte has changed", () => {
    const raw = signedChunks([Buffer.from("sound"), Buffer.from("of a voice")], {
      "x-amz-checksum-crc32": "AAAAAA==",
    });
    fc.assert(
      fc.property(fc.nat({ max: raw.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(raw);
        changed[at] = (raw[at] as number) ^ change;
        let result: ReturnType<typeof verifyPayload>;
        try {
          result = verifyPayload(changed, proof(`${hash}-TRAILER`));
        } catch (error) {
          expect(error).toBeInstanceOf(SignatureError);
          return;
        }
        // What a signature does not cover is how a name is written: upper or lower case, space around it.
        expect(result.body.toString()).toBe("soundof a voice");
        expect([...result.trailers]).toEqual([["x-amz-checksum-crc32", "AAAAAA=="]]);
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused when it is cut short, goes on behind its end, or has another length than announced", () => {
    const raw = signedChunks([Buffer.from("sound"), Buffer.from("voice")]);
    for (let length = 0; length < raw.length - 2; length++) {
      expect(refusal(raw.subarray(0, length), hash)).toBe("incomplete body");
    }
    expect(refusal(Buffer.concat([raw, Buffer.from("more")]), hash)).toBe("incomplete body");
    expect(refusal(raw, hash, 10)).toBeUndefined();
    expect(refusal(raw, hash, 11)).toBe("incomplete body");
  });

  it("is refused when its chunks come in another order or one is left out", () => {
    const [one, two] = [Buffer.from("sound"), Buffer.from("voice")];
    const raw = signedChunks([one, two])
      .toString("latin1")
      .split(/(?<=sound\r\n|voice\r\n)/);
    expect(raw).toHaveLength(3);
    const [first, second, last] = raw as [string, string, string];
    expect(refusal(Buffer.from(second + first + last), hash)).toBe("mismatch");
    expect(refusal(Buffer.from(first + last), hash)).toBe("mismatch");
  });
});

describe("a payload in unsigned chunks", () => {
  const hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

  it("is put together again, with its trailer", () => {
    const raw = Buffer.from("5\r\nsound\r\n0\r\nx-amz-checksum-crc32: AAAAAA==\r\n\r\n");
    const { body, trailers } = verifyPayload(raw, proof(hash), 5);
    expect(body.toString()).toBe("sound");
    expect(trailers.get("x-amz-checksum-crc32")).toBe("AAAAAA==");
  });

  it("is refused when a line never ends, before all of it has come", () => {
    const reader = createPayloadReader(proof(hash));
    const line = Buffer.alloc(10_000, "0");
    reader.read(line);
    expect(() => reader.read(line)).toThrow("incomplete body");
    const trailed = createPayloadReader(proof(hash));
    trailed.read(Buffer.from("0\r\n"));
    expect(() => trailed.read(Buffer.alloc(20_000, "x"))).toThrow("malformed trailer");
    const manyTrailers = createPayloadReader(proof(hash));
    manyTrailers.read(Buffer.from("0\r\n"));
    expect(() => manyTrailers.read(Buffer.from("x-a:b\r\n".repeat(5000)))).toThrow("malformed trailer");
  });

  it("is refused as soon as it has more bytes than it announced", () => {
    const reader = createPayloadReader(proof(hash), 5);
    expect(() => reader.read(Buffer.from("6\r\n"))).toThrow("incomplete body");
  });

  it("never fails in any other way than by a refusal", () => {
    const part = fc.oneof(
      fc.constantFrom("\r\n", "0", "5", "sound", "ffffffffffff", ":", ";chunk-signature="),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        refusal(Buffer.from(parts.join("")), hash);
      }),
    );
  });
});
