/** When a run is checkpointed, and what of it: at each epoch's end, every so many seconds, and when it must stop. */

import { type EpochEvent, type RunHistoryEvent, scoresOf, type TrainingEvent } from '../../contracts/jobs/frame.js';
import type { AppliedChange } from '../../contracts/jobs/live-change.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { BestEpoch, CheckpointHeader, Position } from '../../contracts/processes/checkpoint-header.js';
import { type EarlyStoppingSpec, modeOf } from '../../contracts/training/training-options.js';
import type { Checkpoint, Checkpoints } from '../../store/checkpoints.js';
import type { Program } from '../step/program.js';
import type { Pulse } from './heartbeat.js';
import { isBetter } from './stop-conditions.js';
import { withLastSteps } from './trim-run-history.js';

/** Step events that a checkpoint carries: far more than are on their way to the stream when everything is killed. */
const CHECKPOINT_STEPS = 500;
/** Step events that a run keeps in memory and leaves to its model: as many as a worker keeps while Redis is away. */
const RUN_HISTORY_STEPS = 10_000;

export type CheckpointingOptions = Readonly<{
  program: Pick<Program, 'state' | 'stateShapes' | 'shapes'>;
  checkpoints: Pick<Checkpoints, 'save'>;
  jobId: string;
  attempt: number;
  stepsPerEpoch: number;
  /** Between two checkpoints within an epoch; 0: there are none. */
  everySeconds: number;
  /** By whose metric an epoch is the best. Default: the validation accuracy. */
  earlyStopping?: EarlyStoppingSpec | null;
  /** Told when a checkpoint begins. */
  pulse?: Pulse | undefined;
  /** What the attempt goes on from. */
  from?: CheckpointHeader | undefined;
}>;

/** How far a run has come, its epochs with the steps behind each, and the best of those that were validated. */
export type Told = Readonly<{
  /** Every epoch and change, and the last steps. */
  events: readonly RunHistoryEvent[];
  steps: number;
  epochs: readonly Readonly<{ scores: EpochScores; steps: number }>[];
  changes: readonly AppliedChange[];
  best: BestEpoch | undefined;
  metric: EarlyStoppingSpec['metric'];
}>;

/** The numbers are read between two steps; the file is hashed then, and written while training goes on. */
export function createCheckpointing(options: CheckpointingOptions) {
  const { program, checkpoints, jobId, attempt, stepsPerEpoch, everySeconds, from } = options;
  const metric = options.earlyStopping?.metric ?? 'validationAccuracy';
  let events: RunHistoryEvent[] = [...(from?.events ?? [])];
  let stepEvents = events.filter(isStep).length;
  /** The weights of the best epoch or, where none can be told, of the last: what a cancel keeps is at hand. */
  let remembered: Readonly<{ steps: number; tensors: Checkpoint['tensors'] }> | undefined;
  let position: Position | undefined = from?.position;
  let saved: Position | undefined = position;
  let savedAt = performance.now();
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  const stepsAt = ({ epoch, step }: Pick<Position, 'epoch' | 'step'>): number => (epoch - 1) * stepsPerEpoch + step;
  const stepsBehind = ({ epoch, step = stepsPerEpoch }: EpochEvent): number => stepsAt({ epoch, step });
  const epochs = (): EpochEvent[] => events.filter(isEpoch);
  /** The first of those with the best score, where they have one. */
  function bestOf(scored: readonly EpochEvent[]): BestEpoch | undefined {
    let best: BestEpoch | undefined;
    for (const event of scored) {
      const { epoch, [metric]: value } = event;
      if (value === undefined || (best !== undefined && !isBetter(value, best.value, modeOf(metric)))) continue;
      best = { epoch, steps: stepsBehind(event), value };
    }
    return best;
  }

  function begin(at: Position): void {
    options.pulse?.('storing');
    const steps = stepsAt(at);
    // An epoch that the clock has cut may go on in another attempt: the checkpoint of the best whole one is kept for that.
    const best = bestOf(epochs().filter((event) => !isCut(event)));
    const carried = withLastSteps(events, CHECKPOINT_STEPS);
    const header = { jobId, attempt, steps, position: at, events: carried, ...(best && { best }) };
    const tensors = tensorsOf(program);
    if (at.step === 0 && (best === undefined || best.steps === steps)) {
      remembered = { steps, tensors: weightsAmong(tensors, program.shapes) };
    }
    saved = at;
    savedAt = performance.now();
    writing = checkpoints
      .save({ header, tensors })
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        writing = undefined;
      });
  }

  /** Waits for the write that is under way; throws where one has failed. */
  async function settled(): Promise<void> {
    await writing;
    if (failure !== undefined) throw failure.error;
  }

  return {
    /** Takes note of what the run has told. */
    note(event: TrainingEvent): void {
      events.push(event);
      // A checkpoint that is at this place already does not know of it.
      if (!isStep(event)) saved = undefined;
      if (!isStep(event) || ++stepEvents < 2 * RUN_HISTORY_STEPS) return;
      events = withLastSteps(events, RUN_HISTORY_STEPS);
      stepEvents = RUN_HISTORY_STEPS;
    },

    /** What of the run is known now. */
    told: (): Told => ({
      events: withLastSteps(events, RUN_HISTORY_STEPS),
      steps: position === undefined ? 0 : stepsAt(position),
      epochs: epochs().map((event) => ({ scores: scoresOf(event), steps: stepsBehind(event) })),
      changes: events.filter((event) => event.type === 'change').map(({ type: _, ...change }) => change),
      best: bestOf(epochs()),
      metric,
    }),

    /** Checkpoints if it is time; at most one is being written. Throws where the last one could not be. */
    async reached(at: Position): Promise<void> {
      position = at;
      // It has gone on where the clock had ended it: that score is of no epoch.
      const cut = events.findIndex((event) => isEpoch(event) && isCut(event));
      if (cut !== -1) events.splice(cut, 1);
      if (failure !== undefined) throw failure.error;
      if (at.step === 0) {
        await settled();
        begin(at);
      } else if (everySeconds > 0 && writing === undefined && performance.now() - savedAt >= 1000 * everySeconds) {
        begin(at);
      }
    },

    settled,

    /** The weights, and their averages, after so many steps, where those are the ones that a cancel keeps. */
    recall: (steps: number): Checkpoint['tensors'] | undefined =>
      remembered?.steps === steps ? remembered.tensors : undefined,

    /** Checkpoints where the run is now, and waits until it is written. */
    async save(): Promise<void> {
      await settled();
      if (position !== undefined && position !== saved) begin(position);
      await settled();
    },
  };
}

const isEpoch = (event: RunHistoryEvent): event is EpochEvent => event.type === 'epoch';
/** The clock has ended the run within it. */
const isCut = ({ step }: EpochEvent): boolean => step !== undefined;
const isStep = ({ type }: RunHistoryEvent): boolean => type === 'step';

function tensorsOf({ state, stateShapes }: CheckpointingOptions['program']): Checkpoint['tensors'] {
  return new Map([...state()].map(([name, values]) => [name, { shape: stateShapes.get(name) ?? [], values }]));
}

/** Of a state, the weights and their averages. */
function weightsAmong(tensors: Checkpoint['tensors'], shapes: Program['shapes']): Checkpoint['tensors'] {
  return new Map([...tensors].filter(([name]) => shapes.has(name.replace(/\.average$/, ''))));
}

/** The numbers of a checkpoint as a program takes them. */
export const stateOf = ({ tensors }: Pick<Checkpoint, 'tensors'>): Map<string, Float32Array> =>
  new Map([...tensors].map(([name, { values }]) => [name, values]));
