/** One attempt of a run: from the last whole checkpoint to its end, told as it goes, checkpointed on the way. */

import type { TrainerEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { LiveChange } from '../../contracts/jobs/live-change.js';
import type { CheckpointHeader } from '../../contracts/processes/checkpoint-header.js';
import type { Checkpoints } from '../../store/checkpoints.js';
import { stepsPerEpoch } from '../step/batches.js';
import type { Program } from '../step/program.js';
import { createCheckpointing, stateOf, type Told } from './checkpointing.js';
import type { Pulse } from './heartbeat.js';
import { createTuning } from './live-changes.js';
import type { Ending } from './stop-conditions.js';
import { type TrainData, train } from './train.js';

export type AttemptOptions = Readonly<{
  program: Program;
  data: TrainData;
  spec: JobSpec;
  checkpoints: Checkpoints;
  jobId: string;
  attempt: number;
  /** Between two checkpoints within an epoch; 0: only at its end. */
  everySeconds: number;
  /** Called where there is no checkpoint: gives the program other than its first values, and says where it goes on. */
  start?: () => Promise<CheckpointHeader | undefined>;
  /** What is known of changes when the attempt begins. */
  changes?: readonly LiveChange[];
  /** Is given who takes those that come later. */
  listen?: (take: (change: LiveChange) => void) => void;
  /** Aborted: the attempt ends at its next step by throwing the reason. With `stop`, it is checkpointed there. */
  signal: AbortSignal;
  /** Aborted: the run ends at its next step, as `train` has it. */
  keep?: AbortSignal;
  /** Told what the attempt is doing, often. */
  pulse?: Pulse;
  /** The attempt waits for each. */
  tell: (event: TrainerEvent) => Promise<void>;
  warn: (message: string) => Promise<void>;
}>;

export type AttemptResult = Readonly<{ ending: Ending; told: Told }> &
  Pick<ReturnType<typeof createCheckpointing>, 'recall' | 'settled'>;

/** Resolves with why the run has ended, and what is known of it. A cancel does not wait for a checkpoint that is being written. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptResult> {
  const { program, data, spec, signal, keep, tell } = options;
  const from = (await restore(options)) ?? (await options.start?.());
  const checkpointing = createCheckpointing({
    ...options,
    stepsPerEpoch: stepsPerEpoch(data.train.samples, spec.batchSize),
    earlyStopping: spec.earlyStopping,
    from,
  });
  const { changes: applied, epochs } = checkpointing.told();
  const tuning = createTuning(spec, { asked: options.changes ?? [], applied });
  options.listen?.(tuning.add);
  const scores = epochs.map((epoch) => epoch.scores);
  const { reached } = checkpointing;
  const events = train(program, data, spec, signal, {
    from: from?.position,
    scores,
    tuning,
    keep,
    reached,
    pulse: options.pulse,
  });
  try {
    let next = await events.next();
    for (; next.done !== true; next = await events.next()) {
      checkpointing.note(next.value);
      await tell(next.value);
    }
    const ending = next.value;
    // Where the clock has ended the run within an epoch, another attempt ends there too.
    if (ending.code === 'max_seconds') await checkpointing.save();
    else if (ending.code !== 'kept') await checkpointing.settled();
    const { recall, settled } = checkpointing;
    return { ending, told: checkpointing.told(), recall, settled };
  } catch (error) {
    // Thrown between two steps; after any other error the program may be in the middle of one.
    if (error === 'stop') await checkpointing.save().catch((cause: unknown) => options.warn(warningOf(cause)));
    throw error;
  }
}

/** Puts the program where the last whole checkpoint was, and tells again what may not have reached the stream. */
async function restore({ program, checkpoints, attempt, tell, warn }: AttemptOptions) {
  const { checkpoint, faults } = await checkpoints.load();
  for (const message of faults) await warn(message);
  const { epoch, step } = checkpoint?.header.position ?? { epoch: 1, step: 0 };
  const event = { type: 'resume', attempt, epoch, step, ...(faults.length > 0 && { faults: [...faults] }) } as const;
  if (checkpoint !== undefined || faults.length > 0) await tell(event);
  if (checkpoint === undefined) return undefined;
  program.restore(stateOf(checkpoint));
  for (const told of checkpoint.header.events) await tell(told);
  return checkpoint.header;
}

/** The run goes on later from the checkpoint before, which is whole. */
const warningOf = (cause: unknown): string =>
  `Stopped without a checkpoint. ${cause instanceof Error ? cause.message : String(cause)}`;
