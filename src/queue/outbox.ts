/** Outbox of a worker: writes the events of a job to Redis in order, each once, and buffers them while Redis is away. */
import { gapUntil, type JobEvent } from '../contracts/jobs/frame.js';
import {
  isOutOfMemory,
  type JobWrite,
  type JobWriteResult,
  type Journal,
  retryWhileRedisIsAway,
} from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { patchOf } from './record.js';

/** Default number of buffered writes. */
const CAPACITY = 10_000;

export type Outbox = ReturnType<typeof createOutbox>;

/** Proof of ownership that accompanies each write of a worker. */
export type JobTerm = Readonly<{ jobId: string; attempt: number; term: number }>;

type BufferedWrite = JobWrite & { token: string };

export type OutboxOptions = Readonly<{
  journal: Journal;
  term: JobTerm;
  /** Aborting gives up the writes that Redis has not answered. */
  signal: AbortSignal;
  logger: Logger;
  /** Called with the answer to each write. */
  onAnswer: (answer: JobWriteResult) => void;
  /** Number of buffered writes, default 10,000. Beyond it, a gap replaces the oldest `step` frames. */
  capacity?: number;
}>;

export function createOutbox(options: OutboxOptions) {
  const { journal, term, signal, logger, onAnswer, capacity = CAPACITY } = options;
  const buffer: BufferedWrite[] = [];
  let pushed = 0;
  let dropped = 0;
  let sending: Promise<void> = Promise.resolve();
  let isSending = false;
  let isFlushing = false;
  /** The refusal after which nothing more is written, because another attempt is the current one. */
  let refusal: JobWriteResult | undefined;

  /** Resolves with undefined for a step frame to drop: Redis is out of memory, and the end of the job follows. */
  async function write(next: JobWrite): Promise<JobWriteResult | undefined> {
    try {
      return await journal.write(next);
    } catch (error) {
      if (isFlushing && next.event?.type === 'step' && isOutOfMemory(error)) return undefined;
      throw error;
    }
  }

  async function send(): Promise<void> {
    for (let next = buffer[0]; next !== undefined && refusal === undefined; next = buffer[0]) {
      const sent = next;
      const answer = await retryWhileRedisIsAway(() => write(sent), { signal, logger });
      if (answer === undefined) {
        dropped += dropFirstSteps(buffer);
        continue;
      }
      if (buffer[0] === sent) buffer.shift();
      if (answer.outcome !== 'written') refusal = answer;
      onAnswer(answer);
    }
    if (dropped > 0) logger.warn({ dropped }, 'step frames dropped while Redis was away or out of memory');
    dropped = 0;
  }

  function start(): void {
    if (isSending) return;
    isSending = true;
    sending = send().finally(() => {
      isSending = false;
    });
    // A caller of `flush` gets the error too, and sends again.
    sending.catch((err: unknown) => {
      if (!signal.aborted) logger.error({ err }, 'events not written');
    });
  }

  return {
    push(next: Omit<JobWrite, keyof JobTerm | 'token'>): void {
      if (refusal !== undefined) return;
      if (buffer.length >= capacity && dropOldestStep(buffer)) dropped += 1;
      pushed += 1;
      buffer.push({ ...next, ...term, token: `${term.term}:${pushed}` });
      start();
    },

    /** Resolves when everything is written. Resolves early, with the refusal, if Redis refused a write. */
    async flush(): Promise<JobWriteResult | undefined> {
      isFlushing = true;
      while (isSending || (buffer.length > 0 && refusal === undefined)) {
        start();
        await sending;
      }
      isFlushing = false;
      return refusal;
    },
  };
}

/** Returns the write with a gap in place of its step. */
function withGap(write: BufferedWrite): BufferedWrite {
  if (write.event?.type !== 'step') return write;
  const gap = gapUntil(write.event);
  return { ...write, event: gap, patch: patchOf(gap) };
}

/** Replaces the steps at the front of the buffer by one gap. Returns how many there were. */
function dropFirstSteps(buffer: BufferedWrite[]): number {
  const other = buffer.findIndex(({ event }) => event?.type !== 'step');
  const steps = other === -1 ? buffer.length : other;
  const last = buffer[steps - 1];
  if (last !== undefined) buffer.splice(0, steps, withGap(last));
  return steps;
}

/** Replaces the oldest step, and the gap before it, by one gap. Leaves the first write, which may be on its way. */
function dropOldestStep(buffer: BufferedWrite[]): boolean {
  const find = (type: JobEvent['type']) => buffer.findIndex(({ event }, index) => index > 0 && event?.type === type);
  const oldest = find('step');
  const write = buffer[oldest];
  if (write === undefined) return false;
  buffer[oldest] = withGap(write);
  const before = find('gap');
  if (before < oldest) buffer.splice(before, 1);
  return true;
}
