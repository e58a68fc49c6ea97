/**
 * TFRecord framing (tensorflow/core/lib/io/record_writer.h). A record is its length (8 bytes), the masked CRC of the length, the data
 * and the masked CRC of the data, all little-endian.
 */
import { crc32c } from './crc32c.js';

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** Masks a CRC as TFRecord requires: the CRC of bytes that contain CRCs is unreliable. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Encodes one record. */
export function encodeRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + data.length + FOOTER_BYTES);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, HEADER_BYTES);
  record.writeUInt32LE(masked(crc32c(data)), HEADER_BYTES + data.length);
  return record;
}

/** Decodes the intact records at the beginning of a file. `sizeBytes` is their size; a cut-off record may follow. */
export function decodeRecords(file: Buffer): Readonly<{ records: readonly Buffer[]; sizeBytes: number }> {
  const records: Buffer[] = [];
  let start = 0;
  while (start + HEADER_BYTES + FOOTER_BYTES <= file.length) {
    if (file.readUInt32LE(start + 8) !== masked(crc32c(file.subarray(start, start + 8)))) break;
    const end = start + HEADER_BYTES + Number(file.readBigUInt64LE(start));
    if (end + FOOTER_BYTES > file.length) break;
    const data = file.subarray(start + HEADER_BYTES, end);
    if (file.readUInt32LE(end) !== masked(crc32c(data))) break;
    records.push(data);
    start = end + FOOTER_BYTES;
  }
  return { records, sizeBytes: start };
}
