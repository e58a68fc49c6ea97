/**
 * Queue of prediction requests that forms batches of one model each. Clients share it fairly, image by image (start-time fair
 * queueing, Goyal et al. 1996). The requests of one client keep their order.
 */

import { countImages, type PredictionRequest } from './prediction-request.js';

type BatchQueueOptions = Readonly<{
  /** Maximum number of images in a batch of several requests. A larger request is a batch of its own. */
  maxBatch: number;
  /** How long a batch that is not full waits for more requests, in ms, counted from its oldest request. */
  maxDelayMs: number;
}>;

export type BatchQueue = ReturnType<typeof createBatchQueue>;

export function createBatchQueue({ maxBatch, maxDelayMs }: BatchQueueOptions) {
  /** Ordered by start tag. */
  let waiting: PredictionRequest[] = [];
  let images = 0;
  /** Largest start tag that has been served: the start tag of a client without waiting requests. */
  let virtualTime = 0;

  function take(batch: readonly PredictionRequest[]): void {
    const taken = new Set(batch);
    waiting = waiting.filter((request) => !taken.has(request));
    images -= countImages(batch);
  }

  return {
    /** Returns the number of waiting images. */
    images: (): number => images,
    requests: (): readonly PredictionRequest[] => waiting,

    /** Returns the number of waiting images of each client. */
    imagesByClient(): ReadonlyMap<string, number> {
      const sums = new Map<string, number>();
      for (const request of waiting) sums.set(request.client, (sums.get(request.client) ?? 0) + request.images);
      return sums;
    },

    add(request: PredictionRequest): void {
      request.startTag = startTagOf(request.client, waiting, virtualTime);
      waiting.splice(waiting.findLastIndex(({ startTag }) => startTag <= request.startTag) + 1, 0, request);
      images += request.images;
    },

    /** Puts requests at the front of the queue. */
    putBack(requests: readonly PredictionRequest[]): void {
      waiting.unshift(...requests);
      images += countImages(requests);
    },

    remove(request: PredictionRequest): void {
      if (waiting.includes(request)) take([request]);
    },

    /**
     * Removes and returns the batch to run at time `now`. A batch is due if it is full or its oldest request has waited
     * `maxDelayMs`; of several, the one with the smallest start tag is returned. If none is due, returns the ms until one is.
     * Returns undefined if the queue is empty.
     */
    next(now: number): readonly PredictionRequest[] | number | undefined {
      let waitMs: number | undefined;
      for (const key of new Set(waiting.map(({ model }) => model.key))) {
        const batch = batchOf(key, waiting, maxBatch);
        const dueMs = oldestOf(key, waiting) + maxDelayMs - now;
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

/** Returns the start tag of a client's next request: behind its last request that waits, and not before the virtual time. */
function startTagOf(client: string, waiting: readonly PredictionRequest[], virtualTime: number): number {
  const last = waiting.findLast((request) => request.client === client);
  return last === undefined ? virtualTime : Math.max(virtualTime, last.startTag + last.images);
}

/** Returns when the oldest waiting request of a model arrived. */
function oldestOf(key: string, waiting: readonly PredictionRequest[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { model, since } of waiting) if (model.key === key) oldest = Math.min(oldest, since);
  return oldest;
}

/** Returns the first requests of a model that fit into one batch, at least one. */
function batchOf(key: string, waiting: readonly PredictionRequest[], maxBatch: number): PredictionRequest[] {
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
