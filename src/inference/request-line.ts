/** The requests that wait for one model, and how they become a batch. */
import { MAX_IMAGES } from '../contracts/predict.js';
import type { PredictorCommand } from '../contracts/process.js';

/** A prediction that was asked for; `settle` answers or refuses it, once. */
export type Request = {
  readonly images: number;
  readonly pixels: Uint8Array;
  retried: boolean;
  settled: boolean;
  settle(result: Float32Array | Error): void;
};

/** The requests for one model. */
export type Line = {
  readonly key: string;
  readonly model: Omit<PredictorCommand, 'id' | 'pixels'>;
  readonly classes: number;
  waiting: Request[];
  inFlight: Batch | undefined;
};

export type Batch = Readonly<{ id: number; requests: readonly Request[]; watchdog: NodeJS.Timeout }>;

/** The first requests that are at most 256 images together, taken out of the line. */
export function takeBatch(waiting: Request[]): Request[] {
  let images = 0;
  const end = waiting.findIndex((request) => {
    images += request.images;
    return images > MAX_IMAGES;
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
}

/** The pixels of all, one after the other. */
export function concatenate(requests: readonly Request[]): Uint8Array {
  const [first] = requests;
  if (first !== undefined && requests.length === 1) return first.pixels;
  return Buffer.concat(requests.map(({ pixels }) => pixels));
}

export const countImages = (requests: readonly Request[]): number =>
  requests.reduce((sum, { images }) => sum + images, 0);
