/** Facts about the pixels of a decoded image: its perceptual hash, a thumbnail for comparisons, and whether it shows anything. */
import { grey } from './image-decoder.js';
import { type PerceptualHash, perceptualHash, type Region } from './perceptual-hash.js';

/** Side of the thumbnail, and its bytes. */
const THUMB_SIDE = 8;
export const THUMB_BYTES = THUMB_SIDE * THUMB_SIDE * 3;
/** Largest difference from the most common colour, per channel, that counts as that colour. */
const SAME_COLOUR = 8;
/** Standard deviation of the grey pixels below which a hash would be of noise. */
const FLAT = 2;

export type Pixels = Readonly<{ pixels: Uint8Array; width: number; height: number; channels: number }>;

export type ImageFacts = Readonly<{
  /** Undefined if the picture is too flat for a hash. */
  hash: PerceptualHash | undefined;
  /** 8 × 8 mean colours in red, green and blue, row by row. */
  thumb: Uint8Array;
  /** Share of the pixels, 0–1, that differ from the middle colour by at most 8 in each channel. */
  oneColour: number;
  /** The middle colour of each channel, as `#rrggbb`. */
  colour: string;
}>;

/** Computes the facts of a region of an image: the part that is not the bars around it. */
export function factsOf({ pixels, width, channels }: Pixels, region: Region): ImageFacts {
  const luma = channels === 3 ? grey(pixels) : pixels;
  const middle = Array.from({ length: channels }, (_, channel) => medianOf(pixels, width, channels, channel, region));
  const isFlat = deviationOf(luma, width, region) < FLAT;
  return {
    hash: isFlat ? undefined : perceptualHash(luma, width, region),
    thumb: thumbOf(pixels, width, channels, region),
    oneColour: shareNear(pixels, width, channels, region, middle),
    colour: `#${[0, 1, 2].map((i) => (middle[i] ?? middle[0] ?? 0).toString(16).padStart(2, '0')).join('')}`,
  };
}

function* rowsOf(width: number, { left, top, height }: Region): Generator<number> {
  for (let y = top; y < top + height; y++) yield y * width + left;
}

/** Returns the median of a channel. */
function medianOf(pixels: Uint8Array, width: number, channels: number, channel: number, region: Region): number {
  const histogram = new Uint32Array(256);
  for (const row of rowsOf(width, region))
    for (let x = row; x < row + region.width; x++) {
      const value = pixels[x * channels + channel] ?? 0;
      histogram[value] = (histogram[value] ?? 0) + 1;
    }
  const half = (region.width * region.height) / 2;
  let [value, below] = [0, histogram[0] ?? 0];
  while (below < half) below += histogram[++value] ?? 0;
  return value;
}

function shareNear(
  pixels: Uint8Array,
  width: number,
  channels: number,
  region: Region,
  middle: readonly number[],
): number {
  let near = 0;
  for (const row of rowsOf(width, region))
    for (let x = row; x < row + region.width; x++) {
      let isNear = true;
      for (let channel = 0; channel < channels; channel++)
        isNear &&= Math.abs((pixels[x * channels + channel] ?? 0) - (middle[channel] ?? 0)) <= SAME_COLOUR;
      if (isNear) near += 1;
    }
  return near / (region.width * region.height);
}

function deviationOf(luma: Uint8Array, width: number, region: Region): number {
  let [sum, squares] = [0, 0];
  for (const row of rowsOf(width, region))
    for (let x = row; x < row + region.width; x++) {
      const value = luma[x] ?? 0;
      sum += value;
      squares += value * value;
    }
  const count = region.width * region.height;
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** Returns the mean colours of 8 × 8 cells. A region of fewer pixels repeats them. */
function thumbOf(pixels: Uint8Array, width: number, channels: number, region: Region): Uint8Array {
  const thumb = new Uint8Array(THUMB_BYTES);
  const [across, down] = [cellsOf(region.width), cellsOf(region.height)];
  for (const [row, [top, bottom]] of down.entries())
    for (const [column, [left, right]] of across.entries())
      for (let channel = 0; channel < 3; channel++) {
        const from = channels === 3 ? channel : 0;
        let sum = 0;
        for (let y = region.top + top; y < region.top + bottom; y++)
          for (let x = region.left + left; x < region.left + right; x++)
            sum += pixels[(y * width + x) * channels + from] ?? 0;
        thumb[(row * THUMB_SIDE + column) * 3 + channel] = Math.round(sum / ((bottom - top) * (right - left)));
      }
  return thumb;
}

/** Returns the first pixel and the end of each of the 8 cells along an axis. */
const cellsOf = (length: number): (readonly [number, number])[] =>
  Array.from({ length: THUMB_SIDE }, (_, i) => {
    const from = Math.floor((i * length) / THUMB_SIDE);
    return [from, Math.max(from + 1, Math.floor(((i + 1) * length) / THUMB_SIDE))];
  });
