/** One trainer as a child process: started for a job, told to stop, killed when it must be, its end turned into an outcome. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrainerEvent } from '../contracts/jobs/frame.js';
import type { JobSpec } from '../contracts/jobs/job.js';
import type { LiveChange } from '../contracts/jobs/live-change.js';
import type { Failure } from '../contracts/jobs/outcome.js';
import type { EndReason } from '../contracts/jobs/stop-reason.js';
import type { TrainerCommand, TrainerMessage, TrainerPhase } from '../contracts/processes/trainer.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { saysOutOfMemory } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';
import { HANG_BOUNDS, type Hang, type HangBounds, watchForHang } from './hang-watch.js';
import { watchMemory } from './memory-watch.js';

/** How a trainer ended. `died`: without saying how. */
export type TrainerOutcome =
  | Readonly<{ type: 'trained'; model: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'cancelled'; model?: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'stopped' }>
  | Readonly<{ type: 'failed' | 'died'; error: Failure }>;

export type Trainer = Readonly<{
  /** Asks the trainer to end at its next step; kills it when it is still there after the grace time. */
  cancel(): void;
  /** Asks the trainer to save its best weights and end. It is killed unless it answers within the grace time. */
  keep(): void;
  /** Has a value change at its next step. */
  change(change: LiveChange): void;
  /** The same for checkpointing at its next step and ending then. Its grace is longer: the file must be on the disk. */
  stop(): void;
  kill(): void;
  /** Resolves when the process is gone; never rejects. */
  outcome: Promise<TrainerOutcome>;
}>;

export type TrainerOptions = Readonly<{
  jobId: string;
  spec: JobSpec;
  attempt: number;
  /** In the order of their numbers. Default: none. */
  changes?: readonly LiveChange[];
  /** Carries the job's id. */
  logger: Logger;
  /** `at`: when the trainer told it, an ISO time. */
  onEvent: (event: TrainerEvent, at?: string) => void;
  /** Called when the trainer has been silent for longer than its steps take. It may still go on. */
  onStall?: () => void;
}>;

/** Of Node.js: a trainer makes its graph and then little, so a small young generation leaves 30 MB to TensorFlow. */
export const TRAINER_FLAGS = ['--max-semi-space-size=1'] as const;

/** From SIGKILL to giving up on a process that hangs in the kernel. */
const DEATH_MS = 30_000;
/** Time for the pipes to empty after the process ended; a grandchild may hold them open. */
const DRAIN_MS = 2_000;

export type StartTrainer = ReturnType<typeof createTrainerStarter>;

export type TrainerStarterOptions = Readonly<{
  datasetsDir: string;
  importedDir?: string;
  modelsDir: string;
  checkpointsDir: string;
  /** Between two checkpoints within an epoch; 0: only at its end. Default 60. */
  checkpointSeconds?: number;
  /** Epochs whose ends are kept as checkpoints, the latest. Default 1. */
  checkpointsKept?: number;
  trainerUrl?: URL;
  /** From being cancelled, and from its last message, to SIGKILL. Default 10,000. */
  graceMs?: number;
  /** From being told to stop to SIGKILL: a step, and a checkpoint. Default 15,000. */
  stopGraceMs?: number;
  /** Environment of the trainers. Default: this process's. */
  environment?: NodeJS.ProcessEnv;
  /** GPUs as CUDA_VISIBLE_DEVICES names them: each trainer sees one, that with the fewest trainers. */
  gpus?: readonly string[];
  /** What one trainer may use; not checked where it is left out. */
  memoryBytes?: number;
  /** Whether a trainer that computes on the CPU is to say so. Default false. */
  expectsGpu?: boolean;
  /** How long a trainer may be silent. Default: HANG_BOUNDS. */
  hangBounds?: HangBounds;
  /** Files in which the kernel counts what it killed for want of memory. Default: those of the control group. */
  oomCounters?: readonly string[];
}>;

export function createTrainerStarter(deps: TrainerStarterOptions) {
  const {
    datasetsDir,
    importedDir,
    modelsDir,
    checkpointsDir,
    checkpointSeconds = 60,
    checkpointsKept = 1,
    environment,
  } = deps;
  const { graceMs = 10_000, stopGraceMs = 15_000, memoryBytes, expectsGpu = false } = deps;
  const gpus = shareGpus(deps.gpus ?? []);
  const trainerUrl = deps.trainerUrl ?? new URL('../trainer.js', import.meta.url);

  return function startTrainer({ jobId, spec, attempt, changes = [], logger, ...listeners }: TrainerOptions): Trainer {
    const { onEvent, onStall = () => undefined } = listeners;
    const gpu = gpus.take();
    let child: ChildProcess;
    try {
      child = fork(trainerUrl, {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [...TRAINER_FLAGS],
        serialization: 'advanced', // JSON would lose a NaN on the way
        ...(environment && { env: { ...environment, ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }) } }),
      });
    } catch (err) {
      gpus.release(gpu);
      const nothing = (): void => undefined;
      const commands = { kill: nothing, cancel: nothing, keep: nothing, stop: nothing, change: nothing };
      return { outcome: Promise.resolve(notStarted(err, logger)), ...commands };
    }
    const lastLines = keepLastLines();
    const memory = watchMemory(child.pid, deps.oomCounters);
    /** Whether its output says so, also in a line that others have pushed out since. */
    let ranOut = false;
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(child[stream], (line) => {
        logger.debug({ stream, line }, 'trainer output');
        ranOut ||= saysOutOfMemory(line);
        lastLines.add(line);
      });
    }
    let wasKilled = false;
    const kill = (): void => {
      wasKilled = true;
      child.kill('SIGKILL');
    };
    let hang: Hang | undefined;
    let giveUp: () => void = () => undefined;
    /** Resolves if a trainer that hangs does not even end when it is killed: it waits for a device within the kernel. */
    const givenUp = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const watch = watchForHang({
      pid: child.pid,
      bounds: deps.hangBounds ?? HANG_BOUNDS,
      onStall,
      onHang(found) {
        hang = found;
        logger.error({ trainerPid: child.pid, ...found }, 'trainer hangs');
        kill();
        setTimeout(giveUp, DEATH_MS).unref();
      },
    });
    let killAt = Number.POSITIVE_INFINITY;
    let killTimer: NodeJS.Timeout | undefined;
    /** Of several deadlines the earliest counts. */
    const killIn = (ms: number): void => {
      if (performance.now() + ms >= killAt) return;
      killAt = performance.now() + ms;
      clearTimeout(killTimer);
      killTimer = setTimeout(kill, ms);
    };
    /** Runs until the trainer has answered that it keeps its weights. */
    let keepTimer: NodeJS.Timeout | undefined;
    const tell = (command: TrainerCommand): void => {
      if (child.connected) child.send(command, () => undefined);
    };
    let last: TrainerOutcome | undefined;
    child.on('message', (message: TrainerMessage) => {
      if (message.type === 'event') onEvent(message.event, message.at);
      else if (message.type === 'beat') watch.note(message);
      else if (message.type === 'keeping') clearTimeout(keepTimer);
      else if (message.type === 'warning') logger.warn({ trainerPid: child.pid }, message.message);
      else {
        last ??= message;
        killIn(graceMs);
      }
    });
    const limits = { ...(memoryBytes !== undefined && { memoryBytes }), expectsGpu };
    const folders = { datasetsDir, importedDir, modelsDir, checkpointsDir };
    tell({ type: 'train', jobId, spec, attempt, changes, ...folders, checkpointSeconds, checkpointsKept, ...limits });
    logger.info({ trainerPid: child.pid, ...(gpu !== undefined && { gpu }) }, 'trainer started');

    function died(cause: string, isOutOfMemory: boolean): TrainerOutcome {
      const error = death(cause, lastLines.sentence());
      return withPeak({ type: 'died', error: isOutOfMemory ? { ...error, code: 'out_of_memory' } : error });
    }

    /** Want of memory is told with the most that the process had. */
    function withPeak(outcome: TrainerOutcome): TrainerOutcome {
      const peakBytes = memory.peakBytes();
      if (outcome.type !== 'failed' && outcome.type !== 'died') return outcome;
      const { error } = outcome;
      if (error.code !== 'out_of_memory' || peakBytes === undefined) return outcome;
      return { ...outcome, error: { ...error, peakBytes: Math.max(peakBytes, error.peakBytes ?? 0) } };
    }

    async function end(): Promise<TrainerOutcome> {
      try {
        const closed = once(child, 'close').catch(() => undefined);
        const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit);
        const { code, signal } = await Promise.race([ended, givenUp.then((): Exit => ({ code: null, signal: null }))]);
        // Its last messages may still be in the channel.
        await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })]);
        logger.info({ trainerPid: child.pid, code, signal }, 'trainer ended');
        const isOutOfMemory = ranOut || (signal === 'SIGKILL' && !wasKilled && (await memory.hasKilled()));
        if (last !== undefined) return withPeak(last);
        return hang === undefined ? died(signal ?? `exit code ${code}`, isOutOfMemory) : hung(hang);
      } catch (err) {
        return notStarted(err, logger);
      } finally {
        memory.stop();
        watch.stop();
        clearTimeout(killTimer);
        clearTimeout(keepTimer);
        gpus.release(gpu);
      }
    }

    return {
      outcome: end(),
      kill,
      cancel() {
        tell({ type: 'cancel' });
        killIn(graceMs);
      },
      keep() {
        tell({ type: 'keep' });
        keepTimer ??= setTimeout(kill, graceMs);
      },
      change(change) {
        tell({ type: 'change', change });
      },
      stop() {
        tell({ type: 'stop' });
        killIn(stopGraceMs);
      },
    };
  };
}

/** Gives out the GPU with the fewest trainers; undefined where there are none. */
function shareGpus(names: readonly string[]) {
  const trainers = new Map(names.map((name) => [name, 0]));
  const count = (name: string | undefined, change: 1 | -1): void => {
    if (name !== undefined) trainers.set(name, (trainers.get(name) ?? 0) + change);
  };
  return {
    take(): string | undefined {
      const [gpu] = [...trainers].sort(([, a], [, b]) => a - b).map(([name]) => name);
      count(gpu, 1);
      return gpu;
    },
    release: (gpu: string | undefined): void => count(gpu, -1),
  };
}

function notStarted(err: unknown, logger: Logger): TrainerOutcome {
  logger.error({ err }, 'trainer could not be started');
  const message = err instanceof Error ? err.message : String(err);
  return { type: 'died', error: { code: 'trainer_died', message: `The trainer could not be started: ${message}.` } };
}

type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

/** What a trainer was doing when it hung, as the middle of a sentence. */
const DOING: Readonly<Record<TrainerPhase, string>> = {
  starting: 'while it loaded its data',
  compiling: 'in its first step',
  training: 'in a step',
  evaluating: 'while it scored',
  storing: 'while it stored a checkpoint or the model',
};

function hung({ phase, silentMs, longestStepMs }: Hang): TrainerOutcome {
  const seconds = (ms: number): string => (ms / 1000).toPrecision(2);
  const steps = phase === 'training' ? `, its longest recent step took ${seconds(longestStepMs)} s` : '';
  const message = `The trainer process hung ${DOING[phase]}: it did nothing for ${Math.round(silentMs / 1000)} s${steps}. It was killed; the job goes on from its last checkpoint.`;
  return { type: 'died', error: { code: 'trainer_hung', message } };
}

function death(cause: string, output: string): Failure {
  return { code: 'trainer_died', message: `The trainer process died (${cause}) before the job was done.${output}` };
}
