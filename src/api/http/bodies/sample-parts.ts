/** Parts of an import's form with sample images and their logits. */
import type { Readable } from 'node:stream';
import { type ImportSamples, MAX_SAMPLE_BYTES, MAX_SAMPLE_IMAGES } from '../../../contracts/models/import-samples.js';
import { TrainyardError } from '../../../errors/errors.js';
import { refuseFields } from '../validation.js';

const BEFORE_WEIGHTS = 'before the part weights, if there is one';

export type SampleParts = ReturnType<typeof createSampleParts>;

/** Collects the parts `image` and `logits` of one form. */
export function createSampleParts() {
  const images: Buffer[] = [];
  let logits: unknown;
  let bytes = 0;

  return {
    /** Reads an image. Throws `payload_too_large` or `invalid_request` beyond the limits. */
    async addImage(file: Readable): Promise<void> {
      if (images.length === MAX_SAMPLE_IMAGES) throw refuse('/image', `must occur at most ${MAX_SAMPLE_IMAGES} times`);
      const chunks: Buffer[] = [];
      for await (const chunk of file as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_SAMPLE_BYTES)
          throw new TrainyardError(
            'payload_too_large',
            `The sample images have more than ${MAX_SAMPLE_BYTES / 2 ** 20} MiB together, the limit: send fewer or smaller images.`,
          );
        chunks.push(chunk);
      }
      images.push(Buffer.concat(chunks));
    },

    /** Takes the parsed JSON of the part `logits`. */
    setLogits(value: unknown): void {
      if (logits !== undefined) throw refuse('/logits', 'must occur once');
      logits = value;
    },

    /** Returns the samples; undefined if the form has none. Throws `invalid_request` unless each image has a logit for each class. */
    finish(classes: number): ImportSamples | undefined {
      if (images.length === 0 && logits === undefined) return undefined;
      if (images.length === 0) throw refuse('/image', `is required with logits: send the images ${BEFORE_WEIGHTS}`);
      if (logits === undefined) throw refuse('/logits', `is required with image: send them ${BEFORE_WEIGHTS}`);
      return { images, logits: checkLogits(logits, images.length, classes) };
    },
  };
}

function checkLogits(value: unknown, images: number, classes: number): number[][] {
  if (!Array.isArray(value) || value.length !== images)
    throw refuse('/logits', `must be a list with a list of ${classes} numbers for each of the ${images} images`);
  for (const [image, row] of value.entries()) {
    if (!Array.isArray(row) || row.length !== classes)
      throw refuse(`/logits/${image}`, `must be a list of ${classes} numbers, one for each class`);
    const wrong = row.findIndex((number) => typeof number !== 'number');
    if (wrong >= 0) throw refuse(`/logits/${image}/${wrong}`, 'must be a number');
  }
  return value as number[][];
}

const refuse = (pointer: string, message: string): TrainyardError => refuseFields([{ pointer, message }]);
