/** Classification of images by a model: resolves the model, decodes the images and predicts. All protocols use it. */

import type { Caller } from '../concurrency/fair-limit.js';
import { untilAborted } from '../concurrency/until-aborted.js';
import { withoutCrop } from '../contracts/images/image-preprocessing.js';
import type { Preprocessing } from '../contracts/models/model.js';
import { MAX_IMAGES, mostImages } from '../contracts/prediction/prediction-messages.js';
import type { Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import { heatMapPng } from '../images/heat-map-png.js';
import { createImageDecoder, type ImageCaller, type ImageDecoder } from '../images/image-decoder.js';
import { decodeBase64 } from './base64.js';
import { type Explanation, explainImages, requireFewMaps, targetOf } from './explanations.js';
import { mirror } from './flip.js';
import { readInstance } from './instances.js';
import { meanOfOutputs, sliceImages } from './model-outputs.js';
import type { PredictorPool } from './predictor-pool.js';
import type { ResolvedModel, Resolver } from './resolver.js';
import { readTensor, type SentTensor } from './tensors.js';

/** An image as a client sent it. `pointer` is its JSON Pointer in the request, for error messages. */
export type SentImage = Readonly<
  { pointer: string } & (
    | { type: 'file'; bytes: Uint8Array }
    | { type: 'base64'; text: string }
    | { type: 'instance'; values: unknown }
  )
>;

export type ClassifyRequest = Readonly<{
  /** A model reference. Undefined: the version with the label `stable` of the only model name. */
  model?: string | undefined;
  /** Whether to average the outputs of each image and its mirror image. Default false. */
  flip?: boolean | undefined;
  /** Whether the images were cropped before, so that the model's crop is left out. Default false. */
  cropped?: boolean | undefined;
  /**
   * Whether to compute a class activation map of each image: for the class with this name, or for the most probable class of the image.
   * Default: no map. `isDrawn`: draws the map of the first image over it.
   */
  explain?: Readonly<{ label?: string | undefined; isDrawn?: boolean }> | undefined;
  images: readonly SentImage[] | SentTensor;
}>;

/** The model that answered, and its outputs: images × classes numbers each. */
export type Classification = Readonly<{
  model: ResolvedModel;
  images: number;
  outputs: Outputs;
  /** One for each image, if the request has `explain`. */
  explanations?: readonly Explanation[];
  /** The first image as the model sees it, with its map over it, as a PNG. */
  drawing?: Buffer;
}>;

type ClassifierDeps = Readonly<{
  /** Default: decodes all images in this process. */
  decoder?: Pick<ImageDecoder, 'decode'>;
  resolver: Resolver;
  predictor: Pick<PredictorPool, 'predict' | 'explain' | 'stateOf'>;
}>;

export type Classifier = ReturnType<typeof createClassifier>;

export function createClassifier({ decoder = createImageDecoder(), resolver, predictor }: ClassifierDeps) {
  /** Resolves a reference. If the signal aborts, the conversion of a checkpoint goes on for later requests. */
  function resolve(reference: string | undefined, signal?: AbortSignal): Promise<ResolvedModel> {
    const resolving = resolver.resolve(reference);
    return signal === undefined ? resolving : untilAborted(resolving, signal);
  }

  async function predict(
    model: ResolvedModel,
    { flip = false, cropped = false, images, explain }: ClassifyRequest,
    caller: ImageCaller,
  ): Promise<Classification> {
    const count = countOf(images);
    requireFewPixels(model, count, flip);
    if (explain !== undefined) requireFewMaps(model.manifest.spec.dataset.resize, count);
    const target = explain && targetOf(model.manifest.classes, explain.label);
    const { preprocessing } = model.manifest;
    const pixels = await readPixels(decoder, images, cropped ? withoutCrop(preprocessing) : preprocessing, caller);
    const outputs = flip
      ? await predictWithFlip(predictor, model, pixels, count, caller)
      : await predictor.predict(model, pixels, count, caller);
    if (explain === undefined) return { model, images: count, outputs };
    const explanations = await explainImages({ predictor, model, caller }, { pixels, outputs, flip, target });
    const classification = { model, images: count, outputs, explanations };
    const [first] = explanations;
    if (explain.isDrawn !== true || first === undefined) return classification;
    const picture = { ...preprocessing, pixels };
    return { ...classification, drawing: await heatMapPng(picture, first, caller) };
  }

  /**
   * Resolves the reference on disk for every request. Meanwhile it already predicts with the model that the reference last
   * resolved to, if that is loaded, and keeps this answer if the reference still points to it.
   */
  async function predictSpeculatively(request: ClassifyRequest, caller: ImageCaller): Promise<Classification> {
    const expected = resolver.lastResolved(request.model);
    const resolving = resolve(request.model, caller.signal);
    if (expected === undefined || !predictor.stateOf(expected).loaded) return predict(await resolving, request, caller);
    const predicting = predict(expected, request, caller);
    predicting.catch(() => undefined); // awaited below, unless the reference has moved
    const model = await resolving;
    const isExpected = model.folder === expected.folder && model.manifest === expected.manifest;
    return isExpected ? predicting : predict(model, request, caller);
  }

  return {
    /** Resolves a reference. Throws what the resolver throws, and the signal's reason if it aborts before. */
    resolve,

    /** Loads a model by predicting a black image, so that the first request need not wait. Throws what `classify` throws. */
    async load(reference: string, caller: Caller): Promise<void> {
      const model = await resolve(reference, caller.signal);
      await predictor.predict(model, new Uint8Array(bytesOfImage(model.manifest.preprocessing)), 1, caller);
    },

    /**
     * Returns the model's outputs for the images. Throws
     *
     * - `invalid_request` or `invalid_image` with a pointer,
     * - `payload_too_large` if the images have too many pixels together,
     * - what the resolver and `PredictorPool.predict` throw,
     * - `model_corrupt` if the outputs are not finite,
     * - the signal's reason if it aborts; work that has not begun by then is skipped.
     */
    async classify(request: ClassifyRequest, caller: Caller): Promise<Classification> {
      requireImages(countOf(request.images));
      const classification = await predictSpeculatively(request, { ...caller, request });
      if (!classification.outputs.probabilities.every(Number.isFinite)) {
        throw new TrainyardError(
          'model_corrupt',
          'The outputs of the model are not finite, so its weights are damaged. Train it again with a smaller learning rate.',
        );
      }
      return classification;
    },
  };
}

/**
 * Returns images × height × width × channels bytes. The first error rejects, and images that are not decoded by then are skipped.
 */
async function readPixels(
  decoder: Pick<ImageDecoder, 'decode'>,
  images: ClassifyRequest['images'],
  preprocessing: Preprocessing,
  caller: ImageCaller,
): Promise<Uint8Array> {
  if ('type' in images) return readTensor(images, preprocessing);
  const [first] = images;
  if (first !== undefined && images.length === 1) return readImage(decoder, first, preprocessing, caller);
  const imageBytes = bytesOfImage(preprocessing);
  const pixels = new Uint8Array(images.length * imageBytes);
  const failed = new AbortController();
  const signal = AbortSignal.any([caller.signal, failed.signal]);
  const read = async (image: SentImage, index: number): Promise<void> =>
    pixels.set(await readImage(decoder, image, preprocessing, { ...caller, signal }), index * imageBytes);
  try {
    await Promise.all(images.map(read));
    return pixels;
  } finally {
    failed.abort();
  }
}

async function readImage(
  decoder: Pick<ImageDecoder, 'decode'>,
  image: SentImage,
  preprocessing: Preprocessing,
  caller: ImageCaller,
): Promise<Uint8Array> {
  if (image.type === 'instance') return readInstance(image.values, preprocessing, image.pointer);
  const bytes = image.type === 'base64' ? decodeBase64(image.text, image.pointer) : image.bytes;
  return decoder.decode(bytes, preprocessing, image.pointer, caller);
}

/** Returns the mean outputs of each image and its mirror image. Sends one request, or two if one would exceed `MAX_IMAGES`. */
async function predictWithFlip(
  predictor: Pick<PredictorPool, 'predict'>,
  model: ResolvedModel,
  pixels: Uint8Array,
  images: number,
  caller: Caller,
): Promise<Outputs> {
  const mirrored = mirror(pixels, model.manifest.preprocessing);
  if (2 * images > MAX_IMAGES) {
    const both = [pixels, mirrored].map((sent) => predictor.predict(model, sent, images, caller));
    const [plain, flipped] = await Promise.all(both);
    return meanOfOutputs(plain as Outputs, flipped as Outputs);
  }
  const outputs = await predictor.predict(model, Buffer.concat([pixels, mirrored]), 2 * images, caller);
  const { length } = model.manifest.classes;
  return meanOfOutputs(sliceImages(outputs, length, 0, images), sliceImages(outputs, length, images));
}

function requireImages(count: number): void {
  if (count >= 1 && count <= MAX_IMAGES) return;
  throw new TrainyardError('invalid_request', `A request must have 1 to ${MAX_IMAGES} images, not ${count}.`);
}

/** Throws `payload_too_large` if the images have too many pixels. Called before decoding. A mirror image counts as an image. */
function requireFewPixels({ manifest }: ResolvedModel, images: number, flip: boolean): void {
  const { height, width, channels } = manifest.preprocessing;
  const most = mostImages(manifest.preprocessing, flip);
  if (images <= most) return;
  throw new TrainyardError(
    'payload_too_large',
    `This model takes at most ${most} images of ${height}×${width}×${channels} in a request${flip ? ' with flip' : ''} (got ${images}). Send several requests.`,
  );
}

const countOf = (images: ClassifyRequest['images']): number =>
  'type' in images ? (images.shape[0] ?? 0) : images.length;

const bytesOfImage = ({ height, width, channels }: Preprocessing): number => height * width * channels;
