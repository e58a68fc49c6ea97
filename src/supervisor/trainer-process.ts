/** One trainer as a child process: started for a job, told to stop, killed when it must be, its end turned into an outcome. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { readLines } from '../child-output.js';
import type { TrainingEvent } from '../contracts/event.js';
import type { Failure, JobSpec, ModelReference } from '../contracts/job.js';
import type { TrainerCommand, TrainerMessage } from '../contracts/process.js';
import type { Logger } from '../logger.js';

/** How a trainer ended. `died`: without saying how. */
export type TrainerOutcome =
  | Readonly<{ type: 'trained'; model: ModelReference }>
  | Readonly<{ type: 'cancelled' }>
  | Readonly<{ type: 'failed' | 'died'; error: Failure }>;

export type Trainer = Readonly<{
  /** Asks the trainer to stop at its next step; kills it when it is still there after the grace time. */
  cancel(): void;
  kill(): void;
  /** Resolves when the process is gone; never rejects. */
  outcome: Promise<TrainerOutcome>;
}>;

export type TrainerOptions = Readonly<{
  jobId: string;
  spec: JobSpec;
  /** Carries the job's id. */
  logger: Logger;
  onEvent: (event: TrainingEvent) => void;
}>;

/** Lines of output that go into the error of a trainer that died. */
const LAST_LINES = 8;
const LINE_CHARACTERS = 300;
/** Lines that say nothing in a sentence: empty ones, and the places of a stack. */
const NOISE = /^\s*(at .*)?$/;
/** Time for the pipes to empty after the process ended; a grandchild may hold them open. */
const DRAIN_MS = 2_000;

export type StartTrainer = ReturnType<typeof createTrainerStarter>;

export type TrainerStarterOptions = Readonly<{
  datasetsDir: string;
  modelsDir: string;
  trainerUrl?: URL;
  /** From being told to stop, and from its last message, to SIGKILL. Default 5,000. */
  graceMs?: number;
  /** Environment of the trainers. Default: this process's. */
  environment?: NodeJS.ProcessEnv;
  /** GPUs as CUDA_VISIBLE_DEVICES names them: each trainer sees one, that with the fewest trainers. */
  gpus?: readonly string[];
  /** What one trainer may use; not checked where it is left out. */
  memoryBytes?: number;
  /** Whether a trainer that computes on the CPU is to say so. Default false. */
  expectsGpu?: boolean;
}>;

export function createTrainerStarter(deps: TrainerStarterOptions) {
  const { datasetsDir, modelsDir, graceMs = 5_000, environment, memoryBytes, expectsGpu = false } = deps;
  const gpus = shareGpus(deps.gpus ?? []);
  const trainerUrl = deps.trainerUrl ?? new URL('../trainer.js', import.meta.url);

  return function startTrainer({ jobId, spec, logger, onEvent }: TrainerOptions): Trainer {
    const gpu = gpus.take();
    let child: ChildProcess;
    try {
      child = fork(trainerUrl, {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [],
        serialization: 'advanced', // JSON would lose a NaN on the way
        ...(environment && { env: { ...environment, ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }) } }),
      });
    } catch (err) {
      gpus.release(gpu);
      return { outcome: Promise.resolve(notStarted(err, logger)), kill: () => undefined, cancel: () => undefined };
    }
    const lastLines: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      readLines(child[stream], (line) => {
        logger.debug({ stream, line }, 'trainer output');
        if (NOISE.test(line)) return;
        lastLines.push(line.slice(0, LINE_CHARACTERS));
        if (lastLines.length > LAST_LINES) lastLines.shift();
      });
    }
    let killTimer: NodeJS.Timeout | undefined;
    const kill = (): void => void child.kill('SIGKILL');
    const killLater = (): void => {
      killTimer ??= setTimeout(kill, graceMs);
    };
    const tell = (command: TrainerCommand): void => {
      if (child.connected) child.send(command, () => undefined);
    };
    let last: TrainerOutcome | undefined;
    child.on('message', (message: TrainerMessage) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'warning') logger.warn({ trainerPid: child.pid }, message.message);
      else {
        last ??= message;
        killLater();
      }
    });
    const limits = { ...(memoryBytes !== undefined && { memoryBytes }), expectsGpu };
    tell({ type: 'train', jobId, spec, datasetsDir, modelsDir, ...limits });
    logger.info({ trainerPid: child.pid, ...(gpu !== undefined && { gpu }) }, 'trainer started');

    async function end(): Promise<TrainerOutcome> {
      try {
        const closed = once(child, 'close').catch(() => undefined);
        const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
        // Its last messages may still be in the channel.
        await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })]);
        logger.info({ trainerPid: child.pid, code, signal }, 'trainer ended');
        return last ?? { type: 'died', error: death(signal ?? `exit code ${code}`, lastLines) };
      } catch (err) {
        return notStarted(err, logger);
      } finally {
        clearTimeout(killTimer);
        gpus.release(gpu);
      }
    }

    return {
      outcome: end(),
      kill,
      cancel() {
        tell({ type: 'cancel' });
        killLater();
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

function death(cause: string, lastLines: readonly string[]): Failure {
  const output = lastLines.length === 0 ? '' : ` Its last output: ${lastLines.join(' | ')}`;
  return { code: 'trainer_died', message: `The trainer process died (${cause}) before the job was done.${output}` };
}
