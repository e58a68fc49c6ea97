/** History of a label, as the console needs it. */
import type { LabelGate, LabelState } from 'trainyard';
import { GATE_SCORES } from './gate-scores.js';

export type LabelChange = LabelState['history'][number];

/** Returns a gate in words: `better accuracy on the test images of shoes by 0.01`. */
export function gateText({ metric, minDelta, dataset, split }: LabelGate): string {
  const place = dataset === undefined ? '' : ` on the ${split} images of ${dataset}`;
  return `better ${GATE_SCORES[metric].title}${place}${minDelta > 0 ? ` by ${minDelta}` : ''}`;
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
