/** Counters of predictions since the process started: images, batches and durations of each model. */
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { PredictionSource } from '../contracts/references/reference.js';
import type { PredictionRequest } from './prediction-request.js';

/** A count and the total duration in ms. */
export type Duration = { count: number; ms: number };

export type ModelStatistics = Readonly<{
  name: string;
  version: number;
  /** Folder of the model. */
  folder: string;
  /** When the last batch was answered, in ms since 1970. */
  lastInferenceMs: number;
  /** Images that were answered. */
  images: number;
  /** Answered requests, from their arrival in the queue to the answer. */
  success: Duration;
  /** Requests that the model could not answer. */
  fail: Duration;
  /** Time of requests in the queue. */
  queue: Duration;
  /** Batches by number of images. The duration includes the transfer to the predictor process and back. */
  batches: ReadonlyMap<number, Duration>;
}>;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Counters = Mutable<Omit<ModelStatistics, 'batches'>> & { batches: Map<number, Duration> };

type AnsweredBatch = Readonly<{
  model: Readonly<{ source: PredictionSource; folder: string }>;
  requests: readonly Pick<PredictionRequest, 'images' | 'since'>[];
  sentAt: number;
}>;

export function createStatistics() {
  const models = new Map<string, Counters>();

  function countersOf({ name, version }: ModelReference, folder: string): Counters {
    const known = models.get(folder);
    if (known !== undefined) return known;
    const counters: Counters = {
      name,
      version,
      folder,
      lastInferenceMs: 0,
      images: 0,
      success: { count: 0, ms: 0 },
      fail: { count: 0, ms: 0 },
      queue: { count: 0, ms: 0 },
      batches: new Map(),
    };
    models.set(folder, counters);
    return counters;
  }

  return {
    /** Counts a batch that was answered `ms` after it was sent. Models made from checkpoints are not counted. */
    record({ model: { source, folder }, requests, sentAt }: AnsweredBatch, ms: number, failed: boolean): void {
      if (!('version' in source)) return;
      const counters = countersOf(source, folder);
      const images = requests.reduce((sum, request) => sum + request.images, 0);
      for (const { since } of requests) {
        add(failed ? counters.fail : counters.success, sentAt - since + ms);
        add(counters.queue, sentAt - since);
      }
      if (failed) return;
      counters.lastInferenceMs = Date.now();
      counters.images += images;
      const batches = counters.batches.get(images) ?? { count: 0, ms: 0 };
      add(batches, ms);
      counters.batches.set(images, batches);
    },

    list: (): readonly ModelStatistics[] => [...models.values()],
  };
}

function add(duration: Duration, ms: number): void {
  duration.count += 1;
  duration.ms += ms;
}
