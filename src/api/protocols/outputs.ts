/** Outputs of a model in the inference protocols. */
import type { PredictableManifest } from '../../contracts/models/model.js';
import type { Classification } from '../../inference/classifier.js';
import { softmax } from '../../numerics/softmax.js';

/** All outputs. Only models with a temperature have `calibrated`. */
export const OUTPUTS = ['probabilities', 'logits', 'calibrated'] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** Returns the outputs of a model, in the order of `OUTPUTS`. */
export const outputsOf = ({ temperature }: Pick<PredictableManifest, 'temperature'>): readonly OutputName[] =>
  typeof temperature === 'number' ? OUTPUTS : OUTPUTS.filter((name) => name !== 'calibrated');

/** Returns one output of a classification, images × classes values; undefined if the model does not have it. */
export function outputOf({ model, outputs }: Classification, name: OutputName): Float32Array | undefined {
  if (name !== 'calibrated') return outputs[name];
  const { classes, temperature } = model.manifest;
  return typeof temperature === 'number' ? softmax(outputs.logits, classes.length, temperature) : undefined;
}
