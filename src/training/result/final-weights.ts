/** Which weights a run that has ended leaves: those it ended with, or those of an epoch before. */
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { Checkpoints } from '../../store/checkpoints.js';
import type { AttemptResult } from '../run/attempt.js';
import { type RunSummary, stateOfCheckpoint } from '../run/checkpointing.js';
import type { Program } from '../step/program.js';
import { checkpointWeights } from './checkpoint-to-model.js';

/** What the program holds now: the weights, their scores, the steps they were trained, and that in a sentence. */
export type FinalWeights = Readonly<{
  weights: ReadonlyMap<string, Float32Array>;
  scores: EpochScores;
  steps: number;
  sentence: string;
}>;

type Wanted = Readonly<{ epoch: number; steps: number; why: string }>;

/**
 * Puts the program where its final weights are. Those of the best epoch by the images set aside, where there are any and the run
 * watched them or was ended early; a job that is cancelled without them leaves those of its last whole epoch, for nothing else
 * has scores. Undefined where nothing was scored, so that there is nothing to keep.
 */
export async function restoreFinalWeights(
  program: Pick<Program, 'restore' | 'weights' | 'shapes'>,
  checkpoints: Pick<Checkpoints, 'at'>,
  { summary, reason, weightsAt, watches }: Omit<AttemptResult, 'finished'> & Readonly<{ watches: boolean }>,
): Promise<FinalWeights | undefined> {
  const { steps, epochs } = summary;
  const last = epochs.at(-1);
  if (last === undefined) return undefined;
  const current = (): FinalWeights => {
    const sentence = `The model is of the end, after step ${steps} of the run.`;
    return { weights: program.weights(), scores: last.scores, steps, sentence };
  };
  const wanted = wantedOf(summary, reason, watches);
  if (wanted === undefined) return current();
  const scores = epochs.find((each) => each.steps === wanted.steps)?.scores ?? last.scores;
  const sentence = `The model is of epoch ${wanted.epoch}, ${wanted.why}.`;
  if (wanted.steps === steps) return { ...current(), scores, sentence };
  const tensors = weightsAt(wanted.steps);
  const checkpoint = tensors === undefined ? await checkpoints.at(wanted.steps) : { tensors };
  if (typeof checkpoint === 'string') {
    const fault = `That of epoch ${wanted.epoch}, ${wanted.why}, could not be read: of its checkpoint, ${checkpoint}.`;
    const { sentence: of, ...rest } = current();
    return { ...rest, sentence: `${of} ${fault}` };
  }
  program.restore(stateOfCheckpoint(checkpoint));
  // They are at hand: to read them back would take time that a cancel has not.
  return { weights: checkpointWeights(checkpoint.tensors, program.shapes), scores, steps: wanted.steps, sentence };
}

function wantedOf({ best, metric, epochs }: RunSummary, { code }: EndReason, watches: boolean): Wanted | undefined {
  if (best !== undefined && (watches || code !== 'epochs')) {
    return { ...best, why: `the best of ${epochs.length} by its ${metric}, ${best.value.toPrecision(4)}` };
  }
  const last = epochs.at(-1);
  if (code !== 'kept' || last === undefined) return undefined;
  return { epoch: last.scores.epoch, steps: last.steps, why: 'the last one that was scored' };
}
