/** The memory that an image needs while it is decoded, by the header of its file. */
import sharp from 'sharp';
import { sizeOfBmp } from './bmp.js';
import { formatOf } from './formats.js';

/** Samples of a pixel by the colour type of a PNG; a palette becomes red, green, blue and alpha. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };
/** libvips holds an interlaced image whole, and once more while it puts the passes together. */
const INTERLACED = 2;
/** A baseline JPEG is read row by row and shrunk on the way to at most half its sides. */
const BASELINE_JPEG_BYTES = 3 / 4;
/** A progressive JPEG is held whole, as coefficients of two bytes. */
const PROGRESSIVE_JPEG_BYTES = 6;
const RGBA_BYTES = 4;
/** Bytes of a sample; those of a TIFF may be longer than two. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2 };
const LONGEST_SAMPLE = 4;
/** Start of frame: where a JPEG says its size. 0xC4, 0xC8 and 0xCC between them are something else. */
const START_OF_FRAME = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];
/** Markers that no length follows: TEM and the restarts. */
const isAlone = (marker: number): boolean => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** How many pixels an image has, and bytes of memory per pixel while it is decoded. */
export type Cost = Readonly<{ pixels: number; bytes: number }>;

/** Undefined if the header says nothing that can be understood: decoding says what is wrong with the file. */
export async function costOf(bytes: Uint8Array): Promise<Cost | undefined> {
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

const cost = (pixels: number, bytesOfPixel: number): Cost => ({ pixels, bytes: pixels * bytesOfPixel });

function pngCost(file: Buffer): Cost | undefined {
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

function bmpCost(file: Buffer): Cost | undefined {
  const size = sizeOfBmp(file);
  return size && cost(size.width * Math.abs(size.height), RGBA_BYTES);
}

/** Walks the segments of a JPEG to its start of frame. Undefined if something else lies between them: libvips reads on there. */
function jpegCost(file: Buffer): Cost | undefined {
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
    if (isAlone(marker)) return undefined;
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

async function headerCost(file: Buffer): Promise<Cost | undefined> {
  try {
    const { width, height, channels, depth, format, isProgressive } = await sharp(file).metadata();
    if (format === 'jpeg') return cost(width * height, isProgressive ? PROGRESSIVE_JPEG_BYTES : BASELINE_JPEG_BYTES);
    return cost(width * height, Math.max(RGBA_BYTES, channels) * (SAMPLE_BYTES[depth] ?? LONGEST_SAMPLE));
  } catch {
    return undefined;
  }
}
