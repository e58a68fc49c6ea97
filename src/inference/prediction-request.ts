/** A prediction request that waits for its outputs. */
import type { Caller } from '../concurrency/fair-limit.js';
import type { Outputs } from '../contracts/processes/trainer-messages.js';
import type { BatchModel } from './batch-model.js';

/** Images of one client for one model. `settle` resolves or rejects its promise; only the first call has an effect. */
export type PredictionRequest = {
  readonly client: string;
  readonly model: BatchModel;
  readonly images: number;
  readonly pixels: Uint8Array;
  /** Class index of each image, if their class activation maps are wanted. */
  readonly targets?: Int32Array | undefined;
  /** When it arrived, by `performance.now()`. */
  readonly since: number;
  /** Virtual start time of start-time fair queueing, in images. The request with the smallest one is next. Set by the queue. */
  startTag: number;
  /** Whether a predictor process has died while it computed this request. */
  retried: boolean;
  settled: boolean;
  settle(result: Outputs | Error): void;
};

type NewRequest = Pick<PredictionRequest, 'model' | 'pixels' | 'images' | 'targets'> &
  Readonly<{ caller: Partial<Caller> }>;

/**
 * Creates a request, passes it to `enqueue` and returns a promise of its outputs. The caller's signal rejects the promise with its
 * reason. `onSettled` is called once, before the promise settles.
 */
export function requestPrediction(
  { model, pixels, images, targets, caller: { client = '', signal } }: NewRequest,
  enqueue: (request: PredictionRequest) => void,
  onSettled: (request: PredictionRequest) => void,
): Promise<Outputs> {
  return new Promise<Outputs>((resolve, reject) => {
    const abort = () => request.settle(signal?.reason instanceof Error ? signal.reason : new Error('Aborted.'));
    const request: PredictionRequest = {
      ...{ client, model, images, pixels, targets },
      since: performance.now(),
      startTag: 0,
      retried: false,
      settled: false,
      settle(result) {
        if (request.settled) return;
        request.settled = true;
        signal?.removeEventListener('abort', abort);
        onSettled(request);
        if (result instanceof Error) reject(result);
        else resolve(result);
      },
    };
    signal?.addEventListener('abort', abort);
    enqueue(request);
  });
}

/** Returns the pixels of all requests, in order. */
export function concatenate(requests: readonly PredictionRequest[]): Uint8Array {
  const [first] = requests;
  if (first !== undefined && requests.length === 1) return first.pixels;
  return Buffer.concat(requests.map(({ pixels }) => pixels));
}

/** Returns the classes to explain of all requests, in order. Undefined if no request is for explanations. */
export function concatenateTargets(requests: readonly PredictionRequest[]): Int32Array | undefined {
  const targets = requests.flatMap((request) => [...(request.targets ?? [])]);
  return targets.length === 0 ? undefined : Int32Array.from(targets);
}

export const countImages = (requests: readonly PredictionRequest[]): number =>
  requests.reduce((sum, { images }) => sum + images, 0);
