import { POLYNOMIALS } from "./crc.ts";

export type CrcName = keyof typeof POLYNOMIALS;

/** A piece of data that is known by its check and its length alone. */
export interface CheckedPiece {
  /** In network order. */
  readonly crc: Buffer;
  /** Bytes. */
  readonly size: number;
}

/**
 * The check of pieces one behind the other, without their data: a check is the remainder of a division, and what
 * follows a piece only multiplies its remainder by a power of x.
 *
 * @returns in network order
 */
export function combineCrcs(name: CrcName, pieces: readonly CheckedPiece[]): Buffer {
  const { bits, reversed } = POLYNOMIALS[name];
  const one = 1n << (bits - 1n);

  /** The product's remainder. The highest bit stands for 1, the next one for x, and so on. */
  function multiply(left: bigint, right: bigint): bigint {
    let product = 0n;
    let shifted = right;
    for (let bit = one; bit > 0n; bit >>= 1n) {
      if (left & bit) product ^= shifted;
      shifted = shifted & 1n ? (shifted >> 1n) ^ reversed : shifted >> 1n;
    }
    return product;
  }

  /** x to the power of so many bytes' bits. */
  function shiftBy(bytes: number): bigint {
    let power = one;
    let square = one >> 8n;
    for (let rest = BigInt(bytes); rest > 0n; rest >>= 1n) {
      if (rest & 1n) power = multiply(power, square);
      square = multiply(square, square);
    }
    return power;
  }

  // Pieces are of one size, as a rule, but for the last.
  const shifts = new Map<number, bigint>();
  let combined = 0n;
  for (const { crc, size } of pieces) {
    const shift = shifts.get(size) ?? shiftBy(size);
    shifts.set(size, shift);
    combined = multiply(combined, shift) ^ BigInt(`0x${crc.toString("hex")}`);
  }
  return Buffer.from(combined.toString(16).padStart(Number(bits) / 4, "0"), "hex");
}
