/** Images, however they came, → the outputs of a stored model. Every protocol asks here. */

import type { Caller } from '../concurrency/fair-limit.js';
import type { Preprocessing, ServedManifest } from '../contracts/models/model.js';
import { MAX_IMAGES, mostImages } from '../contracts/prediction/predict.js';
import type { Outputs } from '../contracts/processes/trainer.js';
import { TrainyardError } from '../errors/errors.js';
import { createImageDecoder, type ImageCaller, type ImageDecoder } from '../images/image-decoder.js';
import { decodeBase64 } from './base64.js';
import { meanOf, mirror } from './flip.js';
import { readInstance } from './instances.js';
import type { PredictorPool } from './predictor-pool.js';
import type { ResolvedModel, Resolver } from './resolver.js';
import { readTensor, type SentTensor } from './tensors.js';

/** An image as a client sent it; `pointer` is its place in the request, for the sentence of an error. */
export type SentImage = Readonly<
  { pointer: string } & (
    | { type: 'file'; bytes: Uint8Array }
    | { type: 'base64'; text: string }
    | { type: 'instance'; values: unknown }
  )
>;

export type ClassifyRequest = Readonly<{
  /** A reference; undefined: the model trained last. */
  model?: string | undefined;
  /** Whether an image's mirror is asked about too, and the mean answered. Default false. */
  flip?: boolean | undefined;
  images: readonly SentImage[] | SentTensor;
}>;

/** What a model answers: images × classes numbers of each output. */
export type Classification = Readonly<{ model: ResolvedModel; images: number; outputs: Outputs }>;

type ClassifierDeps = Readonly<{
  /** Default: all images are decoded in this process. */
  decoder?: Pick<ImageDecoder, 'decode'>;
  resolver: Resolver;
  predictor: Pick<PredictorPool, 'predict' | 'stateOf'>;
}>;

export type Classifier = ReturnType<typeof createClassifier>;

export function createClassifier({ decoder = createImageDecoder(), resolver, predictor }: ClassifierDeps) {
  /** images × height × width × channels bytes. The first error counts, and what is not decoded by then is left. */
  async function readPixels(
    images: ClassifyRequest['images'],
    { preprocessing }: ServedManifest,
    caller: ImageCaller,
  ): Promise<Uint8Array> {
    if ('type' in images) return readTensor(images, preprocessing);
    const [first] = images;
    if (first !== undefined && images.length === 1) return readImage(first, preprocessing, caller);
    const imageBytes = bytesOfImage(preprocessing);
    const pixels = new Uint8Array(images.length * imageBytes);
    const failed = new AbortController();
    const stopping = { ...caller, signal: AbortSignal.any([caller.signal, failed.signal]) };
    const place = async (image: SentImage, index: number): Promise<void> =>
      pixels.set(await readImage(image, preprocessing, stopping), index * imageBytes);
    try {
      await Promise.all(images.map(place));
      return pixels;
    } finally {
      failed.abort();
    }
  }

  async function readImage(image: SentImage, preprocessing: Preprocessing, caller: ImageCaller): Promise<Uint8Array> {
    if (image.type === 'instance') return readInstance(image.values, preprocessing, image.pointer);
    const bytes = image.type === 'base64' ? decodeBase64(image.text, image.pointer) : image.bytes;
    return decoder.decode(bytes, preprocessing, image.pointer, caller);
  }

  /** The mean over each image and its mirror. Both cross as one batch, or as two where one is too small. */
  async function predictBothWays(model: ResolvedModel, pixels: Uint8Array, images: number, caller: Caller) {
    const mirrored = mirror(pixels, model.manifest.preprocessing);
    const ask = (sent: Uint8Array, count: number) => predictor.predict(model, sent, count, caller);
    const meanOfBoth = (one: Outputs, other: Outputs): Outputs => ({
      probabilities: meanOf(one.probabilities, other.probabilities),
      logits: meanOf(one.logits, other.logits),
    });
    if (2 * images > MAX_IMAGES) {
      return meanOfBoth(...(await Promise.all([ask(pixels, images), ask(mirrored, images)])));
    }
    const { probabilities, logits } = await ask(Buffer.concat([pixels, mirrored]), 2 * images);
    const half = probabilities.length / 2;
    return meanOfBoth(
      { probabilities: probabilities.subarray(0, half), logits: logits.subarray(0, half) },
      { probabilities: probabilities.subarray(half), logits: logits.subarray(half) },
    );
  }

  async function answer(
    model: ResolvedModel,
    { flip = false, images }: ClassifyRequest,
    caller: ImageCaller,
  ): Promise<Classification> {
    const count = countOf(images);
    requireFewPixels(model, count, flip);
    const pixels = await readPixels(images, model.manifest, caller);
    const outputs = flip
      ? await predictBothWays(model, pixels, count, caller)
      : await predictor.predict(model, pixels, count, caller);
    return { model, images: count, outputs };
  }

  /** What a reference means. The conversion of a checkpoint takes long: it goes on for whoever asks next, where the signal aborts. */
  function resolve(reference: string | undefined, signal?: AbortSignal): Promise<ResolvedModel> {
    const resolving = resolver.resolve(reference);
    return signal === undefined ? resolving : unlessAborted(resolving, signal);
  }

  /**
   * The answer of the model that the reference means. The store is asked at every request what it means, on the disk; meanwhile the
   * model that it meant before is asked, where that is loaded, and its answer is taken where it still is what is meant.
   */
  async function answerOf(request: ClassifyRequest, caller: ImageCaller): Promise<Classification> {
    const expected = resolver.lastResolved(request.model);
    const resolving = resolve(request.model, caller.signal);
    if (expected === undefined || !predictor.stateOf(expected).loaded) return answer(await resolving, request, caller);
    const answering = answer(expected, request, caller);
    answering.catch(() => undefined); // awaited below where it counts
    const model = await resolving;
    const isExpected = model.folder === expected.folder && model.manifest === expected.manifest;
    return isExpected ? answering : answer(model, request, caller);
  }

  return {
    /** Throws what the resolver throws, and the signal's reason where it aborts before. */
    resolve,

    /** Loads a model and runs it once, so that the first request need not wait. Throws what a prediction would. */
    async load(reference: string, caller: Caller): Promise<void> {
      const model = await resolve(reference, caller.signal);
      await predictor.predict(model, new Uint8Array(bytesOfImage(model.manifest.preprocessing)), 1, caller);
    },

    /**
     * Throws `invalid_request` or `invalid_image` with a pointer, `payload_too_large` where the images would become too many pixels,
     * what the resolver throws, `model_corrupt`, `too_many_requests`, `predictor_unavailable`; the signal's reason where it aborts:
     * what does not run by then is left.
     */
    async classify(request: ClassifyRequest, caller: Caller): Promise<Classification> {
      const count = countOf(request.images);
      if (count === 0 || count > MAX_IMAGES) {
        throw new TrainyardError(
          'invalid_request',
          `There are ${count} images in the request; 1 to ${MAX_IMAGES} are taken.`,
        );
      }
      const classification = await answerOf(request, { ...caller, request });
      if (!classification.outputs.probabilities.every(Number.isFinite)) {
        throw new TrainyardError(
          'model_corrupt',
          'The model answers no numbers: its weights are not finite. Train it again with a smaller learning rate.',
        );
      }
      return classification;
    },
  };
}

/** Throws `payload_too_large`, before anything is decoded. A mirror takes as much as its image. */
function requireFewPixels({ manifest }: ResolvedModel, images: number, flip: boolean): void {
  const { height, width, channels } = manifest.preprocessing;
  const most = mostImages(manifest.preprocessing, flip);
  if (images <= most) return;
  throw new TrainyardError(
    'payload_too_large',
    `There are ${images} images in the request; this model takes at most ${most} at once${flip ? ' with flip' : ''}, of ${height}×${width}×${channels} each: send them in several requests.`,
  );
}

/** The result of the work, or the reason of the signal where it aborts before; the work goes on. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let refuse = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    refuse = () => reject(signal.reason);
  });
  if (signal.aborted) refuse();
  signal.addEventListener('abort', refuse);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', refuse);
  }
}

const countOf = (images: ClassifyRequest['images']): number =>
  'type' in images ? (images.shape[0] ?? 0) : images.length;

const bytesOfImage = ({ height, width, channels }: Preprocessing): number => height * width * channels;
