/**
 * Predictions from the predictor processes. What arrives while all of them are busy waits, and then crosses as one batch a
 * model: a lone request waits for nothing, and the busier it is, the larger the batches.
 */

import type { Caller } from '../concurrency/fair-limit.js';
import type { Failure } from '../contracts/jobs/outcome.js';
import type { ModelState } from '../contracts/models/stored-model.js';
import { MAX_IMAGES } from '../contracts/prediction/predict.js';
import type { LoadedGraph, Outputs, PredictorMessage } from '../contracts/processes/trainer.js';
import { isErrorCode, isRefusal, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { startPredictorProcess } from '../processes/predictor-process.js';
import { batchModelOf, graphOf, keyOf, type PredictableModel, type PredictorDevice } from './batch-model.js';
import { type BatchModel, concatenate, countImages, createBatchQueue, type PredictionRequest } from './batch-queue.js';
import { createStatistics } from './statistics.js';

export type PredictorPool = ReturnType<typeof createPredictorPool>;

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: predictor.js beside this folder. */
  predictorUrl?: URL;
  /** What TensorFlow computes on. Default `cpu`: models in float32 are run by ONNX Runtime then. */
  device?: PredictorDevice | undefined;
  /** Processes that predict at the same time; each loads the models it is asked for. Default 1. */
  processes?: number;
  /** Most images of a batch of several requests. Default 64. */
  maxBatch?: number;
  /** How long a batch that is not full waits for more while a process is free, in ms. Default 0. */
  maxDelayMs?: number;
  /** Images that may wait, over all models and clients. Default 1,024; beyond it requests of the client that has most are refused. */
  maxWaitingImages?: number;
  /** What the loaded models of a process may need together, in bytes. Default 1 GiB. */
  memoryBytes?: number;
  /** A process that has not answered a batch after so many ms is ended. Default 30,000. */
  hangMs?: number;
}>;

/** Who asks; those who do not say count as one client. */
type Asker = Partial<Caller>;

type Message = Exclude<PredictorMessage, { type: 'ready' }>;
type BatchMessage = Exclude<Message, { type: 'unloaded' }>;

/** What a process is asked, from its crossing to the answer. */
type PredictionBatch = Readonly<{
  id: number;
  model: BatchModel;
  requests: readonly PredictionRequest[];
  sentAt: number;
  watchdog: NodeJS.Timeout;
}>;

type Slot = {
  readonly process: ReturnType<typeof startPredictorProcess>;
  batch: PredictionBatch | undefined;
  /** Key of the model that ran here last. */
  last: string;
  /** The models that are loaded here, by their keys. */
  models: ReadonlyMap<string, LoadedGraph>;
  /** What waits for an answer that a model is unloaded, by the id of the command. */
  readonly unloads: Map<number, () => void>;
  failing: boolean;
};

/** After so many starts in a row that failed, requests are refused at once and not kept waiting. */
const FAILURES_BEFORE_REFUSAL = 3;
/** Models of which is kept that they have passed the parity gate, or why they have not. */
const MOST_KNOWN = 10_000;

export function createPredictorPool(options: Options) {
  const { logger, device = 'cpu', processes = 1, maxWaitingImages = 1_024, hangMs = 30_000 } = options;
  const { memoryBytes = 2 ** 30 } = options;
  const queue = createBatchQueue({ maxBatch: options.maxBatch ?? 64, maxDelayMs: options.maxDelayMs ?? 0 });
  const statistics = createStatistics();
  const slots = Array.from({ length: processes }, createSlot);
  const refusals = new Map<string, Failure>();
  const passed = new Set<string>();
  let nextId = 1;
  let delay: NodeJS.Timeout | undefined;
  let closed = false;

  function createSlot(): Slot {
    const slot: Slot = {
      batch: undefined,
      last: '',
      models: new Map(),
      unloads: new Map(),
      failing: false,
      process: startPredictorProcess({
        logger,
        memoryBytes,
        predictorUrl: options.predictorUrl ?? new URL('../predictor.js', import.meta.url),
        onReady() {
          slot.failing = false;
          sendNext();
        },
        onMessage: (message) => receive(slot, message),
        onGone(failures) {
          slot.failing = failures >= FAILURES_BEFORE_REFUSAL;
          slot.last = '';
          slot.models = new Map();
          endUnloads(slot);
          putBack(slot);
          if (isFailing()) refuseWaiting(doesNotStart());
        },
      }),
    };
    return slot;
  }

  const isFailing = (): boolean => slots.every(({ failing }) => failing);

  /** Hands batches to the processes that are free, until none is or nothing is due. */
  function sendNext(): void {
    clearTimeout(delay);
    for (;;) {
      const free = slots.filter(({ process, batch }) => batch === undefined && process.ready());
      if (free.length === 0) return;
      const next = queue.next(performance.now());
      if (next === undefined) return;
      if (typeof next === 'number') {
        delay = setTimeout(sendNext, Math.ceil(next));
        return;
      }
      const key = next[0]?.model.key;
      const slot = free.find(({ last }) => last === key) ?? free.find(({ models }) => models.has(key ?? '')) ?? free[0];
      if (slot !== undefined) send(slot, next);
    }
  }

  function send(slot: Slot, requests: readonly PredictionRequest[]): void {
    const [first] = requests;
    if (first === undefined) return;
    const { model } = first;
    const id = nextId++;
    const images = countImages(requests);
    const watchdog = setTimeout(() => {
      logger.error({ path: model.command.path, images, hangMs }, 'predictor hangs');
      slot.process.kill();
    }, hangMs);
    slot.batch = { id, model, requests, sentAt: performance.now(), watchdog };
    slot.last = model.key;
    logger.debug({ batch: id, images, requests: requests.length, predictorPid: slot.process.pid() }, 'batch sent');
    const [, height, width, channels] = model.command.shape;
    slot.process.send({
      ...model.command,
      id,
      shape: [images, height, width, channels],
      pixels: concatenate(requests),
    });
  }

  function receive(slot: Slot, message: Message): void {
    const { batch } = slot;
    if (message.loaded !== undefined) slot.models = new Map(message.loaded.map((graph) => [keyOf(graph), graph]));
    if (message.type === 'unloaded') {
      slot.unloads.get(message.id)?.();
      return;
    }
    if (batch?.id !== message.id) return; // of a batch that was put back when its process died
    clearTimeout(batch.watchdog);
    slot.batch = undefined;
    sendNext(); // first of all, so that the process has work while the answers are written
    const { model, requests, sentAt } = batch;
    const outputs = outputsOf(message, countImages(requests) * model.classes);
    noteRefusal(model.key, outputs);
    statistics.record(batch, performance.now() - sentAt, outputs instanceof Error);
    let offset = 0;
    for (const request of requests) {
      const end = offset + request.images * model.classes;
      request.settle(outputs instanceof Error ? outputs : sliceOf(outputs, offset, end));
      offset = end;
    }
  }

  /** Keeps that a model has answered, and why it was refused until it does. */
  function noteRefusal(key: string, outputs: Outputs | TrainyardError): void {
    if (!(outputs instanceof TrainyardError)) {
      passed.add(key);
      refusals.delete(key);
    } else if (isRefusal(outputs)) {
      passed.delete(key);
      refusals.set(key, { code: outputs.code, message: outputs.message });
    }
    for (const known of [passed, refusals]) {
      const [oldest] = known.keys();
      if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
    }
  }

  function endUnloads({ unloads }: Slot): void {
    for (const done of [...unloads.values()]) done();
  }

  /** The process died with a batch: each of its requests is tried once more, and refused the second time. */
  function putBack(slot: Slot): void {
    if (slot.batch === undefined) return;
    clearTimeout(slot.batch.watchdog);
    const open = slot.batch.requests.filter(({ settled }) => !settled);
    slot.batch = undefined;
    for (const request of open.filter(({ retried }) => retried)) {
      request.settle(unavailable('The predictor process died twice over this request: try again later.'));
    }
    const again = open.filter(({ retried }) => !retried);
    for (const request of again) request.retried = true;
    queue.putBack(again);
    sendNext();
  }

  function refuseWaiting(error: TrainyardError): void {
    for (const request of [...queue.requests()]) request.settle(error);
  }

  /**
   * Makes room for a request whose client keeps within its share of the queue: the latest requests of the client that has most
   * waiting are refused for it. Throws `too_many_requests` if the client would have more than its share.
   */
  function makeRoom({ client = '' }: Asker, images: number): void {
    while (queue.images() > 0 && queue.images() + images > maxWaitingImages) {
      const waiting = queue.imagesByClient();
      const own = waiting.get(client) ?? 0;
      const share = maxWaitingImages / (waiting.has(client) ? waiting.size : waiting.size + 1);
      if (own + images > share) throw tooMany(`${queue.images()} images are waiting already, ${own} of this client`);
      const [most] = [...waiting].reduce((one, other) => (other[1] > one[1] ? other : one));
      const latest = queue.requests().findLast((request) => request.client === most);
      latest?.settle(tooMany('Too many images of this client were waiting, and another client asked for its share'));
    }
  }

  /** Puts a request in the queue; the promise settles when it is answered, refused or aborted. */
  function enqueue(model: BatchModel, pixels: Uint8Array, images: number, { client, signal }: Asker) {
    return new Promise<Outputs>((resolve, reject) => {
      const abort = () => request.settle(signal?.reason instanceof Error ? signal.reason : new Error('Aborted.'));
      const request: PredictionRequest = {
        client: client ?? '',
        model,
        images,
        pixels,
        since: performance.now(),
        startTag: 0,
        retried: false,
        settled: false,
        settle(result) {
          if (request.settled) return;
          request.settled = true;
          signal?.removeEventListener('abort', abort);
          queue.remove(request);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      signal?.addEventListener('abort', abort);
      queue.add(request);
      sendNext();
    });
  }

  return {
    /**
     * The model's outputs for `pixels`, which is images × height × width × channels bytes. Throws `too_many_requests`
     * where too much of the client waits, `predictor_unavailable` where the process dies twice or does not start, `model_corrupt`
     * where the graph is not the one that was stored; the signal's reason where it aborts, and then nothing runs that has not yet.
     */
    async predict(model: PredictableModel, pixels: Uint8Array, images: number, asker: Asker = {}): Promise<Outputs> {
      asker.signal?.throwIfAborted();
      if (closed) throw unavailable('The service is stopping.');
      if (isFailing()) throw doesNotStart();
      const { height, width, channels } = model.manifest.preprocessing;
      if (images < 1 || images > MAX_IMAGES || pixels.length !== images * height * width * channels) {
        throw new TrainyardError(
          'internal',
          `${pixels.length} bytes are not ${images} images of ${height}×${width}×${channels}.`,
        );
      }
      makeRoom(asker, images);
      return enqueue(batchModelOf(model, device), pixels, images, asker);
    },

    /** Whether a process is there and has loaded TensorFlow. */
    ready: (): boolean => slots.some(({ process }) => process.ready()),

    /** Why no process takes commands; undefined while one does. */
    fault: (): string | undefined =>
      slots.some(({ process }) => process.ready()) ? undefined : slots[0]?.process.fault(),

    /** Whether a process has the model loaded, what it needs there, and what became of it at the parity gate. */
    stateOf(model: Pick<PredictableModel, 'folder' | 'manifest'>): ModelState {
      const graph = graphOf(model, device);
      const key = keyOf(graph);
      const loaded = slots.map(({ models }) => models.get(key)).find((found) => found !== undefined);
      const refused = refusals.get(key);
      return {
        loaded: loaded !== undefined,
        ...(loaded && { bytes: loaded.bytes }),
        runtime: graph.runtime,
        passed: passed.has(key),
        ...(refused && { refused }),
      };
    },

    /** Has the processes give up the model's memory, after what they run now. It is loaded again when it is next asked. */
    async unload(model: Pick<PredictableModel, 'folder' | 'manifest'>): Promise<void> {
      const { path, sha256 } = graphOf(model, device);
      const key = keyOf({ path, sha256 });
      const unloaded = ({ unloads, process }: Slot): Promise<void> =>
        new Promise((resolve) => {
          const id = nextId++;
          unloads.set(id, () => {
            unloads.delete(id);
            resolve();
          });
          process.send({ type: 'unload', id, path, sha256 });
        });
      await Promise.all(slots.filter(({ models }) => models.has(key)).map(unloaded));
    },

    /** Images that wait now, of all models. */
    waitingImages: (): number => queue.images(),

    /** How many models a process has in memory, checkpoints included; one that several have counts once. */
    loadedModels: (): number => new Set(slots.flatMap(({ models }) => [...models.keys()])).size,

    /** What each model has answered since this process started. */
    statistics: statistics.list,

    /** Refuses what waits and what is under way, and ends the processes. */
    async close(): Promise<void> {
      closed = true;
      clearTimeout(delay);
      const error = unavailable('The service is stopping.');
      refuseWaiting(error);
      for (const { batch } of slots) {
        clearTimeout(batch?.watchdog);
        for (const request of batch?.requests ?? []) request.settle(error);
      }
      for (const slot of slots) endUnloads(slot);
      await Promise.all(slots.map(({ process }) => process.close()));
    },
  };
}

/** What a batch of which `length` numbers are expected came to. */
function outputsOf(message: BatchMessage, length: number): Outputs | TrainyardError {
  if (message.type === 'failed') {
    const { code, message: sentence } = message.error;
    return new TrainyardError(isErrorCode(code) ? code : 'internal', sentence);
  }
  const { probabilities, logits } = message.outputs;
  if (probabilities.length === length && logits.length === length) return message.outputs;
  return new TrainyardError(
    'model_corrupt',
    `The graph answers ${probabilities.length} numbers where its manifest says ${length}.`,
  );
}

const sliceOf = ({ probabilities, logits }: Outputs, start: number, end: number): Outputs => ({
  probabilities: probabilities.subarray(start, end),
  logits: logits.subarray(start, end),
});

const tooMany = (why: string): TrainyardError =>
  new TrainyardError('too_many_requests', `${why}: try again in a few seconds.`);

const unavailable = (sentence: string): TrainyardError => new TrainyardError('predictor_unavailable', sentence);

const doesNotStart = (): TrainyardError => unavailable('The predictor process does not start: see the log of the API.');
