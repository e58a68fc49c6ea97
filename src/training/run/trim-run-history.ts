/** Limit on the steps in a run history. */
import { type GapEvent, gapUntil, type RunHistoryEvent, type StepEvent } from '../../contracts/jobs/frame.js';

const isStep = (event: RunHistoryEvent): event is StepEvent => event.type === 'step';
const isStepOrGap = (event: RunHistoryEvent): event is StepEvent | GapEvent => isStep(event) || event.type === 'gap';

/** Drops all but the last `most` step events and puts one gap in place of the others. Keeps every epoch and change. */
export function withLastSteps(events: readonly RunHistoryEvent[], most: number): RunHistoryEvent[] {
  const steps = events.filter(isStep);
  const last = steps.at(-most - 1);
  if (last === undefined) return [...events];
  const end = events.indexOf(last);
  const before = events.slice(0, end).filter((event) => !isStepOrGap(event));
  return [...before, gapUntil(last), ...events.slice(end + 1)];
}
