/** Supervisor of a trainer process: forks it for one job, forwards requests, kills it at deadlines, reports its outcome. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { waitAtMost } from '../concurrency/deadline.js';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { TrainerEvent, Usage } from '../contracts/jobs/frame.js';
import type { JobSpec } from '../contracts/jobs/job.js';
import type { LiveChange } from '../contracts/jobs/live-change.js';
import type { OutputTail } from '../contracts/jobs/trainer-log.js';
import type { TrainerCommand, TrainerMessage } from '../contracts/processes/trainer-messages.js';
import { saysOutOfMemory } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { keepLastLines, readLines } from './child-output.js';
import { createGpuPool } from './gpu-pool.js';
import { HANG_BOUNDS, type Hang, type HangBounds, watchForHang } from './hang-watch.js';
import { type MemoryWatch, watchMemory } from './memory-watch.js';
import { keepOutputTail } from './output-tail.js';
import { createProgressLog } from './progress-log.js';
import {
  deathOutcome,
  hangOutcome,
  notStartedOutcome,
  type TrainerOutcome,
  withPeakMemory,
} from './trainer-outcome.js';
import { createUsageSampler, type UsageSampler } from './trainer-usage.js';

export type { TrainerOutcome } from './trainer-outcome.js';

export type Trainer = Readonly<{
  /** Ends the trainer at its next step. Kills it if it still runs after `graceMs`. */
  cancel(): void;
  /** Lets the trainer save its best weights and end. Kills it unless it confirms within `graceMs`. */
  keep(): void;
  /** Applies a live change at the next step. */
  change(change: LiveChange): void;
  /** Lets the trainer write a checkpoint at its next step and end. Kills it if it still runs after `stopGraceMs`. */
  stop(): void;
  kill(): void;
  /** Resolves when the process has ended. Never rejects. */
  outcome: Promise<TrainerOutcome>;
  /** Returns the last output so far, which people may read. */
  lastOutput(): OutputTail;
}>;

export type TrainerOptions = Readonly<{
  jobId: string;
  /** Default: `default`. */
  project?: string;
  spec: JobSpec;
  attempt: number;
  /** Live changes so far, by number. Default: none. */
  changes?: readonly LiveChange[];
  /** Logger with the job's id. */
  logger: Logger;
  /** `at`: when the trainer sent the event, an ISO time. `usage`: CPU and memory of the trainer, if a sample was due. */
  onEvent: (event: TrainerEvent, at?: string, usage?: Usage) => void;
  /** Called when the trainer has been silent for longer than its steps take. It may still continue. */
  onStall?: () => void;
}>;

/** Flags of Node.js. A trainer allocates few objects after it built its graph: a small young generation leaves 30 MB to TensorFlow. */
export const TRAINER_FLAGS = ['--max-semi-space-size=1'] as const;

/** Time after SIGKILL until a process that hangs in the kernel is given up. */
const DEATH_MS = 30_000;
/** Time to drain the pipes after the process ended. A grandchild may hold them open. */
const DRAIN_MS = 2_000;

export type StartTrainer = ReturnType<typeof createTrainerStarter>;

export type TrainerStarterOptions = Readonly<{
  datasetsDir: string;
  importedDir?: string;
  modelsDir: string;
  checkpointsDir: string;
  /** Returns the folders of a project. Default: the folders above for every project. */
  foldersOf?: (project: string) => Pick<TrainerStarterOptions, 'modelsDir' | 'importedDir'>;
  /** Time between two checkpoints within an epoch, in seconds; 0: only at its end. Default 60. */
  checkpointSeconds?: number;
  /** Latest epochs whose end stays as a checkpoint. Default 1. */
  checkpointsKept?: number;
  /** The compiled process file. Default: `trainer.js` in the parent folder. */
  trainerUrl?: URL;
  /** Time from a cancel, and from the trainer's last message, to SIGKILL. Default 10,000. */
  graceMs?: number;
  /** Time from `stop` to SIGKILL: a step and a checkpoint. Default 15,000. */
  stopGraceMs?: number;
  /** Environment of the trainers. Default: this process's. */
  environment?: NodeJS.ProcessEnv;
  /** GPUs as CUDA_VISIBLE_DEVICES names them. Each trainer sees one: the GPU with the fewest trainers. */
  gpus?: readonly string[];
  /** Memory that one trainer may use. Default: not checked. */
  memoryBytes?: number;
  /** Whether a trainer that computes on the CPU warns. Default false. */
  expectsGpu?: boolean;
  /** How long a trainer may be silent. Default: HANG_BOUNDS. */
  hangBounds?: HangBounds;
  /** Files in which the kernel counts its out-of-memory kills. Default: those of the control group. */
  oomCounters?: readonly string[];
}>;

export function createTrainerStarter(options: TrainerStarterOptions) {
  const gpus = createGpuPool(options.gpus ?? []);
  const release = (gpu: string | undefined, usage: UsageSampler): void => {
    usage.stop();
    gpus.release(gpu);
  };

  return function startTrainer(job: TrainerOptions): Trainer {
    const gpu = gpus.take();
    let child: ChildProcess;
    try {
      child = forkTrainer(options, gpu);
    } catch (err) {
      gpus.release(gpu);
      return notStarted(err, job.logger);
    }
    const usage = createUsageSampler(child.pid, gpu);
    const trainer = supervise(child, job, options, usage);
    job.logger.info({ trainerPid: child.pid, ...(gpu !== undefined && { gpu }) }, 'trainer started');
    return { ...trainer, outcome: trainer.outcome.finally(() => release(gpu, usage)) };
  };
}

function forkTrainer({ trainerUrl, environment }: TrainerStarterOptions, gpu: string | undefined): ChildProcess {
  return fork(trainerUrl ?? new URL('../trainer.js', import.meta.url), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [...TRAINER_FLAGS],
    serialization: 'advanced', // JSON would lose NaN
    ...(environment && { env: { ...environment, ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }) } }),
  });
}

/** Returns a trainer that could not be forked, for lack of memory or process ids. */
function notStarted(err: unknown, logger: Logger): Trainer {
  const nothing = (): void => undefined;
  const requests = { kill: nothing, cancel: nothing, keep: nothing, stop: nothing, change: nothing };
  const lastOutput = () => ({ lines: [], leftOut: 0 });
  return { outcome: Promise.resolve(notStartedOutcome(err, logger)), lastOutput, ...requests };
}

function supervise(
  child: ChildProcess,
  job: TrainerOptions,
  options: TrainerStarterOptions,
  usage: UsageSampler,
): Trainer {
  const { graceMs = 10_000, stopGraceMs = 15_000, hangBounds = HANG_BOUNDS } = options;
  const { logger, onEvent, onStall = () => undefined } = job;
  const memory = watchMemory(child.pid, options.oomCounters);
  const output = watchOutput(child, logger);
  const killer = createKiller(child);
  const hangs = guardAgainstHangs({ child, bounds: hangBounds, logger, onStall, kill: killer.kill });
  const logProgress = createProgressLog(logger);
  let last: TrainerOutcome | undefined;
  child.on('message', (message: TrainerMessage) => {
    if (message.type === 'event') {
      const { event, at } = message;
      onEvent(event, at, event.type === 'step' || event.type === 'epoch' ? usage.sampleIfDue() : undefined);
      logProgress(event);
    } else if (message.type === 'beat') hangs.beat(message);
    else if (message.type === 'keeping') killer.confirmKeep();
    else if (message.type === 'warning') {
      logger.warn({ trainerPid: child.pid }, message.message);
      output.add(message.message);
    } else {
      last ??= message;
      killer.killIn(graceMs);
    }
  });
  const send = (command: TrainerCommand): void => {
    if (child.connected) child.send(command, () => undefined);
  };
  send(trainCommand(job, options));

  return {
    outcome: outcomeOf(child, { logger, memory, output, killer, hangs, reported: () => last }),
    lastOutput: output.tail,
    kill: killer.kill,
    cancel() {
      send({ type: 'cancel' });
      killer.killIn(graceMs);
    },
    keep() {
      send({ type: 'keep' });
      killer.killUnlessKept(graceMs);
    },
    change: (change) => send({ type: 'change', change }),
    stop() {
      send({ type: 'stop' });
      killer.killIn(stopGraceMs);
    },
  };
}

function trainCommand(
  { jobId, project = DEFAULT_PROJECT, spec, attempt, changes = [] }: TrainerOptions,
  options: TrainerStarterOptions,
): TrainerCommand {
  const { datasetsDir, checkpointsDir, memoryBytes, foldersOf = () => options } = options;
  const { importedDir, modelsDir } = foldersOf(project);
  const { checkpointSeconds = 60, checkpointsKept = 1, expectsGpu = false } = options;
  return {
    type: 'train',
    ...{ jobId, spec, attempt, changes, datasetsDir, importedDir, modelsDir, checkpointsDir },
    ...{ checkpointSeconds, checkpointsKept, expectsGpu },
    ...(memoryBytes !== undefined && { memoryBytes }),
  };
}

type Output = Readonly<{
  ranOutOfMemory(): boolean;
  lastLines(): string;
  tail(): OutputTail;
  /** Adds a line to the tail alone. */
  add(line: string): void;
}>;

/** Logs the output of the trainer, and keeps its last lines and whether any line reported a lack of memory. */
function watchOutput(child: ChildProcess, logger: Logger): Output {
  const lastLines = keepLastLines();
  const { add, tail } = keepOutputTail();
  let ranOutOfMemory = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    readLines(child[stream], (line) => {
      logger.debug({ stream, line }, 'trainer output');
      ranOutOfMemory ||= saysOutOfMemory(line);
      lastLines.add(line);
      add(line);
    });
  }
  return { ranOutOfMemory: () => ranOutOfMemory, lastLines: lastLines.sentence, tail, add };
}

type Killer = ReturnType<typeof createKiller>;

/** Kills the trainer, immediately or at the earliest of several deadlines. */
function createKiller(child: ChildProcess) {
  let wasKilled = false;
  let killAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** Runs until the trainer confirms that it keeps its weights. */
  let keepTimer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    wasKilled = true;
    child.kill('SIGKILL');
  };
  return {
    kill,
    wasKilled: () => wasKilled,
    killIn(ms: number): void {
      if (performance.now() + ms >= killAt) return;
      killAt = performance.now() + ms;
      clearTimeout(timer);
      timer = setTimeout(kill, ms);
    },
    killUnlessKept(ms: number): void {
      keepTimer ??= setTimeout(kill, ms);
    },
    confirmKeep: (): void => clearTimeout(keepTimer),
    close(): void {
      clearTimeout(timer);
      clearTimeout(keepTimer);
    },
  };
}

type HangGuard = ReturnType<typeof guardAgainstHangs>;
type HangGuardOptions = Readonly<{
  child: ChildProcess;
  bounds: HangBounds;
  logger: Logger;
  onStall: () => void;
  kill: () => void;
}>;

/** Kills a trainer that hangs. */
function guardAgainstHangs({ child, bounds, logger, onStall, kill }: HangGuardOptions) {
  let hang: Hang | undefined;
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const watch = watchForHang({
    pid: child.pid,
    bounds,
    onStall,
    onHang(found) {
      hang = found;
      logger.error({ trainerPid: child.pid, ...found }, 'trainer hangs');
      kill();
      setTimeout(giveUp, DEATH_MS).unref();
    },
  });
  return {
    ...watch,
    hang: () => hang,
    /** Resolves if the trainer does not end even when killed: it waits for a device in the kernel. */
    givenUp,
  };
}

type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;
type Supervision = Readonly<{
  logger: Logger;
  memory: MemoryWatch;
  output: Output;
  killer: Killer;
  hangs: HangGuard;
  /** The outcome that the trainer itself reported, if any. */
  reported: () => TrainerOutcome | undefined;
}>;

/** Waits until the trainer has ended, and resolves with its outcome. */
async function outcomeOf(child: ChildProcess, supervision: Supervision): Promise<TrainerOutcome> {
  const { logger, memory, killer, hangs } = supervision;
  try {
    const closed = once(child, 'close').catch(() => undefined);
    const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit);
    const exit = await Promise.race([ended, hangs.givenUp.then((): Exit => ({ code: null, signal: null }))]);
    // The last messages may still be in the channel.
    await waitAtMost(closed, DRAIN_MS);
    logger.info({ trainerPid: child.pid, ...exit }, 'trainer ended');
    return await explain(exit, supervision);
  } catch (err) {
    return notStartedOutcome(err, logger);
  } finally {
    memory.stop();
    hangs.stop();
    killer.close();
  }
}

async function explain(
  { code, signal }: Exit,
  { memory, output, killer, hangs, reported }: Supervision,
): Promise<TrainerOutcome> {
  const isOutOfMemory =
    output.ranOutOfMemory() || (signal === 'SIGKILL' && !killer.wasKilled() && (await memory.hasKilled()));
  const last = reported();
  if (last !== undefined) return withPeakMemory(last, memory.peakBytes());
  const hang = hangs.hang();
  if (hang !== undefined) return hangOutcome(hang);
  const death = deathOutcome(signal ?? `exit code ${code}`, output.lastLines(), isOutOfMemory);
  return withPeakMemory(death, memory.peakBytes());
}
