/** Preprocessing from pixels to the network's input: one definition for training, evaluation, serving and the manifest. */

import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { resolveImagePreprocessing } from '../../contracts/images/image-preprocessing.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { Preprocessing } from '../../contracts/models/model.js';
import { resolveAugmentation } from '../../contracts/training/augmentation.js';
import type { NormalizationSpec } from '../../contracts/training/training-options.js';
import { TrainyardError } from '../../errors/errors.js';
import type { Tensor } from '../../graph/graph.js';
import { cast, channels, resize, scale } from '../../graph/ops.js';
import type { ImageSize } from '../../networks/index.js';
import { requireFit } from '../augmentation/crop-and-flip.js';
import { cutOut, eraseRectangles } from '../augmentation/masks.js';
import { mixImages } from '../augmentation/mixing.js';
import { augmentPixels, changesPixels } from '../augmentation/pixels.js';

/** Maps bytes to 0–1. */
export const PIXEL_SCALE = 1 / 255;

/** Mean and standard deviation of pixels from 0 to 1: one number per channel, or one for all channels. */
export type Normalization = Readonly<{ mean: readonly number[]; std: readonly number[] }>;

export const NO_NORMALIZATION: Normalization = { mean: [0], std: [1] };

/** Size of a data set's images, with their mean and standard deviation per channel if they are known. */
export type ImageSource = ImageSize & Partial<Pick<DatasetInfo, 'mean' | 'std'>>;

/** The part of a job that determines the network's input. Default: no augmentation, no normalization. */
export type InputSpec = Readonly<{
  dataset: Pick<JobSpec['dataset'], 'resize'>;
  /** Side of the images of a training step, if it is not that of the data set. */
  trainingResize?: number;
  augmentation?: JobSpec['augmentation'];
  normalization?: JobSpec['normalization'];
}>;

/** Returns the mean and standard deviation of a normalization. Throws `invalid_shape` if they do not fit the channels. */
export function resolveNormalization(spec: NormalizationSpec = 'none', image: ImageSource): Normalization {
  if (spec === 'none') return NO_NORMALIZATION;
  const { mean = [], std = [] } = spec === 'dataset' ? image : spec;
  for (const [name, { length }] of Object.entries({ mean, std })) {
    if (length === 1 || length === image.channels) continue;
    throw new TrainyardError(
      'invalid_shape',
      `The normalization has ${length} numbers as ${name}; images of ${image.channels === 1 ? '1 channel need 1' : `${image.channels} channels need 1 or ${image.channels}`}.`,
    );
  }
  return { mean, std };
}

/**
 * N×h×w×C bytes → N×side×side×C float32: bilinear resize, division by 255, then (x − mean) / std. Without a normalization the
 * input is in [0, 1].
 */
export function networkInput(pixels: Tensor, side: number, normalization = NO_NORMALIZATION): Tensor {
  return normalizedInput(resize(cast(pixels, 'float32'), side, side), normalization);
}

/** Images from 0 to 255 at the size of the network's input → the input. */
const normalizedInput = (images: Tensor, normalization: Normalization): Tensor =>
  normalize(scale(images, PIXEL_SCALE), normalization);

function normalize(images: Tensor, { mean, std }: Normalization): Tensor {
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return images;
  const { graph, dtype: T, shape } = images;
  const perChannel = (values: readonly number[]) =>
    graph.constant(
      Array.from({ length: channels(images) }, (_, channel) => values[channel] ?? values[0] ?? 0),
      'float32',
    );
  const centered = graph.op('Sub', [images, perChannel(mean)], { T }, shape);
  return graph.op('RealDiv', [centered, perChannel(std)], { T }, shape);
}

/** Inputs of a training graph. */
export type TrainingInput = Readonly<{
  /** Input of a training step, with augmentation. */
  images: Tensor;
  /** With mixup: the scalar share of each image against its partner. The loss mixes the labels alike. */
  share?: Tensor;
  /** Input of an evaluation, without augmentation. Is `images` itself if nothing is augmented. */
  plain: Tensor;
}>;

/**
 * N×h×w×C bytes → both inputs, N×side×side×C; a training step may have a side of its own. Crops and flips come before the resize, at the data
 * set's resolution, and affine maps and changes of colour after it. Erasing and cutout come after the normalization, which makes 0 the mean.
 * If the graph draws random numbers, it is fed with `draw`. Throws `invalid_shape` if a crop or a cutout does not fit the images.
 */
export function trainingInput(pixels: Tensor, spec: InputSpec, image: ImageSource): TrainingInput {
  const { resize: plainSide } = spec.dataset;
  const { trainingResize: side = plainSide } = spec;
  const augmentation = spec.augmentation ?? resolveAugmentation();
  requireFit(augmentation, image);
  const normalization = resolveNormalization(spec.normalization, image);
  const plain = networkInput(pixels, plainSide, normalization);
  const isPlain = side === plainSide && !changesPixels(augmentation);
  const input = isPlain ? plain : normalizedInput(augmentPixels(pixels, augmentation, side), normalization);
  const erased = cutOut(eraseRectangles(input, augmentation.erasing), augmentation.cutout, image);
  return { plain, ...mixImages(erased, augmentation) };
}

/**
 * Returns the manifest's description of `networkInput` and of the image decoding before it. Default of `images`: as the data set was
 * imported.
 */
export function describePreprocessing(
  { height, width, channels: depth, imported }: ImageSize & Pick<DatasetInfo, 'imported'>,
  side: number,
  { mean, std } = NO_NORMALIZATION,
  images = resolveImagePreprocessing(imported),
): Preprocessing {
  if (depth !== 1 && depth !== 3) throw new RangeError(`Images have 1 or 3 channels, not ${depth}.`);
  return {
    height,
    width,
    channels: depth,
    ...images,
    scale: PIXEL_SCALE,
    resize: side,
    mean: [...mean],
    std: [...std],
  };
}
