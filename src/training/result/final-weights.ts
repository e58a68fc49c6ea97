/** Choice of a run's final weights: those of its last step, or of an earlier epoch. */
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { Checkpoints } from '../../store/checkpoints.js';
import type { AttemptResult } from '../run/attempt.js';
import { type RunSummary, stateOfCheckpoint } from '../run/checkpointing.js';
import type { Program } from '../step/program.js';
import { checkpointWeights } from './checkpoint-to-model.js';

export type FinalWeights = Readonly<{
  weights: ReadonlyMap<string, Float32Array>;
  scores: EpochScores;
  /** Steps of the run after which the weights were like this. */
  steps: number;
  /** Says which weights these are. */
  sentence: string;
}>;

/** An epoch whose weights are chosen. `why` completes the sentence "Saved the weights of epoch 3, …". */
type ChosenEpoch = Readonly<{ epoch: number; steps: number; why: string }>;

type RunEnd = Pick<AttemptResult, 'summary' | 'reason' | 'weightsAt'> & Readonly<{ usesEarlyStopping: boolean }>;

/**
 * Gives the program its final weights, and returns them. They are
 *
 * - those of the best epoch, if there are validation scores and the job has early stopping or ended before its last epoch,
 * - else those of the last scored epoch, if the job was cancelled, because only they have scores,
 * - else those of the last step, also if the checkpoint of the chosen epoch cannot be read.
 *
 * Returns undefined if no epoch was scored: there is nothing to save.
 */
export async function restoreFinalWeights(
  program: Pick<Program, 'restore' | 'weights' | 'shapes'>,
  checkpoints: Pick<Checkpoints, 'at'>,
  { summary, reason, weightsAt, usesEarlyStopping }: RunEnd,
): Promise<FinalWeights | undefined> {
  const { steps, epochs } = summary;
  const last = epochs.at(-1);
  if (last === undefined) return undefined;
  const current = (fault = ''): FinalWeights => {
    const sentence = `Saved the final weights (step ${steps}).${fault}`;
    return { weights: program.weights(), scores: last.scores, steps, sentence };
  };
  const chosen = chooseEpoch(summary, reason, usesEarlyStopping);
  if (chosen === undefined) return current();
  const scores = epochs.find((epoch) => epoch.steps === chosen.steps)?.scores ?? last.scores;
  const sentence = `Saved the weights of epoch ${chosen.epoch}, ${chosen.why}.`;
  if (chosen.steps === steps) return { ...current(), scores, sentence };
  const tensors = weightsAt(chosen.steps);
  const checkpoint = tensors === undefined ? await checkpoints.at(chosen.steps) : { tensors };
  if (typeof checkpoint === 'string') {
    return current(` The checkpoint of epoch ${chosen.epoch}, ${chosen.why}, could not be read: ${checkpoint}.`);
  }
  program.restore(stateOfCheckpoint(checkpoint));
  // Reading them back from the program would delay a cancel.
  return { weights: checkpointWeights(checkpoint.tensors, program.shapes), scores, steps: chosen.steps, sentence };
}

function chooseEpoch(
  { best, metric, epochs }: RunSummary,
  { code }: EndReason,
  usesEarlyStopping: boolean,
): ChosenEpoch | undefined {
  if (best !== undefined && (usesEarlyStopping || code !== 'epochs')) {
    return { ...best, why: `the best of ${epochs.length} by its ${metric}, ${best.value.toPrecision(4)}` };
  }
  const last = epochs.at(-1);
  if (code !== 'kept' || last === undefined) return undefined;
  return { epoch: last.scores.epoch, steps: last.steps, why: 'the last one that was scored' };
}
