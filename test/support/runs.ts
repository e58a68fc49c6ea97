/** Training runs in this process, attempt by attempt: real TensorFlow, real checkpoints, tiny networks. */
import { createHash } from 'node:crypto';
import type { TrainerEvent } from '../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import type { LiveChange } from '../../src/contracts/jobs/live-change.js';
import type { EndReason } from '../../src/contracts/jobs/stop-reason.js';
import type { CheckpointHeader } from '../../src/contracts/processes/checkpoint-header.js';
import { loadDataset } from '../../src/datasets/index.js';
import { openCheckpoints } from '../../src/store/checkpoints.js';
import { type FinalWeights, restoreFinalWeights } from '../../src/training/result/final-weights.js';
import { runAttempt } from '../../src/training/run/attempt.js';
import type { RunSummary } from '../../src/training/run/checkpointing.js';
import { openProgram } from '../../src/training/step/program.js';
import { idOf } from './ids.js';

export function digestOf(values: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256');
  for (const [name, numbers] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(name).update(numbers);
  return hash.digest('hex');
}

/** Returns the event without its times. */
export const timeless = (event: TrainerEvent): object => ({ ...event, imagesPerSecond: 0, seconds: 0 });

export type Run = Readonly<{
  /** As the last checkpoint has them. */
  events: readonly object[];
  /** Of what was told in this attempt. */
  told: readonly TrainerEvent[];
  /** Of the weights, averaged where the run has averages; and of all that the program holds: both at the end of training. */
  digest: string;
  state: string;
  header?: CheckpointHeader;
  /** Undefined where the attempt was stopped. */
  ending?: EndReason;
  known?: RunSummary;
  /** What would be stored, and the digest of it. */
  final?: FinalWeights & { digest: string };
}>;

export type RunOptions = Readonly<{
  checkpointsDir: string;
  attempt?: number;
  changes?: readonly LiveChange[];
  everySeconds?: number;
  /** Called with each event; the run waits for it. `steps` are those done in the whole run, of a step event. */
  on?: (event: TrainerEvent, steps: number | undefined, hands: Hands) => void;
}>;

/** Controls of a run. */
export type Hands = Readonly<{ stop(): void; keep(): void; change(change: LiveChange): void }>;

/** Trains from the last checkpoint to the end, or until the run is stopped. */
export async function runJob(request: JobRequest, options: RunOptions): Promise<Run> {
  const { checkpointsDir, attempt = 1, changes = [], everySeconds = 0, on } = options;
  const spec = resolveJob(request);
  const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: '' });
  const program = openProgram(spec, data.info, data.info.classes.length);
  const checkpoints = await openCheckpoints({ checkpointsDir, jobId: idOf('a-job'), attempt });
  const [halt, keep] = [new AbortController(), new AbortController()];
  let take: Hands['change'] = () => undefined;
  const hands: Hands = {
    stop: () => halt.abort('stop'),
    keep: () => keep.abort('keep'),
    change: (change) => take(change),
  };
  const told: TrainerEvent[] = [];
  const parts = {
    program,
    data,
    spec,
    checkpoints,
    jobId: idOf('a-job'),
    attempt,
    checkpointSeconds: everySeconds,
    changes,
  };
  const result = await runAttempt({
    ...parts,
    ...{ signal: halt.signal, keep: keep.signal, warn: () => Promise.resolve() },
    subscribe(taker) {
      take = taker;
    },
    async send(event) {
      told.push(event);
      on?.(event, event.type === 'step' ? (event.epoch - 1) * event.steps + event.step : undefined, hands);
    },
  }).catch((error: unknown) => {
    if (error !== 'stop') throw error;
  });
  await result?.finished();
  const { checkpoint: last } = await checkpoints.load();
  const events = (last?.header.events ?? []).map(timeless);
  const digests = { digest: digestOf(program.weights()), state: digestOf(program.state()) };
  const run: Run = { events, told, ...digests, ...(last && { header: last.header }) };
  const usesEarlyStopping = spec.earlyStopping !== null;
  const final = result && (await restoreFinalWeights(program, checkpoints, { ...result, usesEarlyStopping }));
  const kept = final && { ...final, digest: digestOf(final.weights) };
  if (kept && kept.digest !== digestOf(program.weights()))
    throw new Error('The program holds other weights than its final ones.');
  program.close();
  return { ...run, ...(result && { ending: result.reason, known: result.summary }), ...(kept && { final: kept }) };
}

/** Returns a listener that stops the run after `until` steps. */
export const stopAfter =
  (until: number): NonNullable<RunOptions['on']> =>
  (_, steps, { stop }) => {
    if (steps !== undefined && steps >= until) stop();
  };
