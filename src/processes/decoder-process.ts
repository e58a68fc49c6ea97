/** Decoder process for large images, each of which needs up to hundreds of megabytes and seconds of a core. */

import type { TargetImage } from '../images/image-decoder.js';
import type { Logger } from '../logging/logger.js';
import { createHelperProcess } from './helper-process.js';

type LargeImageDecoderOptions = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: `decoder.js` in the parent folder. */
  decoderUrl?: URL;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}>;

export type LargeImage = Readonly<{ file: Uint8Array; target: TargetImage; pointer: string }>;

/** libvips gives up on an image after 20 seconds. A process that is still busy after this time is stuck. */
const TIMEOUT_MS = 60_000;

export function createLargeImageDecoder({ decoderUrl, ...options }: LargeImageDecoderOptions) {
  const helper = createHelperProcess<LargeImage, Uint8Array>({
    ...options,
    name: 'decoder',
    url: decoderUrl ?? new URL('../decoder.js', import.meta.url),
    timeoutMs: TIMEOUT_MS,
  });
  return {
    /** Resolves with the pixels of the decoded image. `pointer` names the image in errors, as a JSON pointer. */
    decode: (file: Uint8Array, target: TargetImage, pointer: string): Promise<Uint8Array> =>
      helper.run({ file, target, pointer }),
    close: helper.close,
  };
}
