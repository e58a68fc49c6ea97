/** The events of a job on their way from the worker that holds it to Redis: in order, each once, kept and tried again while Redis is away. */
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

/** Changes kept while Redis is away; beyond it the oldest `step` frames are given up, and a gap says so. */
const CAPACITY = 10_000;

export type Outbox = ReturnType<typeof createOutbox>;

/** What of a worker's writes says that it holds the job. */
export type JobTerm = Readonly<{ jobId: string; attempt: number; term: number }>;

type Waiting = JobWrite & { token: string };

/** `onAnswer` hears the answer to each change. `signal` gives up what is not yet written. */
export function createOutbox(
  options: Readonly<{
    journal: Journal;
    hold: JobTerm;
    signal: AbortSignal;
    logger: Logger;
    onAnswer: (answer: JobWriteResult) => void;
  }>,
) {
  const { journal, hold, signal, logger, onAnswer } = options;
  const waiting: Waiting[] = [];
  let written = 0;
  let dropped = 0;
  let sending: Promise<void> = Promise.resolve();
  let isSending = false;
  let isFlushing = false;
  /** Why nothing more is written: another attempt took over, or a defect. */
  let closed: JobWriteResult | undefined;

  /** Resolves with undefined for a step frame that is to be given up: Redis is out of memory, and the end of the job comes behind it. */
  async function write(change: JobWrite): Promise<JobWriteResult | undefined> {
    try {
      return await journal.write(change);
    } catch (error) {
      if (isFlushing && change.event?.type === 'step' && isOutOfMemory(error)) return undefined;
      throw error;
    }
  }

  async function send(): Promise<void> {
    for (let change = waiting[0]; change !== undefined && closed === undefined; change = waiting[0]) {
      const next = change;
      const answer = await retryWhileRedisIsAway(() => write(next), { signal, logger });
      if (answer === undefined) {
        dropped += giveUpFirstSteps(waiting);
        continue;
      }
      if (waiting[0] === change) waiting.shift();
      if (answer.outcome !== 'written') closed = answer;
      onAnswer(answer);
    }
    if (dropped > 0) logger.warn({ dropped }, 'step frames given up while Redis was away or out of memory');
    dropped = 0;
  }

  function start(): void {
    if (isSending) return;
    isSending = true;
    sending = send().finally(() => {
      isSending = false;
    });
    // Whoever flushes hears of it too, and tries once more.
    sending.catch((err: unknown) => {
      if (!signal.aborted) logger.error({ err }, 'events not written');
    });
  }

  return {
    push(change: Omit<JobWrite, keyof JobTerm | 'token'>): void {
      if (closed !== undefined) return;
      if (waiting.length >= CAPACITY && giveUpOldestStep(waiting)) dropped += 1;
      written += 1;
      waiting.push({ ...change, ...hold, token: `${hold.term}:${written}` });
      start();
    },

    /** Resolves when everything pushed is written, with the answer that closed the outbox early, if one did. */
    async flush(): Promise<JobWriteResult | undefined> {
      isFlushing = true;
      while (isSending || (waiting.length > 0 && closed === undefined)) {
        start();
        await sending;
      }
      isFlushing = false;
      return closed;
    },
  };
}

/** Returns the change with a gap in place of its step. */
function withGap(change: Waiting): Waiting {
  if (change.event?.type !== 'step') return change;
  const gap = gapUntil(change.event);
  return { ...change, event: gap, patch: patchOf(gap) };
}

/** Puts one gap in the place of the steps before all others; returns how many those were. */
function giveUpFirstSteps(waiting: Waiting[]): number {
  const other = waiting.findIndex(({ event }) => event?.type !== 'step');
  const steps = other === -1 ? waiting.length : other;
  const last = waiting[steps - 1];
  if (last !== undefined) waiting.splice(0, steps, withGap(last));
  return steps;
}

/** Puts a gap in the place of the oldest step, and of the gap before it. The first change may be on its way: it stays. */
function giveUpOldestStep(waiting: Waiting[]): boolean {
  const find = (type: JobEvent['type']) => waiting.findIndex(({ event }, index) => index > 0 && event?.type === type);
  const oldest = find('step');
  const change = waiting[oldest];
  if (change === undefined) return false;
  waiting[oldest] = withGap(change);
  const before = find('gap');
  if (before < oldest) waiting.splice(before, 1);
  return true;
}
