/** Class activation maps in answers. */
import type { ActivationMap } from '../../contracts/prediction/prediction-messages.js';
import type { Explanation } from '../../inference/explanations.js';
import { rounded } from './top-classes.js';

/** Returns the map of an image with the name of its class. */
export const mapOf = (
  { index, logit, bias, height, width, values }: Explanation,
  classes: readonly string[],
): ActivationMap => ({
  label: classes[index] ?? '',
  index,
  logit: rounded(logit),
  bias: rounded(bias),
  height,
  width,
  values: Array.from(values, rounded),
});
