/** Checkpoints of a run: written after each epoch, every `checkpointSeconds`, and when the run has to stop. */

import { type EpochEvent, type RunHistoryEvent, scoresOf, type TrainingEvent } from '../../contracts/jobs/frame.js';
import type { AppliedChange } from '../../contracts/jobs/live-change.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { BestEpoch, CheckpointHeader, RunPosition } from '../../contracts/processes/checkpoint-header.js';
import { type EarlyStoppingSpec, isBetter, modeOf } from '../../contracts/training/training-options.js';
import type { Checkpoint, Checkpoints } from '../../store/checkpoints.js';
import type { Program } from '../step/program.js';
import { createEventLog, isCut, isStep } from './event-log.js';
import type { Heartbeat } from './heartbeat.js';

/** Step events in a checkpoint: far more than can be on their way to the stream when all processes are killed. */
const CHECKPOINT_STEPS = 500;

export type CheckpointingOptions = Readonly<{
  program: Pick<Program, 'state' | 'stateShapes' | 'shapes'>;
  checkpoints: Pick<Checkpoints, 'save'>;
  jobId: string;
  attempt: number;
  stepsPerEpoch: number;
  /** Seconds between two checkpoints within an epoch; 0: none within an epoch. */
  checkpointSeconds: number;
  /** Its metric decides which epoch is the best. Default: the validation accuracy. */
  earlyStopping?: EarlyStoppingSpec | null;
  /** Called when a checkpoint begins. */
  heartbeat?: Heartbeat | undefined;
  /** Checkpoint that the attempt resumes. */
  from?: CheckpointHeader | undefined;
}>;

/** Progress of a run: its events, its position, and its epochs with the best of them. */
export type RunSummary = Readonly<{
  /** Every epoch and change, and the latest steps. */
  events: readonly RunHistoryEvent[];
  /** Steps done in the whole run. */
  steps: number;
  /** Scored epochs in order, with the steps of the run at their ends. */
  epochs: readonly Readonly<{ scores: EpochScores; steps: number }>[];
  changes: readonly AppliedChange[];
  /** Undefined if no epoch has a validation score. */
  best: BestEpoch | undefined;
  /** The score by which `best` was chosen. */
  metric: EarlyStoppingSpec['metric'];
}>;

export type Checkpointing = ReturnType<typeof createCheckpointing>;

/**
 * Records the events of an attempt and writes its checkpoints. It reads and hashes the numbers between two steps; the file is
 * written while training goes on. At most one checkpoint is being written at a time.
 */
export function createCheckpointing(options: CheckpointingOptions) {
  const { program, jobId, attempt, stepsPerEpoch, checkpointSeconds, from } = options;
  const metric = options.earlyStopping?.metric ?? 'validationAccuracy';
  const log = createEventLog(from?.events ?? []);
  const writer = createCheckpointWriter(options.checkpoints);
  /** Weights that a cancel with `mode=keep` saves: of the best epoch or, without validation scores, of the last one. */
  let cached: Readonly<{ steps: number; tensors: Checkpoint['tensors'] }> | undefined;
  let position = from?.position;
  let saved = position;
  let savedAt = performance.now();

  const bestOf = (epochs: readonly EpochEvent[]): BestEpoch | undefined => bestEpochOf(epochs, metric, stepsPerEpoch);

  function begin(at: RunPosition): void {
    options.heartbeat?.('storing');
    const steps = stepsAt(at, stepsPerEpoch);
    // A later attempt may finish an epoch that the time limit cut, so only whole epochs count here.
    const best = bestOf(log.epochs().filter((event) => !isCut(event)));
    const events = log.latest(CHECKPOINT_STEPS);
    const header = { jobId, attempt, steps, position: at, events, ...(best && { best }) };
    const tensors = stateTensors(program);
    if (at.step === 0 && (best === undefined || best.steps === steps)) {
      cached = { steps, tensors: weightsAmong(tensors, program.shapes) };
    }
    saved = at;
    savedAt = performance.now();
    writer.begin({ header, tensors });
  }

  return {
    record(event: TrainingEvent): void {
      log.add(event);
      // The checkpoint of this position lacks the event, so `save` writes another.
      if (!isStep(event)) saved = undefined;
    },

    summary: (): RunSummary => ({
      events: log.latest(),
      steps: position === undefined ? 0 : stepsAt(position, stepsPerEpoch),
      epochs: log.epochs().map((event) => ({ scores: scoresOf(event), steps: stepsAfter(event, stepsPerEpoch) })),
      changes: log.changes(),
      best: bestOf(log.epochs()),
      metric,
    }),

    /** Begins a checkpoint if one is due. Throws if the last one could not be written. */
    async onPosition(at: RunPosition): Promise<void> {
      position = at;
      log.removeCutEpoch();
      writer.throwIfFailed();
      if (at.step === 0) {
        await writer.finished();
        begin(at);
      } else if (
        checkpointSeconds > 0 &&
        !writer.isWriting() &&
        performance.now() - savedAt >= 1000 * checkpointSeconds
      ) {
        begin(at);
      }
    },

    /** Waits for the checkpoint that is being written. Throws if one could not be written. */
    finished: writer.finished,

    /** Returns the weights and their averages after so many steps of the run, if they are in memory. */
    weightsAt: (steps: number): Checkpoint['tensors'] | undefined =>
      cached?.steps === steps ? cached.tensors : undefined,

    /** Writes a checkpoint of the current position, unless it has one, and waits for it. */
    async save(): Promise<void> {
      await writer.finished();
      if (position !== undefined && position !== saved) begin(position);
      await writer.finished();
    },
  };
}

/** Writes one checkpoint at a time in the background and keeps the error of a failed one. */
function createCheckpointWriter(checkpoints: CheckpointingOptions['checkpoints']) {
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  function throwIfFailed(): void {
    if (failure !== undefined) throw failure.error;
  }

  return {
    begin(checkpoint: Checkpoint): void {
      writing = checkpoints
        .save(checkpoint)
        .catch((error: unknown) => {
          failure = { error };
        })
        .finally(() => {
          writing = undefined;
        });
    },
    isWriting: (): boolean => writing !== undefined,
    throwIfFailed,
    async finished(): Promise<void> {
      await writing;
      throwIfFailed();
    },
  };
}

/** Returns the epoch with the best score; of several, the first. Undefined if none has a validation score. */
function bestEpochOf(
  epochs: readonly EpochEvent[],
  metric: EarlyStoppingSpec['metric'],
  stepsPerEpoch: number,
): BestEpoch | undefined {
  let best: BestEpoch | undefined;
  for (const event of epochs) {
    const { epoch, [metric]: value } = event;
    if (value === undefined || (best !== undefined && !isBetter(value, best.value, modeOf(metric)))) continue;
    best = { epoch, steps: stepsAfter(event, stepsPerEpoch), value };
  }
  return best;
}

/** Returns the steps of the run that are done at a position. */
const stepsAt = ({ epoch, step }: Pick<RunPosition, 'epoch' | 'step'>, stepsPerEpoch: number): number =>
  (epoch - 1) * stepsPerEpoch + step;

/** Returns the steps of the run after a scored epoch, which the time limit may have cut. */
const stepsAfter = ({ epoch, step }: EpochEvent, stepsPerEpoch: number): number =>
  stepsAt({ epoch, step: step ?? stepsPerEpoch }, stepsPerEpoch);

function stateTensors({ state, stateShapes }: CheckpointingOptions['program']): Checkpoint['tensors'] {
  return new Map([...state()].map(([name, values]) => [name, { shape: stateShapes.get(name) ?? [], values }]));
}

/** Returns the weights and their averages, without optimizer slots. */
function weightsAmong(tensors: Checkpoint['tensors'], shapes: Program['shapes']): Checkpoint['tensors'] {
  return new Map([...tensors].filter(([name]) => shapes.has(name.replace(/\.average$/, ''))));
}

/** Returns the numbers of a checkpoint in the form that `Program.restore` takes. */
export const stateOfCheckpoint = ({ tensors }: Pick<Checkpoint, 'tensors'>): Map<string, Float32Array> =>
  new Map([...tensors].map(([name, { values }]) => [name, values]));
