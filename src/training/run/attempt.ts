/** One attempt of a run: restores the newest checkpoint, trains, sends the events and writes checkpoints. */

import type { TrainerEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { LiveChange } from '../../contracts/jobs/live-change.js';
import { phaseAt } from '../../contracts/jobs/phases.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { CheckpointHeader } from '../../contracts/processes/checkpoint-header.js';
import type { Checkpoints } from '../../store/checkpoints.js';
import { stepsPerEpoch } from '../step/batches.js';
import type { Program } from '../step/program.js';
import { type Checkpointing, createCheckpointing, type RunSummary, stateOfCheckpoint } from './checkpointing.js';
import type { Heartbeat } from './heartbeat.js';
import { createLiveChanges } from './live-changes.js';
import type { TrainData } from './scoring.js';
import { train } from './train.js';

export type AttemptOptions = Readonly<{
  program: Program;
  data: TrainData;
  spec: JobSpec;
  checkpoints: Checkpoints;
  jobId: string;
  attempt: number;
  /** Seconds between two checkpoints within an epoch; 0: none within an epoch. */
  checkpointSeconds: number;
  /**
   * Called if the job has no checkpoint. Gives the program the weights of the job's starting point and returns the header to
   * continue from, or undefined for a run from the first step.
   */
  applyStartingPoint?: () => Promise<CheckpointHeader | undefined>;
  /** Live changes that were requested before the attempt. */
  changes?: readonly LiveChange[];
  /** Receives a function that takes the changes that arrive during the attempt. */
  subscribe?: (onChange: (change: LiveChange) => void) => void;
  /** Aborting ends the attempt at its next step by throwing the reason. With the reason `stop` it writes a checkpoint first. */
  signal: AbortSignal;
  /** Aborting ends the run at its next step, as `RunOptions.keep` says. */
  keep?: AbortSignal;
  heartbeat?: Heartbeat;
  /** Sends an event. The attempt waits for it. */
  send: (event: TrainerEvent) => Promise<void>;
  warn: (message: string) => Promise<void>;
}>;

export type AttemptResult = Readonly<{ reason: EndReason; summary: RunSummary }> &
  Pick<Checkpointing, 'weightsAt' | 'finished'>;

/** Trains to the end of the run. After a cancel the last checkpoint may still be being written: `finished` waits for it. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptResult> {
  const { program, data, spec, signal, keep, send } = options;
  const from = (await restoreCheckpoint(options)) ?? (await options.applyStartingPoint?.());
  const checkpointing = createCheckpointing({
    ...options,
    stepsPerEpoch: stepsPerEpoch(data.train.samples, spec.batchSize),
    earlyStopping: spec.earlyStopping,
    from,
  });
  const { changes: applied, epochs } = checkpointing.summary();
  const changes = createLiveChanges(spec, { requested: options.changes ?? [], applied });
  options.subscribe?.(changes.add);
  const events = train(program, data, spec, signal, {
    ...{ changes, keep, heartbeat: options.heartbeat, onPosition: checkpointing.onPosition },
    from: from?.position,
    scores: epochs.map((epoch) => epoch.scores),
  });
  try {
    const reason = await forward(events, async (event) => {
      checkpointing.record(event);
      await send(event);
    });
    // A time limit within an epoch needs a checkpoint: another attempt has to end at the same step.
    if (reason.code === 'max_seconds') await checkpointing.save();
    else if (reason.code !== 'kept') await checkpointing.finished();
    const { weightsAt, finished } = checkpointing;
    return { reason, summary: checkpointing.summary(), weightsAt, finished };
  } catch (error) {
    // `stop` is thrown between two steps. After any other error the program may be in the middle of one.
    if (error === 'stop') await checkpointing.save().catch((cause: unknown) => options.warn(warningOf(cause)));
    throw error;
  }
}

/** Passes each event of a generator on, and returns the generator's result. */
async function forward<Event, Result>(
  events: AsyncGenerator<Event, Result, undefined>,
  take: (event: Event) => Promise<void>,
): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    await take(next.value);
  }
}

/** Restores the newest valid checkpoint, and sends its events again because the stream may lack some of them. */
async function restoreCheckpoint({ program, spec, checkpoints, attempt, send, warn }: AttemptOptions) {
  const { checkpoint, faults } = await checkpoints.load();
  for (const message of faults) await warn(message);
  const { epoch, step } = checkpoint?.header.position ?? { epoch: 1, step: 0 };
  const resume = { type: 'resume', attempt, epoch, step, ...(faults.length > 0 && { faults: [...faults] }) } as const;
  if (checkpoint !== undefined || faults.length > 0) await send(resume);
  if (checkpoint === undefined) return undefined;
  program.enter(phaseAt(spec, epoch).index);
  program.restore(stateOfCheckpoint(checkpoint));
  for (const event of checkpoint.header.events) await send(event);
  return checkpoint.header;
}

const warningOf = (cause: unknown): string =>
  `The job stopped without a new checkpoint and will resume from the one before. ${cause instanceof Error ? cause.message : String(cause)}`;
