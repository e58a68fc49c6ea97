/** When a run is checkpointed, and what of it: at each epoch's end, every so many seconds, and when it must stop. */
import type { BestEpoch, CheckpointHeader, Position } from '../contracts/checkpoint.js';
import type { TrainingEvent } from '../contracts/event.js';
import type { Checkpoint, Checkpoints } from '../store/checkpoints.js';
import type { Program } from './program.js';

/** Step events that a checkpoint carries: far more than are on their way to the stream when everything is killed. */
const STEP_EVENTS = 500;

export type CheckpointingOptions = Readonly<{
  program: Pick<Program, 'state' | 'stateShapes'>;
  checkpoints: Pick<Checkpoints, 'save'>;
  jobId: string;
  attempt: number;
  stepsPerEpoch: number;
  /** Between two checkpoints within an epoch; 0: there are none. */
  everySeconds: number;
  /** What the attempt goes on from. */
  from?: CheckpointHeader | undefined;
}>;

/** The numbers are read between two steps; the file is hashed then, and written while training goes on. */
export function createCheckpointing(options: CheckpointingOptions) {
  const { program, checkpoints, jobId, attempt, stepsPerEpoch, everySeconds, from } = options;
  const events: TrainingEvent[] = [...(from?.events ?? [])];
  let stepEvents = events.filter(isStep).length;
  let best: BestEpoch | undefined = from?.best;
  let position: Position | undefined;
  let saved: Position | undefined;
  let savedAt = performance.now();
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  function begin(at: Position): void {
    const steps = (at.epoch - 1) * stepsPerEpoch + at.step;
    const header = { jobId, attempt, steps, position: at, events: [...events], ...(best && { best }) };
    saved = at;
    savedAt = performance.now();
    writing = checkpoints
      .save({ header, tensors: tensorsOf(program) })
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
      if (isStep(event) && ++stepEvents > STEP_EVENTS) {
        events.splice(events.findIndex(isStep), 1);
        stepEvents -= 1;
      }
      if (event.type !== 'epoch' || event.validationAccuracy === undefined) return;
      const { epoch, validationAccuracy } = event;
      if (best !== undefined && best.validationAccuracy >= validationAccuracy) return;
      best = { epoch, steps: epoch * stepsPerEpoch, validationAccuracy };
    },

    /** Checkpoints if it is time; at most one is being written. Throws where the last one could not be. */
    async reached(at: Position): Promise<void> {
      position = at;
      if (failure !== undefined) throw failure.error;
      if (at.step === 0) {
        await settled();
        begin(at);
      } else if (everySeconds > 0 && writing === undefined && performance.now() - savedAt >= 1000 * everySeconds) {
        begin(at);
      }
    },

    settled,

    /** Checkpoints where the run is now, and waits until it is written. */
    async save(): Promise<void> {
      await settled();
      if (position !== undefined && position !== saved) begin(position);
      await settled();
    },
  };
}

const isStep = ({ type }: TrainingEvent): boolean => type === 'step';

function tensorsOf({ state, stateShapes }: CheckpointingOptions['program']): Checkpoint['tensors'] {
  return new Map([...state()].map(([name, values]) => [name, { shape: stateShapes.get(name) ?? [], values }]));
}

/** The numbers of a checkpoint as a program takes them. */
export const stateOf = ({ tensors }: Checkpoint): Map<string, Float32Array> =>
  new Map([...tensors].map(([name, { values }]) => [name, values]));
