import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChecksumAlgorithm,
  checkBody,
  checksumAlgorithm,
  computeChecksum,
  multipartChecksum,
} from "./checksums.ts";

const body = Buffer.from("123456789");
const headers = (...pairs: [string, string][]) => new Map(pairs);

function verifyChecksums(
  data: Buffer,
  sent: ReadonlyMap<string, string>,
  trailers: ReadonlyMap<string, string>,
) {
  const check = checkBody(sent);
  check.update(data.subarray(0, 4));
  check.update(data.subarray(4));
  return check.end(trailers).checksum;
}

describe("checksums", () => {
  // The check values of the catalogues of these algorithms.
  it.each([
    ["CRC32", "cbf43926"],
    ["CRC32C", "e3069283"],
    ["CRC64NVME", "ae8b14860a799888"],
    ["SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  ] as const)("of %s are those of the standard", (algorithm, hex) => {
    expect(Buffer.from(computeChecksum(algorithm, body), "base64").toString("hex")).toBe(hex);
  });

  it("are verified from headers and from trailers alike", () => {
    const value = computeChecksum("CRC32C", body);
    const expected = { algorithm: "CRC32C", value, type: "FULL_OBJECT" };
    expect(verifyChecksums(body, headers(["x-amz-checksum-crc32c", value]), headers())).toEqual(expected);
    const announced = headers(["x-amz-trailer", "x-amz-checksum-crc32c"]);
    expect(verifyChecksums(body, announced, headers(["x-amz-checksum-crc32c", value]))).toEqual(expected);
  });

  it.each<[string, ReadonlyMap<string, string>, ReadonlyMap<string, string>, string]>([
    ["another body", headers(["x-amz-checksum-crc32", "AAAAAA=="]), headers(), "BadDigest"],
    ["no base64 of that length", headers(["x-amz-checksum-crc32", "AAA="]), headers(), "InvalidRequest"],
    [
      "two at once",
      headers(["x-amz-checksum-crc32", "a"], ["x-amz-checksum-sha1", "a"]),
      headers(),
      "InvalidRequest",
    ],
    [
      "one that is not imitated",
      headers(["x-amz-checksum-xxhash64", "AAAAAAAAAAA="]),
      headers(),
      "NotImplemented",
    ],
    ["an unknown one", headers(["x-amz-checksum-rot13", "a"]), headers(), "InvalidRequest"],
    ["an MD5 of another body", headers(["content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="]), headers(), "BadDigest"],
    ["an MD5 that is none", headers(["content-md5", "abc"]), headers(), "InvalidDigest"],
    [
      "a trailer that did not come",
      headers(["x-amz-trailer", "x-amz-checksum-crc32"]),
      headers(),
      "MalformedTrailerError",
    ],
    [
      "a trailer that was not announced",
      headers(),
      headers(["x-amz-checksum-crc32", "y/Q5Jg=="]),
      "MalformedTrailerError",
    ],
  ])("refuse %s", (_, sent, trailers, code) => {
    expect(() => verifyChecksums(body, sent, trailers)).toThrow(expect.objectContaining({ code }));
  });

  it("of several parts are the checksum of their checksums", () => {
    const parts = ["1234", "56789"].map((text) => ({
      value: computeChecksum("SHA256", Buffer.from(text)),
      size: text.length,
    }));
    const joined = Buffer.concat(parts.map(({ value }) => Buffer.from(value, "base64")));
    const composite = multipartChecksum({ algorithm: "SHA256", type: "COMPOSITE" }, parts);
    expect(composite).toEqual({
      algorithm: "SHA256",
      value: `${computeChecksum("SHA256", joined)}-2`,
      type: "COMPOSITE",
    });
    expect(checksumAlgorithm("sha256")).toBe("SHA256");
  });

  it.each<ChecksumAlgorithm>(["CRC32", "CRC32C", "CRC64NVME"])(
    "of %s are put together from those of the parts without their data",
    (algorithm) => {
      const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data));
      fc.assert(
        fc.property(fc.array(bytes, { maxLength: 5 }), (bodies) => {
          const parts = bodies.map((data) => ({
            value: computeChecksum(algorithm, data),
            size: data.length,
          }));
          const whole = multipartChecksum({ algorithm, type: "FULL_OBJECT" }, parts);
          expect(whole.value).toBe(computeChecksum(algorithm, Buffer.concat(bodies)));
        }),
      );
    },
  );
});
