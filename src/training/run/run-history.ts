/** The events of a run as far as they are kept: every epoch and change, and the last steps, with a gap for the steps before. */
import type { CourseEvent, GapEvent, StepEvent } from '../../contracts/jobs/frame.js';

const isStep = (event: CourseEvent): event is StepEvent => event.type === 'step';
const isStepOrGap = (event: CourseEvent): event is StepEvent | GapEvent => isStep(event) || event.type === 'gap';

/** Returns the events with only the last `most` steps; one gap stands for all steps before them. */
export function withLastSteps(events: readonly CourseEvent[], most: number): CourseEvent[] {
  const steps = events.filter(isStep);
  const last = steps.at(-most - 1);
  if (last === undefined) return [...events];
  const end = events.indexOf(last);
  const before = events.slice(0, end).filter((event) => !isStepOrGap(event));
  return [...before, gapUntil(last), ...events.slice(end + 1)];
}

function gapUntil({ epoch, step, steps }: StepEvent): GapEvent {
  return { type: 'gap', epoch, step, steps };
}
