/** BMP files, which sharp cannot write. */

type HeaderOptions = Readonly<{ bits?: number; compression?: number; dataAt?: number }>;

/** Returns the two headers of a BMP, 54 bytes. A negative height means that the first row is the top one. */
export function bmpHeader(width: number, height: number, options: HeaderOptions = {}): Buffer {
  const { bits = 24, compression = 0, dataAt = 54 } = options;
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  header.writeUInt32LE(dataAt, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  return header;
}

/** Concatenates the rows from the bottom up, each padded to a multiple of four bytes. */
export function bmpRows(height: number, row: (y: number) => Uint8Array): Buffer {
  return Buffer.concat(
    Array.from({ length: height }, (_, i) => {
      const bytes = row(height - 1 - i);
      return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    }),
  );
}

/** Encodes RGB pixels as a BMP with 24 bits per pixel. */
export function bmpOf(rgb: Uint8Array, width: number, height: number): Buffer {
  const rows = bmpRows(height, (y) => {
    const row = Buffer.from(rgb.subarray(3 * y * width, 3 * (y + 1) * width));
    for (let x = 0; x < width; x++) row.subarray(3 * x, 3 * x + 3).reverse();
    return row;
  });
  return Buffer.concat([bmpHeader(width, height), rows]);
}

/** Returns a black OS/2 BMP with 1 bit per pixel and the 12-byte header. */
export function os2Bmp(width: number, height: number): Buffer {
  const palette = Buffer.alloc(6);
  const header = Buffer.alloc(26);
  header.write('BM', 'latin1');
  header.writeUInt32LE(header.length + palette.length, 10);
  header.writeUInt32LE(12, 14);
  for (const [i, value] of [width, height, 1, 1].entries()) header.writeUInt16LE(value, 18 + 2 * i);
  return Buffer.concat([header, palette, bmpRows(height, () => new Uint8Array(Math.ceil(width / 8)))]);
}
