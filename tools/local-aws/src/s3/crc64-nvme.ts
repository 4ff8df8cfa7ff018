/** The polynomial 0xAD93D23594C93659, reflected, in two halves: JavaScript's bit operations end at 32 bits. */
const POLYNOMIAL = { high: 0x9a6c9329, low: 0xac4bc9b5 };

const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry) {
      high ^= POLYNOMIAL.high;
      low ^= POLYNOMIAL.low;
    }
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

/**
 * CRC-64/NVME, eight bytes in network order: what newer clients send unless told otherwise.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function crc64Nvme(data: Uint8Array): Buffer {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (let offset = 0; offset < data.length; offset++) {
    const index = (low ^ (data[offset] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number);
    high = (high >>> 8) ^ (HIGH[index] as number);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(~high >>> 0);
  bytes.writeUInt32BE(~low >>> 0, 4);
  return bytes;
}
