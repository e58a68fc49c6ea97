/** History of a label, as the console needs it. */
import type { LabelGate, LabelState } from 'trainyard';

export type LabelChange = LabelState['history'][number];

/** Metrics of a condition, in words. */
export const METRICS = {
  testAccuracy: 'test accuracy',
  validationAccuracy: 'validation accuracy',
  validationMacroF1: 'validation macro-F1',
  validationBalancedAccuracy: 'balanced validation accuracy',
  testTop5Accuracy: 'top-5 test accuracy',
  validationTop5Accuracy: 'top-5 validation accuracy',
  testLoss: 'test loss',
  validationLoss: 'validation loss',
  accuracy: 'accuracy',
  top5Accuracy: 'top-5 accuracy',
  balancedAccuracy: 'balanced accuracy',
  macroF1: 'macro-F1',
  loss: 'loss',
  expectedCalibrationError: 'calibration error',
} as const satisfies Record<LabelGate['metric'], string>;

/** Scores of which the smaller one is better. */
export const isLowerBetter = (metric: LabelGate['metric']): boolean => /(loss|error)$/i.test(metric);

/** Returns a gate in words: `better accuracy on the test images of shoes by 0.01`. */
export function gateText({ metric, minDelta, dataset, split }: LabelGate): string {
  const place = dataset === undefined ? '' : ` on the ${split} images of ${dataset}`;
  return `better ${METRICS[metric]}${place}${minDelta > 0 ? ` by ${minDelta}` : ''}`;
}

/**
 * Returns the version that a rollback restores, by the rule of the service: a rollback cancels the changes after the one it restores.
 * Undefined if there is none. `newestFirst`: the history as the service lists it.
 */
export function previousVersion(
  newestFirst: readonly LabelChange[],
  exists: (version: number) => boolean,
): number | undefined {
  const inEffect: LabelChange[] = [];
  for (const change of [...newestFirst].reverse()) {
    const restored = inEffect.findIndex(({ number }) => number === change.restores);
    if (change.restores !== undefined) inEffect.splice(restored + 1);
    if (restored === -1) inEffect.push(change);
  }
  const [, ...before] = inEffect.reverse();
  return before.find(({ version }) => version !== null && exists(version))?.version ?? undefined;
}
