/** Pictures with a heat map over them, as PNG files: red where a value is positive, blue where it is negative. */
import sharp from 'sharp';
import type { Caller } from '../concurrency/fair-limit.js';
import { pngLimit } from './encode-png.js';

type Size = Readonly<{ height: number; width: number }>;
/** Height × width × channels bytes; 1 or 3 channels. */
type Picture = Size & Readonly<{ channels: number; pixels: Uint8Array }>;
/** Height × width values, row by row. Each stands for the part of the picture at the same relative place. */
export type HeatMap = Size & Readonly<{ values: Float32Array }>;

/** Longest side of the result, in pixels. Bounds the time that the overlay takes on the event loop. */
const MAX_SIDE = 512;
/** Opacity of the largest value. The others are more transparent. */
const OPACITY = 0.6;
/** Red, green and blue, 0–255. */
const POSITIVE = [224, 49, 22] as const;
const NEGATIVE = [28, 92, 230] as const;

/** Draws a heat map over a picture. A small picture is enlarged by a whole factor without smoothing, a large one is reduced to 512 pixels. */
export async function heatMapPng(picture: Picture, map: HeatMap, caller: Caller): Promise<Buffer> {
  const { height, width, channels, pixels } = picture;
  const longest = Math.max(height, width);
  const factor = longest < MAX_SIDE ? Math.floor(MAX_SIDE / longest) : MAX_SIDE / longest;
  const size = { height: Math.max(1, Math.round(height * factor)), width: Math.max(1, Math.round(width * factor)) };
  const overlay = { input: overlayOf(map, size), raw: { ...size, channels: 4 as const } };
  const drawn = sharp(pixels, { raw: { height, width, channels: channels === 1 ? 1 : 3 } })
    .toColourspace('srgb')
    .resize({ ...size, fit: 'fill', kernel: factor < 1 ? 'lanczos3' : 'nearest' })
    .composite([overlay])
    .removeAlpha()
    .png({ compressionLevel: 6 });
  return pngLimit.run(() => drawn.toBuffer(), caller);
}

/** Returns height × width × 4 bytes: the colour of each value, the more opaque the larger. Interpolates the values bilinearly. */
function overlayOf(map: HeatMap, { height, width }: Size): Buffer {
  const largest = map.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const rows = placesOf(map.height, height);
  const columns = placesOf(map.width, width);
  const bytes = Buffer.alloc(height * width * 4);
  const at = (y: number, x: number): number => map.values[y * map.width + x] ?? 0;
  let offset = 0;
  for (const [top, bottom, down] of rows) {
    for (const [left, right, along] of columns) {
      const above = at(top, left) * (1 - along) + at(top, right) * along;
      const below = at(bottom, left) * (1 - along) + at(bottom, right) * along;
      const value = above * (1 - down) + below * down;
      const [r, g, b] = value >= 0 ? POSITIVE : NEGATIVE;
      bytes[offset] = r;
      bytes[offset + 1] = g;
      bytes[offset + 2] = b;
      bytes[offset + 3] = Math.round((255 * OPACITY * Math.abs(value)) / largest);
      offset += 4;
    }
  }
  return bytes;
}

/** Returns for each pixel the two positions next to its centre, and its share of the way from the first to the second. */
function placesOf(positions: number, pixels: number): (readonly [number, number, number])[] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = Math.min(Math.max(((pixel + 0.5) * positions) / pixels - 0.5, 0), positions - 1);
    const first = Math.floor(place);
    return [first, Math.min(first + 1, positions - 1), place - first] as const;
  });
}
