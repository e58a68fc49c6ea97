/** The parity gate: a model answers only once it reproduces the golden predictions that were stored with it. */

import type { Outputs } from '../contracts/processes/trainer.js';
import type { Precision } from '../contracts/training/training-options.js';
import { TrainyardError } from '../errors/errors.js';
import type { Golden } from '../formats/golden-predictions.js';
import { softmax } from '../numerics/softmax.js';

/**
 * How far numbers may be apart, by the precision the model was trained in: a logit by `logit` times the largest logit (at
 * least 1), a probability by `probability`. Folded BatchNorm and another order of summing differ by less than a hundredth of
 * this; a wrong layout, weight or preprocessing by far more.
 */
const TOLERANCE = {
  float32: { logit: 1e-3, probability: 1e-3 },
  bfloat16: { logit: 5e-2, probability: 5e-2 },
} as const satisfies Record<Precision, object>;

/** Throws `model_parity` with the first number that is too far off. `answer` is what the loaded model says. */
export function requireParity(golden: Golden, answer: Outputs, precision: Precision, where: string): void {
  const tolerance = TOLERANCE[precision];
  const { logits: expected, shape } = golden;
  const classes = expected.length / shape[0];
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const wanted = { logits: expected, probabilities: softmax(expected, classes) };
  const allowed = { logits: tolerance.logit * largest, probabilities: tolerance.probability };
  for (const output of ['logits', 'probabilities'] as const) {
    if (answer[output].length !== expected.length) {
      throw refusal(where, `it answers ${answer[output].length} ${output}, and ${expected.length} were stored`);
    }
    const place = answer[output].findIndex(
      (value, i) => !(Math.abs(value - (wanted[output][i] ?? 0)) <= allowed[output]),
    );
    if (place === -1) continue;
    const [found, stored] = [answer[output][place], wanted[output][place]].map((value) => Number(value).toPrecision(6));
    throw refusal(
      where,
      `of image ${Math.floor(place / classes)}, ${output} ${place % classes} is ${found}, and ${stored} was stored (at most ${allowed[output].toPrecision(2)} apart)`,
    );
  }
}

const refusal = (where: string, reason: string): TrainyardError =>
  new TrainyardError(
    'model_parity',
    `The model in ${where} does not reproduce the predictions stored with it: ${reason}. Export it again, or restore its folder.`,
  );
