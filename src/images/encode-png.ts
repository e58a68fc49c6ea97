/** Encoder of pixels as PNG files. */
import sharp from 'sharp';
import { type Caller, createFairConcurrencyLimit } from '../concurrency/fair-limit.js';

/** Images encoded at once: libuv has four threads, and predictions need them too. */
const MAX_AT_ONCE = 2;

/** Fair between clients. */
export const pngLimit = createFairConcurrencyLimit({ limit: MAX_AT_ONCE });

type PixelSize = Readonly<{ height: number; width: number; channels: number }>;

/** Encodes height × width × channels bytes, in a thread, fairly between clients. */
export const encodePng = (pixels: Uint8Array, size: PixelSize, caller: Caller): Promise<Buffer> =>
  pngLimit.run(() => encode(pixels, size, 6), caller);

/** Encodes height × width × channels bytes without compression, in a thread, for a reader in the same process. */
export const encodePixels = (pixels: Uint8Array, size: PixelSize): Promise<Buffer> => encode(pixels, size, 0);

const encode = (
  pixels: Uint8Array,
  { height, width, channels }: PixelSize,
  compressionLevel: number,
): Promise<Buffer> =>
  sharp(pixels, { raw: { height, width, channels: channels === 1 ? 1 : 3 } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel })
    .toBuffer();
