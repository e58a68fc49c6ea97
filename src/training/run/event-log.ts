/** Events of a run in memory: every epoch and change, and its latest steps. */
import type { EpochEvent, RunHistoryEvent, TrainingEvent } from '../../contracts/jobs/frame.js';
import type { AppliedChange } from '../../contracts/jobs/live-change.js';
import { withLastSteps } from './trim-run-history.js';

/** Step events that a run keeps and stores with its model. A worker buffers as many while Redis is away. */
const MAX_STEPS = 10_000;

export function createEventLog(initial: readonly RunHistoryEvent[]) {
  let events = [...initial];
  let steps = events.filter(isStep).length;
  return {
    add(event: TrainingEvent): void {
      events.push(event);
      if (!isStep(event) || ++steps < 2 * MAX_STEPS) return; // trims rarely: each trim reads all events
      events = withLastSteps(events, MAX_STEPS);
      steps = MAX_STEPS;
    },

    /** Removes the score of an epoch that the time limit cut. Called when the run goes on in that epoch. */
    removeCutEpoch(): void {
      const index = events.findIndex((event) => isEpoch(event) && isCut(event));
      if (index !== -1) events.splice(index, 1);
    },

    /** Returns all events, but of the steps only the last `most` (default 10,000). */
    latest: (most = MAX_STEPS): RunHistoryEvent[] => withLastSteps(events, most),

    epochs: (): EpochEvent[] => events.filter(isEpoch),

    changes: (): AppliedChange[] =>
      events.filter((event) => event.type === 'change').map(({ type: _, ...change }) => change),
  };
}

/** Returns whether the time limit ended the run within this epoch. */
export const isCut = ({ step }: EpochEvent): boolean => step !== undefined;

export const isStep = ({ type }: RunHistoryEvent): boolean => type === 'step';

const isEpoch = (event: RunHistoryEvent): event is EpochEvent => event.type === 'epoch';
