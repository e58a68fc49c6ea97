/** Parity check: a loaded model must reproduce the golden predictions stored with it before it serves. */

import type { Outputs } from '../contracts/processes/trainer-messages.js';
import type { Precision } from '../contracts/training/training-options.js';
import { TrainyardError } from '../errors/errors.js';
import type { Golden } from '../formats/golden-predictions.js';
import { softmax } from '../numerics/softmax.js';

/**
 * Tolerances between the outputs of the loaded model and its golden predictions, by the precision of the training. A logit may
 * differ by `logit` × max(1, largest absolute golden logit); a probability by `probability`. Folded BatchNorm and another order of
 * summation cause less than a hundredth of this. A wrong layout, weight or preprocessing causes far more.
 */
const TOLERANCE = {
  float32: { logit: 1e-3, probability: 1e-3 },
  bfloat16: { logit: 5e-2, probability: 5e-2 },
} as const satisfies Record<Precision, object>;

/**
 * Compares `answer`, the outputs of the loaded model, with the golden predictions. Throws `model_parity` with the first number
 * that differs too much. `path` is the graph file.
 */
export function requireParity(golden: Golden, answer: Outputs, precision: Precision, path: string): void {
  const tolerance = TOLERANCE[precision];
  const { logits: expected, shape } = golden;
  const classes = expected.length / shape[0];
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const wanted = { logits: expected, probabilities: softmax(expected, classes) };
  const allowed = { logits: tolerance.logit * largest, probabilities: tolerance.probability };
  for (const output of ['logits', 'probabilities'] as const) {
    if (answer[output].length !== expected.length) {
      throw parityError(path, `it returns ${answer[output].length} ${output}, and ${expected.length} were stored`);
    }
    const index = answer[output].findIndex(
      (value, i) => !(Math.abs(value - (wanted[output][i] ?? 0)) <= allowed[output]),
    );
    if (index === -1) continue;
    const [found, stored] = [answer[output][index], wanted[output][index]].map((value) => Number(value).toPrecision(6));
    const place = `image ${Math.floor(index / classes)}, ${output} ${index % classes}`;
    const limit = allowed[output].toPrecision(2);
    throw parityError(path, `for ${place} it returns ${found}, and ${stored} was stored (allowed difference ${limit})`);
  }
}

const parityError = (path: string, reason: string): TrainyardError =>
  new TrainyardError(
    'model_parity',
    `The model in ${path} does not reproduce the predictions stored with it: ${reason}. Export it again, or restore its folder.`,
  );
