/** Scheduler of predictions: gives batches from the queue to predictor processes that are free. */
import type { Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import type { BatchQueue } from './batch-queue.js';
import { sliceImages } from './model-outputs.js';
import type { PredictionRequest } from './prediction-request.js';
import { type PredictionBatch, PredictorSlot, type PredictorSlotOptions } from './predictor-slot.js';

type SchedulerOptions = PredictorSlotOptions &
  Readonly<{
    /** Number of predictor processes. */
    processes: number;
    queue: BatchQueue;
    /** Called once for each answered batch, before its requests are settled. */
    onAnswer: (batch: PredictionBatch, answer: Outputs | TrainyardError) => void;
  }>;

export function createPredictionScheduler({ processes, queue, onAnswer, ...options }: SchedulerOptions) {
  const slots: PredictorSlot[] = [];
  let delay: NodeJS.Timeout | undefined;

  const isFailing = (): boolean => slots.length > 0 && slots.every((slot) => slot.isFailing());

  /** Sends batches until no process is free or no batch is due. */
  function sendNext(): void {
    clearTimeout(delay);
    for (;;) {
      const free = slots.filter((slot) => slot.isFree());
      if (free.length === 0) return;
      const next = queue.next(performance.now());
      if (next === undefined) return;
      if (typeof next === 'number') {
        delay = setTimeout(sendNext, Math.ceil(next));
        return;
      }
      const [first] = next;
      if (first !== undefined) bestSlot(free, first.model.key)?.send(next, first.model);
    }
  }

  function refuseAll(error: TrainyardError): void {
    for (const request of [...queue.requests()]) request.settle(error);
  }

  /** Retries each unanswered request of a predictor process that died. Rejects requests that were already retried once. */
  function retry(requests: readonly PredictionRequest[]): void {
    const open = requests.filter(({ settled }) => !settled);
    for (const request of open.filter(({ retried }) => retried)) {
      request.settle(unavailable('The predictor process died twice while it computed this request. Try again later.'));
    }
    const again = open.filter(({ retried }) => !retried);
    for (const request of again) request.retried = true;
    queue.putBack(again);
    sendNext();
  }

  for (let i = 0; i < processes; i++) {
    const slot = new PredictorSlot(options, {
      onFree: sendNext,
      onAnswer(batch, answer) {
        onAnswer(batch, answer);
        settle(batch, answer);
      },
      onGone(requests) {
        retry(requests);
        if (isFailing()) refuseAll(doesNotStart());
      },
    });
    slots.push(slot);
  }

  return {
    slots: slots as readonly PredictorSlot[],
    sendNext,
    /** Returns whether every process fails to start. */
    isFailing,

    /** Rejects all requests and ends the processes. */
    async close(error: TrainyardError): Promise<void> {
      clearTimeout(delay);
      refuseAll(error);
      await Promise.all(slots.map((slot) => slot.close(error)));
    },
  };
}

/** Prefers the process that ran the model last, then one that has it loaded. */
const bestSlot = (free: readonly PredictorSlot[], key: string): PredictorSlot | undefined =>
  free.find((slot) => slot.lastKey() === key) ?? free.find((slot) => slot.graphs().has(key)) ?? free[0];

/** Gives each request of a batch its part of the outputs, or the error. */
function settle({ model, requests }: PredictionBatch, answer: Outputs | TrainyardError): void {
  let start = 0;
  for (const request of requests) {
    const end = start + request.images;
    request.settle(answer instanceof Error ? answer : sliceImages(answer, model.classes, start, end));
    start = end;
  }
}

export const unavailable = (sentence: string): TrainyardError => new TrainyardError('predictor_unavailable', sentence);

export const doesNotStart = (): TrainyardError =>
  unavailable('The predictor process does not start. The log of the API has the reason.');
