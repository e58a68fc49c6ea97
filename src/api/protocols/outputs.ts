/** The outputs that a model has in the inference protocols. */
import type { ServedManifest } from '../../contracts/models/model.js';
import type { Classification } from '../../inference/classifier.js';
import { softmax } from '../../numerics/softmax.js';

/** Every output there is: `calibrated` only of models for which a temperature was fitted. */
export const OUTPUTS = ['probabilities', 'logits', 'calibrated'] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** Those of a model, in their order. */
export const outputsOf = ({ temperature }: Pick<ServedManifest, 'temperature'>): readonly OutputName[] =>
  typeof temperature === 'number' ? OUTPUTS : OUTPUTS.filter((name) => name !== 'calibrated');

/** One output of a classification, images × classes numbers; undefined where its model does not have it. */
export function outputOf({ model, outputs }: Classification, name: OutputName): Float32Array | undefined {
  if (name !== 'calibrated') return outputs[name];
  const { classes, temperature } = model.manifest;
  return typeof temperature === 'number' ? softmax(outputs.logits, classes.length, temperature) : undefined;
}
