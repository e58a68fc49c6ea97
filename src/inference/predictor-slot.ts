/** A predictor process with the batch that it computes and the graphs that it has loaded. */
import type { LoadedGraph, Outputs, PredictorMessage } from '../contracts/processes/trainer-messages.js';
import { isErrorCode, TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { PredictorProcess } from '../processes/predictor-process.js';
import { type BatchModel, keyOf } from './batch-model.js';
import { concatenate, concatenateTargets, countImages, type PredictionRequest } from './prediction-request.js';

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

/** After this many failed starts in a row, requests are refused at once instead of waiting. */
const FAILURES_BEFORE_REFUSAL = 3;

export class PredictorSlot {
  readonly #logger: Logger;
  readonly #hangMs: number;
  readonly #events: PredictorSlotEvents;
  readonly #child: PredictorProcess;
  #batch: PredictionBatch | undefined;
  #lastKey = '';
  #graphs: ReadonlyMap<string, LoadedGraph> = new Map();
  #isFailing = false;
  #nextId = 1;
  /** Resolvers of the `unload` calls that wait, by the id of the command. */
  readonly #unloads = new Map<number, () => void>();

  /** Starts the process. */
  constructor(options: PredictorSlotOptions, events: PredictorSlotEvents) {
    this.#logger = options.logger;
    this.#hangMs = options.hangMs;
    this.#events = events;
    this.#child = new PredictorProcess({
      ...options,
      onReady: () => this.#handleReady(),
      onMessage: (message) => this.#receive(message),
      onGone: (failures) => this.#handleGone(failures),
    });
  }

  isReady(): boolean {
    return this.#child.isReady();
  }

  /** Returns whether the process can take a batch now. */
  isFree(): boolean {
    return this.#batch === undefined && this.isReady();
  }

  /** Returns whether the last starts of the process have failed. */
  isFailing(): boolean {
    return this.#isFailing;
  }

  /** Returns why the process takes no commands; undefined if it does. */
  fault(): string | undefined {
    return this.#child.fault();
  }

  /** Returns the cache key of the model that ran here last. */
  lastKey(): string {
    return this.#lastKey;
  }

  /** Returns the loaded graphs by cache key. */
  graphs(): ReadonlyMap<string, LoadedGraph> {
    return this.#graphs;
  }

  /** Sends requests of one model as a batch. */
  send(requests: readonly PredictionRequest[], model: BatchModel): void {
    const id = this.#nextId++;
    const images = countImages(requests);
    const watchdog = this.#watch(model, images);
    this.#batch = { id, model, requests, sentAt: performance.now(), watchdog };
    this.#lastKey = model.key;
    const predictorPid = this.#child.pid();
    this.#logger.debug({ batch: id, images, requests: requests.length, predictorPid }, 'batch sent');
    const [, height, width, channels] = model.command.shape;
    const pixels = concatenate(requests);
    const targets = concatenateTargets(requests);
    this.#child.send({ ...model.command, id, shape: [images, height, width, channels], pixels, targets });
  }

  /** Unloads a graph after the current batch. Resolves when its memory is free. */
  unload({ path, sha256 }: Pick<LoadedGraph, 'path' | 'sha256'>): Promise<void> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#unloads.set(id, resolve);
      this.#child.send({ type: 'unload', id, path, sha256 });
    });
  }

  /** Ends the process and rejects the requests of its batch. */
  async close(error: TrainyardError): Promise<void> {
    for (const request of this.#takeBatch()) request.settle(error);
    this.#resolveUnloads();
    await this.#child.close();
  }

  /** Kills the process if it has not answered a batch after `hangMs`. */
  #watch({ command: { path } }: BatchModel, images: number): NodeJS.Timeout {
    const hangMs = this.#hangMs;
    return setTimeout(() => {
      this.#logger.error({ path, images, hangMs }, 'predictor hangs');
      this.#child.kill();
    }, hangMs);
  }

  #handleReady(): void {
    this.#isFailing = false;
    this.#events.onFree();
  }

  #handleGone(failures: number): void {
    this.#isFailing = failures >= FAILURES_BEFORE_REFUSAL;
    this.#lastKey = '';
    this.#graphs = new Map();
    this.#resolveUnloads();
    this.#events.onGone(this.#takeBatch());
  }

  #receive(message: Message): void {
    if (message.loaded !== undefined) this.#graphs = new Map(message.loaded.map((graph) => [keyOf(graph), graph]));
    if (message.type === 'unloaded') {
      this.#unloads.get(message.id)?.();
      this.#unloads.delete(message.id);
      return;
    }
    const answered = this.#batch;
    if (answered?.id !== message.id) return; // its requests went back into the queue when an earlier process died
    this.#takeBatch();
    this.#events.onFree();
    this.#events.onAnswer(answered, answerOf(message, countImages(answered.requests) * answered.model.classes));
  }

  /** Removes the batch, if there is one, and returns its requests. */
  #takeBatch(): readonly PredictionRequest[] {
    clearTimeout(this.#batch?.watchdog);
    const requests = this.#batch?.requests ?? [];
    this.#batch = undefined;
    return requests;
  }

  #resolveUnloads(): void {
    for (const resolve of this.#unloads.values()) resolve();
    this.#unloads.clear();
  }
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
