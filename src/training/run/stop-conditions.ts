/** Stop conditions of a run: the last epoch, early stopping and the time limit, as pure functions of its state. */

import type { LiveValues } from '../../contracts/jobs/live-change.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { EarlyStoppingSpec } from '../../contracts/training/training-options.js';
import { isBetter } from '../../contracts/training/training-options.js';

/** Stop reason of a job that is cancelled with `mode=keep`. */
export const KEPT_BY_CANCEL: EndReason = { code: 'kept', message: 'The job was cancelled.' };

/** State of a run between two steps: all epochs before `epoch` and `step` steps of it are done. */
export type RunState = Readonly<{
  epoch: number;
  step: number;
  /** Seconds of training so far, over all attempts. */
  seconds: number;
  /** Scores of all scored epochs, in order. */
  scores: readonly EpochScores[];
}>;

/**
 * Returns the reason to stop in this state, or undefined if the run goes on. Early stopping is checked between two epochs, the
 * time limit between two steps. The time limit lets the job's first step run.
 */
export function stopReasonAt(
  { epoch, step, seconds, scores }: RunState,
  { epochs, patience, maxSeconds }: LiveValues,
  earlyStopping: EarlyStoppingSpec | null,
): EndReason | undefined {
  if (epoch > epochs) {
    return { code: 'epochs', message: epochs === 1 ? 'The epoch was trained.' : `All ${epochs} epochs were trained.` };
  }
  if (earlyStopping !== null && patience !== null && step === 0) {
    const { waited, reference } = lastImprovement(scores, earlyStopping);
    if (waited >= patience)
      return { code: 'early_stopping', message: earlyStoppingMessage(waited, reference, earlyStopping) };
  }
  const isUntrained = step === 0 && scores.length === 0;
  if (maxSeconds === null || seconds < maxSeconds || isUntrained) return undefined;
  const place = step === 0 ? `after epoch ${epoch - 1}` : `after step ${step} of epoch ${epoch}`;
  return { code: 'max_seconds', message: `The limit of ${maxSeconds} seconds of training was reached ${place}.` };
}

/**
 * Returns how many epochs ago the score last improved on the reference by more than `minDelta`, and that reference. Each
 * improvement becomes the new reference. Epochs without a validation score are skipped.
 */
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

function earlyStoppingMessage(
  waited: number,
  reference: number | undefined,
  { metric, minDelta }: EarlyStoppingSpec,
): string {
  const margin = minDelta === 0 ? '' : ` by more than ${minDelta}`;
  return `For ${waited} epoch${waited === 1 ? '' : 's'} the ${metric} has not improved on ${reference?.toPrecision(4)}${margin}.`;
}
