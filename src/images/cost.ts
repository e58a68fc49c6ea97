/** Estimate of the memory that decoding an image needs, from the header of its file. */
import sharp from 'sharp';
import { sizeOfBmp } from './bmp.js';
import { formatOf } from './formats.js';

/** Samples per pixel for each colour type of PNG. A palette becomes red, green, blue and alpha. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };
/** libvips keeps an interlaced image in memory twice while it combines the passes. */
const INTERLACED = 2;
/** Bytes per pixel of a baseline JPEG, which is read row by row and shrunk to at most half its sides. */
const BASELINE_JPEG_BYTES = 3 / 4;
/** Bytes per pixel of a progressive JPEG, which is kept in memory as 16-bit coefficients. */
const PROGRESSIVE_JPEG_BYTES = 6;
const RGBA_BYTES = 4;
/** Bytes per sample. Samples of a TIFF may have more than two. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2 };
const MAX_SAMPLE_BYTES = 4;
/** Markers of the JPEG segment that contains the size. 0xC4, 0xC8 and 0xCC have other meanings. */
const START_OF_FRAME = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];
/** Tells whether no length follows a marker: TEM and the restarts. */
const hasNoLength = (marker: number): boolean => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** Pixels of an image, and the bytes of memory that decoding it needs. */
export type DecodingCost = Readonly<{ pixels: number; bytes: number }>;

/** Estimates the cost of an image. Undefined if the header cannot be read: decoding will report the fault. */
export async function decodingCostOf(bytes: Uint8Array): Promise<DecodingCost | undefined> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (formatOf(file)) {
    case 'PNG':
      return pngCost(file);
    case 'JPEG':
      return jpegCost(file) ?? headerCost(file);
    case 'BMP':
      return bmpCost(file);
    default:
      return headerCost(file);
  }
}

const cost = (pixels: number, bytesPerPixel: number): DecodingCost => ({ pixels, bytes: pixels * bytesPerPixel });

function pngCost(file: Buffer): DecodingCost | undefined {
  if (file.length < 29 || file.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [width, height, depth, type, interlace] = [
    file.readUInt32BE(16),
    file.readUInt32BE(20),
    file[24] ?? 8,
    file[25] ?? 6,
    file[28] ?? 0,
  ];
  const samples = (PNG_CHANNELS[type] ?? 4) * (depth > 8 ? 2 : 1);
  return cost(width * height, samples * (interlace === 0 ? 1 : INTERLACED));
}

function bmpCost(file: Buffer): DecodingCost | undefined {
  const size = sizeOfBmp(file);
  return size && cost(size.width * Math.abs(size.height), RGBA_BYTES);
}

/** Walks the segments of a JPEG to its start of frame. Undefined if there are other bytes between them, which libvips skips. */
function jpegCost(file: Buffer): DecodingCost | undefined {
  for (let at = 2; at + 9 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    if (START_OF_FRAME.includes(marker)) {
      const pixels = file.readUInt16BE(at + 5) * file.readUInt16BE(at + 7);
      return cost(pixels, PROGRESSIVE.includes(marker) ? PROGRESSIVE_JPEG_BYTES : BASELINE_JPEG_BYTES);
    }
    if (hasNoLength(marker)) return undefined;
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

async function headerCost(file: Buffer): Promise<DecodingCost | undefined> {
  try {
    const { width, height, channels, depth, format, isProgressive } = await sharp(file).metadata();
    if (format === 'jpeg') return cost(width * height, isProgressive ? PROGRESSIVE_JPEG_BYTES : BASELINE_JPEG_BYTES);
    return cost(width * height, Math.max(RGBA_BYTES, channels) * (SAMPLE_BYTES[depth] ?? MAX_SAMPLE_BYTES));
  } catch {
    return undefined;
  }
}
