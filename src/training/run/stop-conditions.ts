/** When a run ends: after its last epoch, or before it by its validation scores or by the clock. Pure functions of what is known. */

import type { LiveValues } from '../../contracts/jobs/live-change.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { EarlyStoppingSpec } from '../../contracts/training/training-options.js';

/** Why training has stopped, and that in a sentence. */
export type Ending = EndReason;

/** Of a run that is cancelled while its weights are to be kept. */
export const KEPT: Ending = { code: 'kept', message: 'The job was cancelled.' };

/** A place between two steps: `step` steps of `epoch` are done, and all epochs before it. */
export type Place = Readonly<{
  epoch: number;
  step: number;
  /** Of training so far, on the clock. */
  seconds: number;
  /** Of the epochs that were scored, in order. */
  scores: readonly EpochScores[];
}>;

/** What ends the run at this place, if anything does. Early stopping decides between two epochs, the clock after any step of the job. */
export function endingAt(
  { epoch, step, seconds, scores }: Place,
  { epochs, patience, maxSeconds }: LiveValues,
  earlyStopping: EarlyStoppingSpec | null,
): Ending | undefined {
  if (epoch > epochs) {
    return { code: 'epochs', message: epochs === 1 ? 'The epoch was trained.' : `All ${epochs} epochs were trained.` };
  }
  if (earlyStopping !== null && patience !== null && step === 0) {
    const { waited, reference } = lastImprovement(scores, earlyStopping);
    if (waited >= patience)
      return { code: 'early_stopping', message: stoppedSentence(waited, reference, earlyStopping) };
  }
  const hasNothing = step === 0 && scores.length === 0;
  if (maxSeconds === null || seconds < maxSeconds || hasNothing) return undefined;
  const place = step === 0 ? `after epoch ${epoch - 1}` : `after step ${step} of epoch ${epoch}`;
  return { code: 'max_seconds', message: `The limit of ${maxSeconds} seconds of training was reached ${place}.` };
}

/** How many epochs ago the score was last better than its reference by more than `minDelta`, and that reference. */
export function lastImprovement(
  scores: readonly EpochScores[],
  { metric, mode, minDelta }: EarlyStoppingSpec,
): Readonly<{ waited: number; reference: number | undefined }> {
  let reference: number | undefined;
  let waited = 0;
  for (const { [metric]: value } of scores) {
    if (value === undefined) continue;
    const margin = mode === 'min' ? -minDelta : minDelta;
    const isImprovement = reference === undefined || isBetter(value, reference + margin, mode);
    reference = isImprovement ? value : reference;
    waited = isImprovement ? 0 : waited + 1;
  }
  return { waited, reference };
}

export const isBetter = (value: number, than: number, mode: EarlyStoppingSpec['mode']): boolean =>
  mode === 'min' ? value < than : value > than;

function stoppedSentence(
  waited: number,
  reference: number | undefined,
  { metric, minDelta }: EarlyStoppingSpec,
): string {
  const margin = minDelta === 0 ? '' : ` by more than ${minDelta}`;
  return `For ${waited} epoch${waited === 1 ? '' : 's'} the ${metric} has not improved on ${reference?.toPrecision(4)}${margin}.`;
}
