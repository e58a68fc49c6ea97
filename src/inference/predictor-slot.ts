/** A predictor process with the batch that it computes and the graphs that it has loaded. */
import type { LoadedGraph, Outputs, PredictorMessage } from '../contracts/processes/trainer.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { startPredictorProcess } from '../processes/predictor-process.js';
import { type BatchModel, keyOf } from './batch-model.js';
import { concatenate, countImages, type PredictionRequest } from './prediction-request.js';

/** Requests that a process computes together. */
export type PredictionBatch = Readonly<{
  id: number;
  model: BatchModel;
  requests: readonly PredictionRequest[];
  /** When it was sent, by `performance.now()`. */
  sentAt: number;
  watchdog: NodeJS.Timeout;
}>;

export type PredictorSlotOptions = Readonly<{
  logger: Logger;
  predictorUrl: URL;
  /** Memory that the loaded models may need together, in bytes. */
  memoryBytes: number;
  /** A process that has not answered a batch after this many ms is killed. */
  hangMs: number;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv | undefined;
}>;

type PredictorSlotEvents = Readonly<{
  /** The process can take a batch. */
  onFree: () => void;
  /** A batch was answered. `onFree` is called before, so that the process computes while the answers are written. */
  onAnswer: (batch: PredictionBatch, answer: Outputs | TrainyardError) => void;
  /** The process is gone, and with it the computation of these requests. Another process is started. */
  onGone: (requests: readonly PredictionRequest[]) => void;
}>;

type Message = Exclude<PredictorMessage, { type: 'ready' }>;

export type PredictorSlot = ReturnType<typeof createPredictorSlot>;

/** After this many failed starts in a row, requests are refused at once instead of waiting. */
const FAILURES_BEFORE_REFUSAL = 3;

export function createPredictorSlot(options: PredictorSlotOptions, events: PredictorSlotEvents) {
  const { logger, hangMs } = options;
  let batch: PredictionBatch | undefined;
  let lastKey = '';
  let graphs: ReadonlyMap<string, LoadedGraph> = new Map();
  let isFailing = false;
  let nextId = 1;
  /** Resolvers of the `unload` calls that wait, by the id of the command. */
  const unloads = new Map<number, () => void>();

  /** Removes the batch, if there is one, and returns its requests. */
  function takeBatch(): readonly PredictionRequest[] {
    clearTimeout(batch?.watchdog);
    const requests = batch?.requests ?? [];
    batch = undefined;
    return requests;
  }

  function resolveUnloads(): void {
    for (const resolve of unloads.values()) resolve();
    unloads.clear();
  }

  function receive(message: Message): void {
    if (message.loaded !== undefined) graphs = new Map(message.loaded.map((graph) => [keyOf(graph), graph]));
    if (message.type === 'unloaded') {
      unloads.get(message.id)?.();
      unloads.delete(message.id);
      return;
    }
    const answered = batch;
    if (answered?.id !== message.id) return; // its requests went back into the queue when an earlier process died
    takeBatch();
    events.onFree();
    events.onAnswer(answered, answerOf(message, countImages(answered.requests) * answered.model.classes));
  }

  const child = startPredictorProcess({
    ...options,
    onReady() {
      isFailing = false;
      events.onFree();
    },
    onMessage: receive,
    onGone(failures) {
      isFailing = failures >= FAILURES_BEFORE_REFUSAL;
      lastKey = '';
      graphs = new Map();
      resolveUnloads();
      events.onGone(takeBatch());
    },
  });

  return {
    isReady: child.ready,
    /** Returns whether the process can take a batch now. */
    isFree: (): boolean => batch === undefined && child.ready(),
    /** Returns whether the last starts of the process have failed. */
    isFailing: (): boolean => isFailing,
    fault: child.fault,
    /** Returns the cache key of the model that ran here last. */
    lastKey: (): string => lastKey,
    /** Returns the loaded graphs by cache key. */
    graphs: (): ReadonlyMap<string, LoadedGraph> => graphs,

    /** Sends requests of one model as a batch. */
    send(requests: readonly PredictionRequest[], model: BatchModel): void {
      const id = nextId++;
      const images = countImages(requests);
      const watchdog = setTimeout(() => {
        logger.error({ path: model.command.path, images, hangMs }, 'predictor hangs');
        child.kill();
      }, hangMs);
      batch = { id, model, requests, sentAt: performance.now(), watchdog };
      lastKey = model.key;
      logger.debug({ batch: id, images, requests: requests.length, predictorPid: child.pid() }, 'batch sent');
      const [, height, width, channels] = model.command.shape;
      const pixels = concatenate(requests);
      child.send({ ...model.command, id, shape: [images, height, width, channels], pixels });
    },

    /** Unloads a graph after the current batch. Resolves when its memory is free. */
    unload({ path, sha256 }: Pick<LoadedGraph, 'path' | 'sha256'>): Promise<void> {
      return new Promise((resolve) => {
        const id = nextId++;
        unloads.set(id, resolve);
        child.send({ type: 'unload', id, path, sha256 });
      });
    },

    /** Ends the process and rejects the requests of its batch. */
    async close(error: TrainyardError): Promise<void> {
      for (const request of takeBatch()) request.settle(error);
      resolveUnloads();
      await child.close();
    },
  };
}

/** Returns the outputs of a batch, or the error. `length` is the expected count of numbers in each output. */
function answerOf(message: Exclude<Message, { type: 'unloaded' }>, length: number): Outputs | TrainyardError {
  if (message.type === 'failed') {
    const { code, message: sentence } = message.error;
    return new TrainyardError(isErrorCode(code) ? code : 'internal', sentence);
  }
  const { probabilities, logits } = message.outputs;
  if (probabilities.length === length && logits.length === length) return message.outputs;
  return new TrainyardError(
    'model_corrupt',
    `The graph returns ${probabilities.length} numbers, but its manifest says ${length}.`,
  );
}
