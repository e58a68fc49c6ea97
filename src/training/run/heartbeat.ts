/** Signs of life of a trainer, for the worker that watches it: what it is doing, and how long its recent steps took. */
import type { Beat, TrainerPhase } from '../../contracts/processes/trainer.js';

/** Steps whose longest is told. The first one, which compiles, counts only until a few others are known. */
const RECENT = { most: 100, few: 5 } as const;
/** Signs of life within one phase are at least so far apart: steps can be a thousand times as many. */
const EVERY_MS = 1_000;

/** Notes that the trainer lives and is in this phase; `stepMs`: how long the step took that has just ended. */
export type Pulse = (phase: TrainerPhase, stepMs?: number) => void;

export function createPulse(send: (beat: Beat) => void, everyMs = EVERY_MS): Pulse {
  const recent: number[] = [];
  let steps = 0;
  let phase: TrainerPhase | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  return (next, stepMs) => {
    if (stepMs !== undefined) {
      recent.push(stepMs);
      steps += 1;
      if (steps === RECENT.few || recent.length > RECENT.most) recent.shift();
    }
    const now = performance.now();
    if (next === phase && now - sentAt < everyMs) return;
    phase = next;
    sentAt = now;
    send({ phase, longestStepMs: Math.max(0, ...recent) });
  };
}
