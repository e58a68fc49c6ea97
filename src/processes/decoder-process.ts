/** Large images that a process of its own decodes: each needs up to hundreds of megabytes and seconds of a core. */

import type { TargetImage } from '../images/image-decoder.js';
import type { Logger } from '../logging/logger.js';
import { createHelperProcess } from './helper-process.js';

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: decoder.js beside this file. */
  decoderUrl?: URL;
}>;

export type LargeImage = Readonly<{ file: Uint8Array; target: TargetImage; pointer: string }>;

/** libvips gives an image up after 20 seconds; a process that is still busy is stuck. */
const TIMEOUT_MS = 60_000;

export function createLargeImageDecoder({ logger, decoderUrl }: Options) {
  const helper = createHelperProcess<LargeImage, Uint8Array>({
    name: 'decoder',
    url: decoderUrl ?? new URL('../decoder.js', import.meta.url),
    logger,
    timeoutMs: TIMEOUT_MS,
  });
  return {
    decode: (file: Uint8Array, target: TargetImage, pointer: string): Promise<Uint8Array> =>
      helper.run({ file, target, pointer }),
    close: helper.close,
  };
}
