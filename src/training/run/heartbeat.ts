/** Heartbeat of a trainer: tells the worker the current phase and the duration of the longest recent step. */
import type { Beat, TrainerPhase } from '../../contracts/processes/trainer-messages.js';

/** Steps among which the longest is reported. */
const MAX_RECENT_STEPS = 100;
/** After this many steps the first one no longer counts: TensorFlow prepares the graph in it. */
const STEPS_WITH_FIRST = 5;
/** Shortest time between two beats of one phase, in ms: there can be a thousand steps a second. */
const EVERY_MS = 1_000;

/** Reports the trainer's phase. `stepMs` is the duration of a step that has just ended. */
export type Heartbeat = (phase: TrainerPhase, stepMs?: number) => void;

/** Returns a heartbeat that sends a beat at each change of phase, and otherwise at most every `everyMs` (default 1000). */
export function createHeartbeat(send: (beat: Beat) => void, everyMs = EVERY_MS): Heartbeat {
  const recent: number[] = [];
  let steps = 0;
  let phase: TrainerPhase | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  return (next, stepMs) => {
    if (stepMs !== undefined) {
      recent.push(stepMs);
      steps += 1;
      if (steps === STEPS_WITH_FIRST || recent.length > MAX_RECENT_STEPS) recent.shift();
    }
    const now = performance.now();
    if (next === phase && now - sentAt < everyMs) return;
    phase = next;
    sentAt = now;
    send({ phase, longestStepMs: Math.max(0, ...recent) });
  };
}
