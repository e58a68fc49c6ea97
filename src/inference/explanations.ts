/** Explanations of predictions: class activation maps of the most probable class of each image, or of one class for all. */
import type { Caller } from '../concurrency/fair-limit.js';
import { mostExplained } from '../contracts/prediction/prediction-messages.js';
import type { Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import { mirror } from './flip.js';
import { meanOfOutputs, sliceImages } from './model-outputs.js';
import type { PredictorPool } from './predictor-pool.js';
import type { ResolvedModel } from './resolver.js';

/** Contributions of the positions of an image to the logit of a class: mean of `values` + `bias` = `logit`. Row by row. */
export type Explanation = Readonly<{
  /** Index of the class. */
  index: number;
  logit: number;
  bias: number;
  height: number;
  width: number;
  values: Float32Array;
}>;

type Explaining = Readonly<{ predictor: Pick<PredictorPool, 'explain'>; model: ResolvedModel; caller: Caller }>;
type Predicted = Readonly<{
  pixels: Uint8Array;
  outputs: Outputs;
  flip: boolean;
  /** Class index; undefined: the most probable class of each image. */
  target: number | undefined;
}>;

/** Returns the index of the class to explain; undefined without a name. Throws `invalid_request` if the model has no such class. */
export function targetOf(classes: readonly string[], label: string | undefined): number | undefined {
  if (label === undefined) return undefined;
  const index = classes.indexOf(label);
  if (index >= 0) return index;
  const message = `is not a class of this model: "${label.slice(0, 200)}". \`classes\` of its manifest lists them`;
  throw new TrainyardError('invalid_request', `/explainClass ${message}.`, {
    errors: [{ pointer: '/explainClass', message }],
  });
}

/** Throws `payload_too_large` if the maps of so many images would be too large for one answer. */
export function requireFewMaps(resize: number, images: number): void {
  const most = mostExplained(resize);
  if (images <= most) return;
  throw new TrainyardError(
    'payload_too_large',
    `With \`explain\`, this model takes at most ${most} images in a request (got ${images}). Send several requests.`,
  );
}

/** Returns an explanation for each image. With flip, the mean of the maps of the image and of its mirror image. */
export async function explainImages(explaining: Explaining, predicted: Predicted): Promise<Explanation[]> {
  const { predictor, model, caller } = explaining;
  const { pixels, outputs, flip, target } = predicted;
  const { classes, preprocessing } = model.manifest;
  const targets = Int32Array.from({ length: outputs.logits.length / classes.length }, (_, image) => {
    if (target !== undefined) return target;
    const { probabilities } = sliceImages(outputs, classes.length, image, image + 1);
    return probabilities.indexOf(Math.max(...probabilities));
  });
  const explain = (values: Uint8Array): Promise<Outputs> => predictor.explain(model, values, targets, caller);
  const explained = flip
    ? meanOfOutputs(...(await Promise.all([explain(pixels), explain(mirror(pixels, preprocessing))])))
    : await explain(pixels);
  return Array.from(targets, (index, image) => explanationOf(explained, classes.length, index, image));
}

function explanationOf(outputs: Outputs, classes: number, index: number, image: number): Explanation {
  const { logits, maps } = sliceImages(outputs, classes, image, image + 1);
  if (maps === undefined) throw new TrainyardError('internal', 'The predictor returned no class activation maps.');
  const { height, width, values, biases } = maps;
  return { index, logit: logits[index] ?? Number.NaN, bias: biases[0] ?? Number.NaN, height, width, values };
}
