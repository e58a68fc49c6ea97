/** TFRecord framing: checksums, and files with a cut-off end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../src/tensorboard/crc32c.js';
import { decodeRecords, encodeRecord } from '../../src/tensorboard/records.js';

test.each([
  // RFC 3720, B.4
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  [Buffer.from('123456789'), 0xe3069283],
])('computes CRC-32C', (bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });

test('reads the intact records of a file that was cut off anywhere', () => {
  fc.assert(
    fc.property(contents, fc.nat(), (parts, cut) => {
      const encoded = parts.map(encodeRecord);
      const file = Buffer.concat(encoded);
      const torn = file.subarray(0, file.length === 0 ? 0 : cut % (file.length + 1));
      const { records, sizeBytes } = decodeRecords(torn);
      expect(records.map((each) => [...each])).toEqual(parts.slice(0, records.length).map((each) => [...each]));
      expect(sizeBytes).toBe(encoded.slice(0, records.length).reduce((sum, { length }) => sum + length, 0));
      expect(torn.length - sizeBytes).toBeLessThan(encoded[records.length]?.length ?? 1);
    }),
  );
});

test('stops reading at a record with a changed bit', () => {
  fc.assert(
    fc.property(contents, fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (parts, last, at) => {
      const encoded = parts.map(encodeRecord);
      const damaged = encodeRecord(last);
      damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ (1 << (at % 8));
      expect(decodeRecords(Buffer.concat([...encoded, damaged, ...encoded])).records).toHaveLength(parts.length);
    }),
  );
});
