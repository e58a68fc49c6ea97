/**
 * The requests that wait to run, and which of them run together next: those for one model. Clients take turns, image by image;
 * the requests of one client run in the order they came.
 */

import type { Outputs, PredictorCommand } from '../contracts/processes/trainer.js';
import type { Source } from '../contracts/references/reference.js';

/** A prediction that was asked for; `settle` answers or refuses it, once. */
export type PredictionRequest = {
  readonly client: string;
  readonly model: BatchModel;
  readonly images: number;
  readonly pixels: Uint8Array;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** How much its client was given before it, in images: the least is next. The queue sets it. */
  startTag: number;
  retried: boolean;
  settled: boolean;
  settle(result: Outputs | Error): void;
};

/** A model as a batch names it: all requests of a batch have the same `key`. */
export type BatchModel = Readonly<{
  key: string;
  source: Source;
  classes: number;
  command: Omit<PredictorCommand, 'id' | 'pixels'>;
}>;

type BatchQueueOptions = Readonly<{
  /** Most images of a batch; a request that has more runs as one of its own. */
  maxBatch: number;
  /** How long a batch that is not full waits for more, from its first request on. */
  maxDelayMs: number;
}>;

export type BatchQueue = ReturnType<typeof createBatchQueue>;

export function createBatchQueue({ maxBatch, maxDelayMs }: BatchQueueOptions) {
  /** In the order of their turns. */
  let waiting: PredictionRequest[] = [];
  let images = 0;
  /** The last turn that has begun: where a client begins that has nothing waiting (start-time fair queueing). */
  let virtualTime = 0;

  function startTagOf(client: string): number {
    const last = waiting.findLast((request) => request.client === client);
    return last === undefined ? virtualTime : Math.max(virtualTime, last.startTag + last.images);
  }

  /** When the request of a model came that has waited longest. */
  function oldestOf(key: string): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { model, since } of waiting) if (model.key === key) oldest = Math.min(oldest, since);
    return oldest;
  }

  /** The first requests of a model that fit into one batch. */
  function batchOf(key: string): PredictionRequest[] {
    const batch: PredictionRequest[] = [];
    let size = 0;
    for (const request of waiting) {
      if (request.model.key !== key) continue;
      if (batch.length > 0 && size + request.images > maxBatch) break;
      batch.push(request);
      size += request.images;
    }
    return batch;
  }

  function take(batch: readonly PredictionRequest[]): void {
    const taken = new Set(batch);
    waiting = waiting.filter((request) => !taken.has(request));
    images -= countImages(batch);
  }

  return {
    /** Images that wait. */
    images: (): number => images,
    requests: (): readonly PredictionRequest[] => waiting,

    /** Images that wait, by client. */
    imagesByClient(): ReadonlyMap<string, number> {
      const sums = new Map<string, number>();
      for (const request of waiting) sums.set(request.client, (sums.get(request.client) ?? 0) + request.images);
      return sums;
    },

    add(request: PredictionRequest): void {
      request.startTag = startTagOf(request.client);
      waiting.splice(waiting.findLastIndex(({ startTag }) => startTag <= request.startTag) + 1, 0, request);
      images += request.images;
    },

    /** Puts requests before all that wait. */
    putBack(requests: readonly PredictionRequest[]): void {
      waiting.unshift(...requests);
      images += countImages(requests);
    },

    remove(request: PredictionRequest): void {
      if (waiting.includes(request)) take([request]);
    },

    /**
     * Takes out the batch to run at time `now`: of the model whose turn is first, among those that are full or have waited long
     * enough. If none has, says in how many ms one will have; undefined: nothing waits.
     */
    next(now: number): readonly PredictionRequest[] | number | undefined {
      let waitMs: number | undefined;
      for (const key of new Set(waiting.map(({ model }) => model.key))) {
        const batch = batchOf(key);
        const dueMs = oldestOf(key) + maxDelayMs - now;
        if (dueMs <= 0 || countImages(batch) >= maxBatch) {
          virtualTime = Math.max(virtualTime, batch.at(-1)?.startTag ?? 0);
          take(batch);
          return batch;
        }
        waitMs = Math.min(waitMs ?? dueMs, dueMs);
      }
      return waitMs;
    },
  };
}

/** The pixels of all, one after the other. */
export function concatenate(requests: readonly PredictionRequest[]): Uint8Array {
  const [first] = requests;
  if (first !== undefined && requests.length === 1) return first.pixels;
  return Buffer.concat(requests.map(({ pixels }) => pixels));
}

export const countImages = (requests: readonly PredictionRequest[]): number =>
  requests.reduce((sum, { images }) => sum + images, 0);
