/** Service in one process with a real Redis: queue, events, and workers with fixture trainers that train nothing. */
import { join } from 'node:path';
import { pino } from 'pino';
import { type Frame, isStored, type StreamFrame } from '../../src/contracts/jobs/frame.js';
import { type JobSpec, resolveJob } from '../../src/contracts/jobs/job.js';
import {
  type ConnectionKind,
  connectRedis,
  createEventReader,
  createJournal,
  disconnect,
  type Redis,
  whenReady,
} from '../../src/events/index.js';
import { createTrainerStarter } from '../../src/processes/trainer-process.js';
import {
  type Consumer,
  type ConsumerOptions,
  createEstimates,
  createJobs,
  createPauses,
  createRates,
  createWorkers,
  openQueueEntries,
  startConsumer,
} from '../../src/queue/index.js';
import type { TestRedis } from './redis.js';

const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });

export type Service = Awaited<ReturnType<typeof openService>>;

export async function openService(server: TestRedis, options: { queueDepth?: number; pausedDepth?: number } = {}) {
  const opened: { close(): unknown }[] = [];
  const connect = (kind: ConnectionKind): Redis => {
    const redis = connectRedis(server.url, kind, logger);
    opened.push({ close: () => disconnect(redis) });
    return redis;
  };
  const redis = connect('commands');
  const subscriber = connect('subscriber');
  const journal = createJournal(redis);
  const entries = openQueueEntries(redis, logger);
  opened.push(entries);
  const jobs = createJobs({ redis, journal, entries, logger, ...options });
  const pauses = createPauses({ journal, entries, jobs, logger, ...options });
  const events = createEventReader(redis, subscriber);
  const workers = createWorkers(redis);
  await whenReady(redis, 5_000);
  await whenReady(subscriber, 5_000);

  return {
    redis,
    subscriber,
    journal,
    entries,
    jobs,
    pauses,
    workers,
    estimates: createEstimates({ redis, journal, rates: createRates({ redis, logger }), workers }),
    events,
    logger,

    /** Starts a worker in this process. */
    async work(options: Partial<ConsumerOptions> & { graceMs?: number } = {}): Promise<Consumer> {
      const commands = connect('commands');
      const consumer = startConsumer({
        journal: createJournal(commands),
        blocking: connect('worker'),
        subscriber: connect('subscriber'),
        startTrainer: createTrainerStarter({
          datasetsDir: '',
          modelsDir: join(server.folder, 'models'),
          checkpointsDir: join(server.folder, 'checkpoints'),
          trainerUrl: new URL('../fixtures/trainer.js', import.meta.url),
          graceMs: options.graceMs ?? 5_000,
          stopGraceMs: options.graceMs ?? 5_000,
        }),
        logger,
        restartDelayMs: 10,
        ...options,
        hooks: { restoreEntry: jobs.restoreEntry, ...options.hooks },
      });
      opened.push(consumer);
      await whenReady(commands, 5_000);
      return consumer;
    },

    submit: (behaviour: string, spec: Partial<JobSpec> = {}) => jobs.submit({ ...specOf(behaviour), ...spec }),

    /** Resolves with the first frame after `after` that fits. */
    async frame(jobId: string, fits: (frame: Frame) => boolean, after = 0): Promise<Frame> {
      for await (const frame of events.follow(jobId, after, AbortSignal.timeout(120_000)))
        if (fits(numbered(frame))) return numbered(frame);
      throw new Error(`No such frame of job ${jobId}: ${JSON.stringify(await events.list(jobId, 0, 100))}`);
    },

    /** Resolves with all frames after `after`, once the job has ended. */
    async history(jobId: string, after = 0): Promise<Frame[]> {
      const frames: Frame[] = [];
      for await (const frame of events.follow(jobId, after, AbortSignal.timeout(120_000))) frames.push(numbered(frame));
      return frames;
    },

    async close(): Promise<void> {
      for (const each of opened.reverse()) await each.close();
    },
  };
}

/** Returns the frame. Throws on a gap: the stream should have kept all frames. */
export function numbered(frame: StreamFrame): Frame {
  if (!isStored(frame)) throw new Error(`There is a gap: ${JSON.stringify(frame)}`);
  return frame;
}

/** Returns a spec. Its model name selects the behaviour of the fixture trainer. */
export const specOf = (behaviour: string): JobSpec =>
  resolveJob({
    network: 'resnet',
    name: behaviour,
    epochs: 2,
    dataset: { name: 'synthetic', resize: 28, trainSamples: 64, testSamples: 16 },
  });

export const isStep = (frame: Frame): boolean => frame.type === 'step';
export const isRunning = (frame: Frame): boolean => frame.type === 'status' && frame.status === 'running';

/** Shortens a history to strings such as `running 1`, `step`, `queued 1 trainer_died` and `end failed`. */
export const summarizeFrames = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => {
    if (frame.type === 'status')
      return [frame.status, frame.attempt, frame.reason?.code].filter((part) => part !== undefined).join(' ');
    return frame.type === 'end' ? `end ${frame.status}` : frame.type;
  });

/** Returns the progress that frames report: `1:4` for a step, `1` for an epoch. */
export const progressOf = (frames: readonly Frame[]): string[] =>
  frames.flatMap((frame) => {
    if (frame.type === 'step') return [`${frame.epoch}:${frame.step}`];
    return frame.type === 'epoch' ? [`${frame.epoch}`] : [];
  });

/** Returns the progress of a whole run, each step and epoch once. */
export const wholeProgress = (epochs: number, steps = 4): string[] =>
  Array.from({ length: epochs }, (_, i) => i + 1).flatMap((epoch) => [
    ...Array.from({ length: steps }, (_, i) => `${epoch}:${i + 1}`),
    `${epoch}`,
  ]);
