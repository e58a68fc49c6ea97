/** Images, however they came, → the most probable classes of a stored model. */
import type { ModelManifest } from '../contracts/model.js';
import { MAX_IMAGES, type PredictResponse } from '../contracts/predict.js';
import { TrainyardError } from '../errors.js';
import type { ModelStore, StoredModel } from '../store/index.js';
import { decodeBase64 } from './base64.js';
import { meanOf, mirror } from './flip.js';
import { createImageDecoder } from './images.js';
import { readInstance } from './instances.js';
import type { Predictor } from './predictor.js';
import { topClasses } from './top-classes.js';

/** An image as a client sent it; `pointer` is its place in the request, for the sentence of an error. */
export type SentImage = Readonly<
  { pointer: string } & (
    | { type: 'file'; bytes: Uint8Array }
    | { type: 'base64'; text: string }
    | { type: 'instance'; values: unknown }
  )
>;

export type ClassifyRequest = Readonly<{
  /** `name` or `name@version`; undefined: the model trained last. */
  model?: string | undefined;
  /** Classes per image. Default 3, and never more than the model has. */
  topK?: number | undefined;
  /** Whether an image's mirror is asked about too, and the mean answered. Default false. */
  flip?: boolean | undefined;
  images: readonly SentImage[];
}>;

const DEFAULT_TOP_K = 3;

type Deps = Readonly<{
  store: Pick<ModelStore, 'get'>;
  predictor: Pick<Predictor, 'predict'>;
  /** From a request's arrival to its answer or refusal, decoding included, in ms. Default 30,000. */
  deadlineMs?: number;
}>;

export type Classifier = ReturnType<typeof createClassifier>;

export function createClassifier({ store, predictor, deadlineMs = 30_000 }: Deps) {
  const decoder = createImageDecoder();

  /** images × height × width × channels bytes. The first error counts, and what is not decoded by then is left. */
  async function readPixels(
    images: readonly SentImage[],
    { preprocessing }: ModelManifest,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const read = async (image: SentImage): Promise<Uint8Array> => {
      if (image.type === 'instance') return readInstance(image.values, preprocessing, image.pointer);
      const bytes = image.type === 'base64' ? decodeBase64(image.text, image.pointer) : image.bytes;
      return decoder.decode(bytes, preprocessing, image.pointer, stop);
    };
    try {
      const pixels = await Promise.all(images.map(read));
      return pixels.length === 1 && pixels[0] !== undefined ? pixels[0] : Buffer.concat(pixels);
    } finally {
      failed.abort();
    }
  }

  /** images × classes: the mean over each image and its mirror. Both cross as one batch, or as two where one is too small. */
  async function predictBothWays(stored: StoredModel, pixels: Uint8Array, images: number, signal: AbortSignal) {
    const mirrored = mirror(pixels, stored.manifest.preprocessing);
    const ask = (sent: Uint8Array, count: number) => predictor.predict(stored, sent, count, signal);
    if (2 * images > MAX_IMAGES) {
      return meanOf(...(await Promise.all([ask(pixels, images), ask(mirrored, images)])));
    }
    const both = await ask(Buffer.concat([pixels, mirrored]), 2 * images);
    return meanOf(both.subarray(0, both.length / 2), both.subarray(both.length / 2));
  }

  async function answer(
    { model, topK = DEFAULT_TOP_K, flip = false, images }: ClassifyRequest,
    signal: AbortSignal,
  ): Promise<PredictResponse> {
    const stored = await store.get(readReference(model));
    const { name, version, classes } = stored.manifest;
    const pixels = await readPixels(images, stored.manifest, signal);
    const probabilities = flip
      ? await predictBothWays(stored, pixels, images.length, signal)
      : await predictor.predict(stored, pixels, images.length, signal);
    const predictions = images.map((_, index) =>
      topClasses(probabilities.subarray(index * classes.length, (index + 1) * classes.length), classes, topK),
    );
    return { model: { name, version }, predictions };
  }

  return {
    /** Throws `invalid_request` or `invalid_image` with a pointer, `model_not_found`, `model_corrupt`, `predictor_unavailable`. */
    async classify(request: ClassifyRequest, signal: AbortSignal): Promise<PredictResponse> {
      const count = request.images.length;
      if (count === 0 || count > MAX_IMAGES) {
        throw new TrainyardError(
          'invalid_request',
          `There are ${count} images in the request; 1 to ${MAX_IMAGES} are taken.`,
        );
      }
      const late = AbortSignal.timeout(deadlineMs);
      return answer(request, AbortSignal.any([signal, late])).catch((error: unknown) => {
        if (!late.aborted || error !== late.reason) throw error;
        throw new TrainyardError(
          'predictor_unavailable',
          `No answer within ${deadlineMs / 1000} s: send fewer or smaller images, or try again later.`,
        );
      });
    },
  };
}

/** `name` or `name@version`, as the contract's pattern has it. */
function readReference(text: string | undefined): { name: string; version?: number } | undefined {
  if (text === undefined) return undefined;
  const [name = '', version] = text.split('@');
  return version === undefined ? { name } : { name, version: Number(version) };
}
