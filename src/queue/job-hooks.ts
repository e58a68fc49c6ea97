/** Hooks of the consumer: callbacks by which an entry file connects other parts to the training of a job. */
import type { RunHistoryEvent, TrainerEvent } from '../contracts/jobs/frame.js';
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { JobModel } from './job-transitions.js';
import type { AdviseOnMemory } from './out-of-memory.js';

/** Copy of a job's frames outside Redis. */
export type FrameRecorder = Readonly<{
  /** Called after frames were written. */
  touch(): void;
  /** Called once no more frames follow before the attempt is settled. */
  close(): Promise<void>;
}>;

/** Measurement of one attempt. */
export type AttemptMeasurement = Readonly<{
  note(event: TrainerEvent): void;
  /** Called after the trainer has stored its model. */
  trained(): void;
}>;

export type JobHooks = Readonly<{
  /** Starts to record the frames that a job gets in the term in which this worker owns it. */
  recordFrames(job: Readonly<{ id: string; name: string }>, term: number): FrameRecorder;
  /** Starts to measure an attempt that begins now. */
  measure(spec: JobSpec): AttemptMeasurement;
  /** Advises what would fit if a job runs out of memory with a micro batch of one image. */
  adviseOnMemory: AdviseOnMemory;
  /**
   * Finds the model of a job whose trainer or worker died after storing it. From then on the trainers of attempts before `attempt` must
   * not be able to store a model.
   */
  findModel(job: Job, attempt: number): Promise<JobModel | undefined>;
  /**
   * Reads the run history of a job from its model or, if there is none, from its newest intact checkpoint. `isNews` says whether the
   * events contain any that the stream lacks; a file without such events need not be verified.
   */
  readRunHistory(
    job: Job,
    model: ModelReference | undefined,
    isNews: (events: readonly RunHistoryEvent[]) => boolean,
  ): Promise<readonly RunHistoryEvent[]>;
  /** Adds the queue entry of a queued job that has none. */
  restoreEntry(jobId: string): Promise<unknown>;
  /** Called with the number of jobs that this worker owns, whenever it changes. */
  onHeld(jobs: number): void;
  /** Called for each job that has ended on this worker. */
  onEnded(jobId: string): void;
}>;

/** Default: hooks that do nothing. */
export const NO_HOOKS: JobHooks = {
  recordFrames: () => ({ touch: () => undefined, close: async () => undefined }),
  measure: () => ({ note: () => undefined, trained: () => undefined }),
  adviseOnMemory: () => undefined,
  findModel: async () => undefined,
  readRunHistory: async () => [],
  restoreEntry: async () => undefined,
  onHeld: () => undefined,
  onEnded: () => undefined,
};
