/**
 * Pool of predictor processes. Requests that arrive while all processes are busy wait and form batches, one model each: a lone
 * request does not wait, and batches grow with the load.
 */

import type { Caller } from '../concurrency/fair-limit.js';
import type { ModelState } from '../contracts/models/stored-model.js';
import { MAX_IMAGES } from '../contracts/prediction/prediction-messages.js';
import type { LoadedGraph, Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import {
  batchModelOf,
  explainerOf,
  graphOf,
  keyOf,
  type PredictableModel,
  type PredictorDevice,
} from './batch-model.js';
import { createBatchQueue } from './batch-queue.js';
import { createParityResults } from './parity-results.js';
import { type PredictionRequest, requestPrediction } from './prediction-request.js';
import { createPredictionScheduler, doesNotStart, unavailable } from './prediction-scheduler.js';
import type { PredictorSlot } from './predictor-slot.js';
import { makeRoom } from './queue-share.js';
import { createStatistics } from './statistics.js';

export type PredictorPool = ReturnType<typeof createPredictorPool>;

type PredictorPoolOptions = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: predictor.js in the parent folder. */
  predictorUrl?: URL;
  /** Device on which TensorFlow computes. Default `cpu`, on which ONNX Runtime computes models in float32. */
  device?: PredictorDevice | undefined;
  /** Number of predictor processes; each loads the models that it needs. Default 1. */
  processes?: number;
  /** Maximum number of images in a batch of several requests. Default 64. */
  maxBatch?: number;
  /** How long a batch that is not full waits for more requests while a process is free, in ms. Default 0. */
  maxDelayMs?: number;
  /** Maximum number of images that wait, of all models and clients. Default 1,024. */
  maxWaitingImages?: number;
  /** Memory that the loaded models of a process may need together, in bytes. Default 1 GiB. */
  memoryBytes?: number;
  /** A process that has not answered a batch after this many ms is killed. Default 30,000. */
  hangMs?: number;
  /** Environment of the processes. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}>;

type Work = Readonly<{
  pixels: Uint8Array;
  images: number;
  targets?: Int32Array;
  caller?: Partial<Caller> | undefined;
}>;

type ModelFiles = Pick<PredictableModel, 'folder' | 'manifest'>;

export function createPredictorPool(options: PredictorPoolOptions) {
  const { device = 'cpu', maxBatch = 64, maxDelayMs = 0, maxWaitingImages = 1_024 } = options;
  const queue = createBatchQueue({ maxBatch, maxDelayMs });
  const statistics = createStatistics();
  const parity = createParityResults();
  let isClosed = false;
  const scheduler = createPredictionScheduler({
    ...processOptions(options),
    queue,
    onAnswer(batch, answer) {
      parity.record(batch.model.key, answer);
      statistics.record(batch, performance.now() - batch.sentAt, answer instanceof Error);
    },
  });
  const { slots } = scheduler;
  const isReady = (): boolean => slots.some((slot) => slot.isReady());

  async function compute(model: PredictableModel, { pixels, images, targets, caller = {} }: Work): Promise<Outputs> {
    caller.signal?.throwIfAborted();
    if (isClosed) throw stopping();
    if (scheduler.isFailing()) throw doesNotStart();
    requirePixels(model, pixels, images);
    makeRoom(queue, caller.client ?? '', images, maxWaitingImages);
    const graph = batchModelOf(model, device, targets === undefined ? 'predict' : 'explain');
    const enqueue = (request: PredictionRequest): void => {
      queue.add(request);
      scheduler.sendNext();
    };
    return requestPrediction({ model: graph, pixels, images, targets, caller }, enqueue, queue.remove);
  }

  return {
    /**
     * Returns the model's outputs for `pixels`: images × height × width × channels bytes. Throws
     *
     * - `too_many_requests` if the client has too many waiting images,
     * - `predictor_unavailable` if the process died twice or does not start,
     * - `model_corrupt` or `model_parity` if the model does not pass its checks,
     * - the signal's reason if it aborts; a request that has not been sent by then is never computed.
     */
    predict: (model: PredictableModel, pixels: Uint8Array, images: number, caller?: Partial<Caller>) =>
      compute(model, { pixels, images, caller }),

    /**
     * Returns the outputs with the class activation maps of each image for its class of `targets`. TensorFlow computes them in
     * float32 from the weights. Throws what `predict` throws.
     */
    explain: (model: PredictableModel, pixels: Uint8Array, targets: Int32Array, caller?: Partial<Caller>) =>
      compute(model, { pixels, images: targets.length, targets, caller }),

    /** Returns whether a process is running and takes commands. */
    ready: isReady,
    /** Returns why no process takes commands; undefined if one does. */
    fault: (): string | undefined => (isReady() ? undefined : slots[0]?.fault()),

    /** Returns whether a process has the model loaded, the memory it needs there, and the result of its parity check. */
    stateOf(model: ModelFiles): ModelState {
      const graph = graphOf(model, device);
      return { ...memoryOf(slots, keyOf(graph)), runtime: graph.runtime, ...parity.of(keyOf(graph)) };
    },

    /** Unloads the model from every process, after the current batches. The next request loads it again. */
    unload: (model: ModelFiles): Promise<void> => unloadGraphs(slots, [graphOf(model, device), explainerOf(model)]),

    /** Returns the number of waiting images, of all models. */
    waitingImages: (): number => queue.images(),

    /** Returns the number of different loaded models, those of checkpoints included. */
    loadedModels: (): number => new Set(slots.flatMap((slot) => [...slot.graphs().keys()])).size,

    /** Returns the counters of each model since this process started. */
    statistics: statistics.list,

    /** Rejects all requests and ends the processes. */
    async close(): Promise<void> {
      isClosed = true;
      await scheduler.close(stopping());
    },
  };
}

const processOptions = ({ logger, predictorUrl, processes = 1, memoryBytes, hangMs, env }: PredictorPoolOptions) => ({
  logger,
  predictorUrl: predictorUrl ?? new URL('../predictor.js', import.meta.url),
  processes,
  memoryBytes: memoryBytes ?? 2 ** 30,
  hangMs: hangMs ?? 30_000,
  env,
});

/** Returns whether a process has the graph loaded, and the memory it needs there. */
function memoryOf(slots: readonly PredictorSlot[], key: string): Pick<ModelState, 'loaded' | 'bytes'> {
  const graph = slots.map((slot) => slot.graphs().get(key)).find((found) => found !== undefined);
  return graph === undefined ? { loaded: false } : { loaded: true, bytes: graph.bytes };
}

async function unloadGraphs(
  slots: readonly PredictorSlot[],
  graphs: readonly Pick<LoadedGraph, 'path' | 'sha256'>[],
): Promise<void> {
  const loaded = graphs.flatMap((graph) =>
    slots.filter((slot) => slot.graphs().has(keyOf(graph))).map((slot) => ({ slot, graph })),
  );
  await Promise.all(loaded.map(({ slot, graph }) => slot.unload(graph)));
}

function requirePixels({ manifest }: PredictableModel, pixels: Uint8Array, images: number): void {
  const { height, width, channels } = manifest.preprocessing;
  if (images >= 1 && images <= MAX_IMAGES && pixels.length === images * height * width * channels) return;
  throw new TrainyardError(
    'internal',
    `${pixels.length} bytes are not ${images} images of ${height}×${width}×${channels}.`,
  );
}

const stopping = (): TrainyardError => unavailable('The service is stopping.');
