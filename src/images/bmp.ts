/** Decoder of uncompressed BMP files, which the build of libvips cannot read. */
import { setImmediate } from 'node:timers/promises';

export type RawImage = Readonly<{ pixels: Uint8Array; width: number; height: number; channels: 3 | 4 }>;

/** Fault of a file, as a predicate ("is damaged"). */
export class BmpError extends Error {}

/** Size of OS/2's header. All later headers begin like the 40-byte header of Windows. */
const CORE_HEADER = 12;
/** Offset of the channel masks, in or after the headers of Windows. */
const MASKS_AT = 54;
const UNCOMPRESSED = 0;
/** Values of `compression` with channel masks: three masks, or four with alpha. */
const WITH_MASKS = [3, 6];
/** Pixels between two yields to the event loop: 1–10 ms. */
const PIXELS_PER_CHUNK = 2 ** 17;

type BmpHeader = Readonly<{
  width: number;
  height: number;
  isTopDown: boolean;
  bits: number;
  dataAt: number;
  stride: number;
  palette: Uint8Array;
  masks: readonly number[];
}>;

/** Decodes a BMP file of at most `maxPixels`. Throws `BmpError` for larger, damaged and compressed files. */
export async function readBmp(file: Uint8Array, maxPixels: number): Promise<RawImage> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const header = readHeader(bytes, maxPixels);
  const { width, height, isTopDown, dataAt, stride } = header;
  const hasAlpha = (header.masks[3] ?? 0) !== 0;
  const channels = hasAlpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  const read = pixelReader(bytes, header);
  const rowsPerChunk = Math.max(1, Math.floor(PIXELS_PER_CHUNK / width));
  for (let y = 0; y < height; y++) {
    if (y % rowsPerChunk === rowsPerChunk - 1) await setImmediate();
    const row = dataAt + (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0, at = y * width * channels; x < width; x++, at += channels) read(row, x, pixels, at);
  }
  if (hasAlpha) fillEmptyAlpha(pixels);
  return { pixels, width, height, channels };
}

/** Reads width and height. A negative height means that the first row is the top one. Undefined if the header is cut off. */
export function sizeOfBmp(bytes: Buffer): Readonly<{ width: number; height: number; isCore: boolean }> | undefined {
  if (bytes.length < 26) return undefined;
  const isCore = bytes.readUInt32LE(14) === CORE_HEADER;
  if (isCore) return { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20), isCore };
  return { width: bytes.readInt32LE(18), height: bytes.readInt32LE(22), isCore };
}

function readHeader(bytes: Buffer, maxPixels: number): BmpHeader {
  const found = sizeOfBmp(bytes);
  if (found === undefined || (!found.isCore && bytes.length < MASKS_AT))
    throw new BmpError('is damaged: its header is cut off');
  const { width, height: signedHeight, isCore } = found;
  const size = bytes.readUInt32LE(14);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw new BmpError('is damaged: it has no pixels');
  if (width * height > maxPixels)
    throw new BmpError(`is too large: at most ${maxPixels / 1e6} million pixels are allowed`);
  const bits = bytes.readUInt16LE(isCore ? 24 : 28);
  const compression = isCore ? UNCOMPRESSED : bytes.readUInt32LE(30);
  const hasMasks = WITH_MASKS.includes(compression);
  if (compression !== UNCOMPRESSED && !hasMasks)
    throw new BmpError('is a compressed BMP: save it uncompressed, or as PNG');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new BmpError(`is damaged: its header says ${bits} bits per pixel`);
  const dataAt = bytes.readUInt32LE(10);
  const stride = 4 * Math.ceil((bits * width) / 32);
  if (dataAt + stride * height > bytes.length) throw new BmpError('is damaged: it is cut off');
  return {
    ...{ width, height, bits, dataAt, stride, isTopDown: signedHeight < 0 },
    palette: bits > 8 ? new Uint8Array(0) : readPalette(bytes, 14 + size, dataAt, { isCore, colours: 2 ** bits }),
    masks: masksOf(bytes, bits, { hasMasks, hasAlpha: size >= 56 || compression === 6 }),
  };
}

/** Returns red, green and blue of each colour. Colours that the file omits are black. */
function readPalette(
  bytes: Buffer,
  at: number,
  end: number,
  { isCore, colours }: Readonly<{ isCore: boolean; colours: number }>,
): Uint8Array {
  const size = isCore ? 3 : 4;
  const palette = new Uint8Array(3 * colours);
  for (let i = 0; i < colours && at + (i + 1) * size <= end; i++) {
    const [blue = 0, green = 0, red = 0] = bytes.subarray(at + i * size, at + i * size + 3);
    palette.set([red, green, blue], 3 * i);
  }
  return palette;
}

/** Returns the bit masks of red, green, blue and perhaps alpha. */
function masksOf(bytes: Buffer, bits: number, has: Readonly<{ hasMasks: boolean; hasAlpha: boolean }>): number[] {
  if (!has.hasMasks) return bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const count = has.hasAlpha ? 4 : 3;
  if (bytes.length < MASKS_AT + 4 * count) throw new BmpError('is damaged: its header is cut off');
  return Array.from({ length: count }, (_, i) => bytes.readUInt32LE(MASKS_AT + 4 * i));
}

/** Writes the pixel in column `x` of the row at offset `row` to `to`, from `at`. */
type PixelReader = (row: number, x: number, to: Uint8Array, at: number) => void;

function pixelReader(bytes: Buffer, { bits, palette, masks }: BmpHeader): PixelReader {
  if (bits <= 8) {
    const perByte = 8 / bits;
    const last = 2 ** bits - 1;
    return (row, x, to, at) => {
      const byte = bytes[row + Math.floor(x / perByte)] ?? 0;
      const colour = 3 * ((byte >> (8 - bits * ((x % perByte) + 1))) & last);
      for (let i = 0; i < 3; i++) to[at + i] = palette[colour + i] ?? 0;
    };
  }
  if (bits === 24) {
    return (row, x, to, at) => {
      for (let i = 0; i < 3; i++) to[at + i] = bytes[row + 3 * x + 2 - i] ?? 0;
    };
  }
  const channels = masks.filter((mask, i) => i < 3 || mask !== 0).map(channelOf);
  const size = bits / 8;
  return (row, x, to, at) => {
    const value = size === 2 ? bytes.readUInt16LE(row + 2 * x) : bytes.readUInt32LE(row + 4 * x);
    for (let i = 0; i < channels.length; i++) to[at + i] = channels[i]?.(value) ?? 0;
  };
}

/** Returns a function that scales the bits of a mask to 0–255. */
function channelOf(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most);
}

/** Makes all pixels opaque if all are transparent: programs without transparency leave alpha empty. */
function fillEmptyAlpha(pixels: Uint8Array): void {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 0) return;
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 255;
}
