import { crc32 } from "node:zlib";

/** A cyclic redundancy check that takes its data piece by piece. */
export interface Crc {
  update(data: Uint8Array): void;
  /** In network order. */
  digest(): Buffer;
}

export function createCrc32(): Crc {
  let value = 0;
  return {
    update(data) {
      value = crc32(data, value);
    },
    digest: () => bigEndian(value),
  };
}

/** Castagnoli's polynomial, which node:zlib lacks. */
export function createCrc32c(): Crc {
  let remainder = 0xffffffff;
  return {
    update(data) {
      let current = remainder;
      for (let offset = 0; offset < data.length; offset++) {
        const index = (current ^ (data[offset] as number)) & 0xff;
        current = (CRC32C_TABLE[index] as number) ^ (current >>> 8);
      }
      remainder = current;
    },
    digest: () => bigEndian(~remainder),
  };
}

/**
 * CRC-64/NVME: what newer clients send unless told otherwise.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function createCrc64Nvme(): Crc {
  // In two halves: JavaScript's bit operations end at 32 bits.
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update(data) {
      let [nextHigh, nextLow] = [high, low];
      for (let offset = 0; offset < data.length; offset++) {
        const index = (nextLow ^ (data[offset] as number)) & 0xff;
        nextLow = ((nextLow >>> 8) | (nextHigh << 24)) ^ (CRC64_LOW[index] as number);
        nextHigh = (nextHigh >>> 8) ^ (CRC64_HIGH[index] as number);
      }
      [high, low] = [nextHigh, nextLow];
    },
    digest: () => Buffer.concat([bigEndian(~high), bigEndian(~low)]),
  };
}

/** Polynomials with their bits in reverse, as these checks use them. */
export const POLYNOMIALS = {
  CRC32: { bits: 32n, reversed: 0xedb88320n },
  CRC32C: { bits: 32n, reversed: 0x82f63b78n },
  CRC64NVME: { bits: 64n, reversed: 0x9a6c9329ac4bc9b5n },
} as const;

const CRC32C_TABLE = Uint32Array.from(remainders(POLYNOMIALS.CRC32C.reversed), Number);
const CRC64_REMAINDERS = remainders(POLYNOMIALS.CRC64NVME.reversed);
const CRC64_HIGH = Uint32Array.from(CRC64_REMAINDERS, (remainder) => Number(remainder >> 32n));
const CRC64_LOW = Uint32Array.from(CRC64_REMAINDERS, (remainder) => Number(remainder & 0xffffffffn));

/** What each byte leaves behind when it has passed. */
function remainders(reversed: bigint): bigint[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let remainder = BigInt(byte);
    for (let bit = 0; bit < 8; bit++)
      remainder = remainder & 1n ? (remainder >> 1n) ^ reversed : remainder >> 1n;
    return remainder;
  });
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
