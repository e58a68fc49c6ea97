/** Check of imported weights: from the sample images, the model must compute the logits that the origin of the weights computed. */
import {
  type ImageOptions,
  type ImagePreprocessing,
  resolveImagePreprocessing,
} from '../contracts/images/image-preprocessing.js';
import { PRESETS } from '../contracts/images/preprocessing-presets.js';
import type { ImportSamples } from '../contracts/models/import-samples.js';
import type { Preprocessing } from '../contracts/models/model.js';
import type { NormalizationSpec } from '../contracts/training/training-options.js';
import { TrainyardError } from '../errors/errors.js';
import type { Golden } from '../formats/golden-predictions.js';
import { createImageDecoder } from '../images/image-decoder.js';

/** Returns images × classes logits for images × height × width × channels bytes. Default: the model's own normalization. */
export type ComputeLogits = (pixels: Uint8Array, normalization?: NormalizationSpec) => Float32Array;

/**
 * Allowed difference of a logit, as a share of the largest absolute logit: more than an origin that computes in bfloat16 differs by
 * (1.6 %), and a third of what bicubic instead of bilinear changes (5.9 % for half of the images), by `npm run bench:preprocessing`.
 */
const TOLERANCE = 0.02;
/** Maximum number of bytes of the images with which other settings are tried. */
const MAX_TRIED_BYTES = 2 ** 25;

const decoder = createImageDecoder();

/**
 * Returns the pixels of the samples, and the logits that the weights compute from them, if those are close to the samples' logits.
 * Throws `logits_mismatch` otherwise, with settings that would reproduce them if there are any, and `invalid_image`.
 */
export async function requireSamples(
  samples: ImportSamples,
  preprocessing: Preprocessing,
  compute: ComputeLogits,
): Promise<Omit<Golden, 'shape'>> {
  const pixels = Buffer.concat(await Promise.all(samples.images.map((file, i) => decode(file, preprocessing, i))));
  const logits = compute(pixels);
  const sent = samples.logits.flat();
  const worst = worstOf(logits, sent);
  if (worst.difference <= allowedOf(sent)) return { pixels, logits };
  throw mismatch(samples, worst, await causeOf(samples, worst.index, preprocessing, compute));
}

const decode = (file: Uint8Array, preprocessing: Preprocessing, index: number): Promise<Uint8Array> =>
  decoder.decode(file, preprocessing, `/image/${index}`);

const allowedOf = (sent: readonly number[]): number =>
  TOLERANCE * sent.reduce((most, value) => Math.max(most, Math.abs(value)), 1);

type Worst = Readonly<{ index: number; difference: number; found: number }>;

/** Returns the logit that differs most. */
function worstOf(logits: Float32Array, sent: readonly number[]): Worst {
  let worst: Worst = { index: 0, difference: 0, found: 0 };
  for (const [index, value] of sent.entries()) {
    const found = logits[index] ?? Number.NaN;
    const difference = Math.abs(found - value);
    if (!(difference <= worst.difference)) worst = { index, difference, found };
  }
  return worst;
}

function mismatch({ logits }: ImportSamples, { index, difference, found }: Worst, cause: string): TrainyardError {
  const classes = logits[0]?.length ?? 1;
  const [image, logit] = [Math.floor(index / classes), index % classes];
  const sent = logits[image]?.[logit] ?? Number.NaN;
  const message = `differs: logit ${logit} was sent as ${sent.toPrecision(5)}, and predictions would give ${found.toPrecision(5)} (largest difference ${difference.toPrecision(3)}, allowed ${allowedOf(logits.flat()).toPrecision(2)})`;
  return new TrainyardError(
    'logits_mismatch',
    `The model does not reproduce the logits of sample image ${image}: it ${message}. ${cause}`,
    {
      errors: [{ pointer: `/logits/${image}`, message }],
    },
  );
}

/** Returns a sentence with the likely cause: looks for settings that reproduce the logits of the worst image. */
async function causeOf(
  { images, logits }: ImportSamples,
  index: number,
  preprocessing: Preprocessing,
  compute: ComputeLogits,
): Promise<string> {
  const image = Math.floor(index / (logits[0]?.length ?? 1));
  const [file = new Uint8Array(0), sent = []] = [images[image], logits[image]];
  if (areProbabilities(sent))
    return 'The numbers that were sent look like probabilities: send the logits, which come before the softmax.';
  const found = await reproducing(file, sent, preprocessing, compute);
  if (found !== undefined)
    return `With ${JSON.stringify(found)} as \`preprocessing\` it does: was the model trained so?`;
  return 'No usual fit, interpolation or normalization reproduces them: check the order of the classes, the size of the images, the weights, and that the logits are of these images in evaluation mode.';
}

const areProbabilities = (sent: readonly number[]): boolean =>
  sent.every((value) => value >= 0) && Math.abs(sent.reduce((sum, value) => sum + value, 0) - 1) < 0.01;

const EACH_FIT = ['resize-crop', 'stretch', 'contain', 'cover'] as const;
const EACH_METHOD = [
  { interpolation: 'bilinear', antialias: true },
  { interpolation: 'bicubic', antialias: true },
  { interpolation: 'bilinear', antialias: false },
  { interpolation: 'bicubic', antialias: false },
] as const;
const OTHER_OPTIONS: readonly ImageOptions[] = EACH_FIT.flatMap((fit) =>
  EACH_METHOD.map((method) => ({ fit, decoding: 'plain' as const, ...method })),
);
/** Normalizations to try: ImageNet's means and deviations, then pixels from 0 to 1, from −1 to 1, and from 0 to 255. */
const NORMALIZATIONS = [
  PRESETS.torchvision.normalization,
  { mean: [0], std: [1] },
  { mean: [0.5], std: [0.5] },
  { mean: [0], std: [1 / 255] },
] as const;

/** Returns settings that reproduce the logits of an image; undefined if none of the usual ones does. */
async function reproducing(
  file: Uint8Array,
  sent: readonly number[],
  preprocessing: Preprocessing,
  compute: ComputeLogits,
) {
  const own = { mean: preprocessing.mean, std: preprocessing.std };
  const tried = [
    preprocessing,
    ...OTHER_OPTIONS.map((options) => ({ ...preprocessing, ...resolveImagePreprocessing(options) })),
  ];
  const { height, width, channels } = preprocessing;
  if (tried.length * height * width * channels > MAX_TRIED_BYTES) return undefined;
  const pixels = Buffer.concat(await Promise.all(tried.map((target) => decode(file, target, 0))));
  // Grey images have no normalization of three channels.
  const usual = NORMALIZATIONS.filter(({ mean }) => mean.length <= channels);
  for (const normalization of [own, ...usual]) {
    const all = compute(pixels, { mean: [...normalization.mean], std: [...normalization.std] });
    const place = tried.findIndex(
      (_, i) => worstOf(all.subarray(i * sent.length, (i + 1) * sent.length), sent).difference <= allowedOf(sent),
    );
    const target = tried[place];
    if (target !== undefined) return { ...optionsOf(target), normalization };
  }
  return undefined;
}

const optionsOf = ({ fit, cropShare, decoding, interpolation, antialias }: ImagePreprocessing) => ({
  ...{ fit, ...(fit === 'resize-crop' && { cropShare }), decoding, interpolation, antialias },
});
