/** List of jobs that fit a filter: loaded in pages in the order of the service, then kept current by news. */
import type { ReadonlySignal } from '@preact/signals';
import type { Frame, Job, JobSort, StreamMessage } from 'trainyard';
import { createPages, type JobFilter } from './job-pages.js';
import { createQueueReader } from './queue-positions.js';
import { client } from './service.js';

/** Jobs read again at the same time after news that frames do not carry. */
const READS = 4;
/** Losses kept of each running job. */
const LOSSES = 60;

export type JobList = ReturnType<typeof createJobList>;

/** `sort`: order in which pages are loaded, see `sortBy`. */
export function createJobList(filter: JobFilter, sort: JobSort = '-created') {
  const jobs = new Map<string, Job>();
  const losses = createLosses();
  const pages = createPages(filter, jobs, sort);
  const { showSoon } = pages;
  const moves = createExpectedMoves(jobs, pages);

  function put(job: Job): void {
    // A job that enters the queue changes the positions of others.
    if (job.status === 'queued' && jobs.get(job.id)?.status !== 'queued') moves.readQueue();
    if (!fits(job, filter)) jobs.delete(job.id);
    else jobs.set(job.id, moves.applyTo(job));
    showSoon();
  }

  function forget(id: string): void {
    jobs.delete(id);
    losses.forget(id);
    showSoon();
  }

  const readAgain = createReadQueue(async (id) => {
    const mine = pages.signal();
    try {
      put(await client.jobs.get(id, { signal: mine }));
    } catch (reason) {
      if (!mine.aborted && (reason as { status?: number }).status === 404) forget(id);
    }
  });

  function takeFrame(frame: Frame): void {
    const job = jobs.get(frame.jobId);
    if (job?.status === 'queued') moves.readQueue();
    // Starts and ends change fields that frames lack. A job that is unknown may be new, or fit the filter only now.
    if (frame.type === 'status' || frame.type === 'end' || frame.type === 'change') readAgain(frame.jobId);
    else if (job !== undefined) jobs.set(job.id, afterFrame(job, frame));
    losses.take(frame);
    showSoon();
  }

  return {
    /** Undefined before the first page. */
    jobs: pages.shown as ReadonlySignal<readonly Job[] | undefined>,
    error: pages.error as ReadonlySignal<unknown>,
    isLoading: pages.isLoading as ReadonlySignal<boolean>,
    hasMore: pages.hasMore as ReadonlySignal<boolean>,
    lossesOf: losses.of,
    put,
    forget,
    reload: pages.reload,
    loadMore: pages.loadMore,
    sortBy: pages.sortBy,

    expect: moves.expect,
    revert: moves.revert,
    settle: moves.settle,

    dispose(): void {
      moves.stop();
      pages.dispose();
    },

    take(message: StreamMessage): void {
      if (message.type === 'cursor') return;
      if (message.type !== 'notice') takeFrame(message);
      else if (message.event === 'deleted') forget(message.jobId);
      else {
        // Another client may have moved the job in the queue.
        if (jobs.get(message.jobId)?.status === 'queued') moves.readQueue();
        readAgain(message.jobId);
      }
    },
  };
}

/**
 * Positions that jobs will probably have, until the service has answered their moves. Positions are shown together, as one moment of the
 * queue had them: a job that is read alone keeps the position that the list shows.
 */
function createExpectedMoves(jobs: Map<string, Job>, { show, showSoon, signal }: ReturnType<typeof createPages>) {
  const expected = new Map<string, number | undefined>();
  /** Reads of the queue that began earlier may lack a move. */
  let settledAt = Number.NEGATIVE_INFINITY;
  /** Jobs too far behind for the reads of the queue. */
  let missed: ReadonlySet<string> = new Set();
  const queue = createQueueReader(
    () => [...jobs.values()].filter(({ status }) => status === 'queued').map(({ id }) => id),
    (read) => {
      if (read.begunAt < settledAt) return;
      missed = read.missed;
      expected.clear();
      for (const job of read.jobs) if (jobs.has(job.id)) jobs.set(job.id, job);
      showSoon();
    },
    signal,
  );
  const place = (job: Job): void => {
    jobs.set(job.id, job);
    show();
  };
  return {
    readQueue: queue.later,
    stop: queue.stop,
    /** Returns a job that was read alone at the position where the list shows it, if it shows one. */
    applyTo(job: Job): Job {
      if (job.status !== 'queued') return job;
      const shown = jobs.get(job.id);
      if (expected.has(job.id)) return withPosition(job, expected.get(job.id));
      return shown?.position === undefined || missed.has(job.id) ? job : withPosition(job, shown.position);
    },
    /** Shows the expected state of a job at once. Messages of the service do not change its position until `settle`. */
    expect(job: Job): void {
      settledAt = Number.POSITIVE_INFINITY;
      expected.set(job.id, job.position);
      place(job);
    },
    /** Shows a job where it was before a move that was refused. A job that has left the queue meanwhile stays as it is. */
    revert({ id, position }: Job): void {
      const shown = jobs.get(id);
      expected.delete(id);
      if (shown?.status === 'queued') place(withPosition(shown, position));
    },
    /** Reads the positions of the queued jobs, and shows them instead of the expected ones. */
    settle(): void {
      settledAt = performance.now();
      queue.later();
    },
  };
}

const withPosition = ({ position: _, ...job }: Job, position: number | undefined): Job => ({
  ...job,
  ...(position !== undefined && { position }),
});

const fits = (job: Job, { status, metadata }: JobFilter): boolean =>
  (status.length === 0 || status.includes(job.status)) &&
  metadata.every((label) => {
    const [key = '', ...value] = label.split(':');
    return job.metadata[key] === value.join(':');
  });

/** Returns a function that reads a job again, a few at a time, and each waiting job once. */
function createReadQueue(read: (id: string) => Promise<void>): (id: string) => void {
  const due = new Set<string>();
  let reads = 0;
  const next = (): void => {
    for (const id of due) {
      if (reads >= READS) return;
      due.delete(id);
      reads += 1;
      void read(id).finally(() => {
        reads -= 1;
        next();
      });
    }
  };
  return (id) => {
    due.add(id);
    next();
  };
}

/** The latest losses of running jobs. */
function createLosses() {
  const losses = new Map<string, number[]>();
  return {
    of: (id: string): readonly number[] => losses.get(id) ?? [],
    forget: (id: string): void => void losses.delete(id),
    take(frame: Frame): void {
      if (frame.type === 'end') losses.delete(frame.jobId);
      if (frame.type !== 'step' || frame.loss === null) return;
      const values = losses.get(frame.jobId) ?? [];
      values.push(frame.loss);
      if (values.length > LOSSES) values.shift();
      losses.set(frame.jobId, values);
    },
  };
}

/** Returns a job with the progress and scores of a frame. */
function afterFrame(job: Job, frame: Frame): Job {
  if (frame.type === 'step') {
    const { epoch, step, steps, imagesPerSecond } = frame;
    return { ...job, progress: { epoch, step, steps, ...(imagesPerSecond !== null && { imagesPerSecond }) } };
  }
  if (frame.type !== 'epoch') return job;
  const { epoch, trainLoss, trainAccuracy, validationLoss, testLoss, testAccuracy } = frame;
  const scores = {
    ...{ epoch, trainAccuracy, testAccuracy },
    ...{ trainLoss: trainLoss ?? Number.NaN, testLoss: testLoss ?? Number.NaN },
    ...(typeof validationLoss === 'number' && { validationLoss }),
    ...sharesOf(frame),
  };
  return frame.best === true ? { ...job, scores, bestScores: scores } : { ...job, scores };
}

/** Scores that an epoch may lack. */
const SHARES = [
  ...(['validationAccuracy', 'validationMacroF1', 'validationBalancedAccuracy'] as const),
  ...(['validationTop5Accuracy', 'testTop5Accuracy'] as const),
];

const sharesOf = (
  frame: Extract<Frame, { type: 'epoch' }>,
): Pick<NonNullable<Job['scores']>, (typeof SHARES)[number]> =>
  Object.fromEntries(SHARES.flatMap((name) => (frame[name] === undefined ? [] : [[name, frame[name]]])));
