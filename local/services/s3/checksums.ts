/**
 * The checksums that clients send along with what they upload.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Algorithm by the end of its header's name, `x-amz-checksum-<algorithm>`; the values are base64. */
export const CHECKSUMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => base64(crc32(body)),
  crc32c: (body) => base64(crc32c(body)),
  crc64nvme: (body) => {
    const [high, low] = crc64nvme(body);
    return Buffer.concat([bytes(high), bytes(low)]).toString("base64");
  },
  sha1: (body) => hash("sha1", body, "base64"),
  sha256: (body) => hash("sha256", body, "base64"),
};

function bytes(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer;
}

const base64 = (value: number): string => bytes(value).toString("base64");

/** Castagnoli's polynomial, bits reversed. */
const CRC32C = 0x82f63b78;
/** NVMe's polynomial of 64 bits, bits reversed, in two halves. */
const CRC64_HIGH = 0x9a6c9329;
const CRC64_LOW = 0xac4bc9b5;

const table32 = new Uint32Array(256);
const tableHigh = new Uint32Array(256);
const tableLow = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    crc = crc & 1 ? (crc >>> 1) ^ CRC32C : crc >>> 1;
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry) {
      low ^= CRC64_LOW;
      high ^= CRC64_HIGH;
    }
  }
  table32[byte] = crc;
  tableHigh[byte] = high;
  tableLow[byte] = low;
}

// Typed arrays answer an index below their length with a number, which the type checker cannot know.
function crc32c(body: Buffer): number {
  let crc = -1;
  for (const byte of body) crc = (crc >>> 8) ^ (table32[(crc ^ byte) & 255] ?? 0);
  return ~crc;
}

function crc64nvme(body: Buffer): [high: number, low: number] {
  let high = -1;
  let low = -1;
  for (const byte of body) {
    const index = (low ^ byte) & 255;
    low = ((low >>> 8) | (high << 24)) ^ (tableLow[index] ?? 0);
    high = (high >>> 8) ^ (tableHigh[index] ?? 0);
  }
  return [~high, ~low];
}
