/**
 * Predictions from the predictor process. Requests for one model that arrive while a batch of it runs wait, and then
 * cross together as the next batch: a lone request waits for nothing, and the busier it is, the larger the batches.
 */
import { dirname, join } from 'node:path';
import type { ModelManifest } from '../contracts/model.js';
import { MAX_IMAGES } from '../contracts/predict.js';
import type { PredictorMessage } from '../contracts/process.js';
import { isErrorCode, TrainyardError } from '../errors.js';
import type { Logger } from '../logger.js';
import { keepPredictorProcess } from './predictor-process.js';
import { concatenate, countImages, type Line, type Request, takeBatch } from './request-line.js';

export type Predictor = ReturnType<typeof createPredictor>;

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: predictor.js beside this folder. */
  predictorUrl?: URL;
  /** From a request's arrival to its answer or refusal, in ms. Default 30,000. */
  deadlineMs?: number;
  /** Images that may wait, over all models. Default 4,096; a request beyond is refused. */
  maxWaitingImages?: number;
}>;

/** What of a stored model is needed here. */
type Model = Readonly<{ manifest: Pick<ModelManifest, 'files' | 'preprocessing' | 'classes'>; folder: string }>;

type BatchMessage = Exclude<PredictorMessage, { type: 'ready' }>;

/** After so many starts in a row that failed, requests are refused at once and not kept waiting. */
const FAILURES_BEFORE_REFUSAL = 3;

export function createPredictor(options: Options) {
  const { logger, deadlineMs = 30_000, maxWaitingImages = 4_096 } = options;
  const lines = new Map<string, Line>();
  let nextId = 1;
  let waitingImages = 0;
  let failing = false;
  let closed = false;

  const child = keepPredictorProcess({
    logger,
    predictorUrl: options.predictorUrl ?? new URL('../predictor.js', import.meta.url),
    onReady() {
      failing = false;
      for (const line of lines.values()) sendNext(line);
    },
    onMessage: settleBatch,
    onGone(failures) {
      failing = failures >= FAILURES_BEFORE_REFUSAL;
      for (const line of lines.values()) putBack(line);
      if (failing) refuseWaiting(unavailable('The predictor process does not start: see the log of the API.'));
    },
  });

  /** Sends what waits for a model as one batch, unless one is under way. */
  function sendNext(line: Line): void {
    if (line.inFlight !== undefined || !child.ready()) return;
    const requests = takeBatch(line.waiting);
    if (requests.length === 0) {
      lines.delete(line.key);
      return;
    }
    const id = nextId++;
    const images = countImages(requests);
    waitingImages -= images;
    const watchdog = setTimeout(() => {
      logger.error({ folder: line.model.folder, images, deadlineMs }, 'predictor hangs');
      child.kill();
    }, deadlineMs);
    line.inFlight = { id, requests, watchdog };
    logger.debug({ batch: id, images, requests: requests.length }, 'batch sent');
    const [, height, width, channels] = line.model.shape;
    child.send({ ...line.model, id, shape: [images, height, width, channels], pixels: concatenate(requests) });
  }

  function settleBatch(message: BatchMessage): void {
    const line = [...lines.values()].find(({ inFlight }) => inFlight?.id === message.id);
    if (line?.inFlight === undefined) return; // of a batch that was put back when its process died
    const { requests, watchdog } = line.inFlight;
    clearTimeout(watchdog);
    line.inFlight = undefined;
    const result = resultOf(message, countImages(requests) * line.classes);
    let offset = 0;
    for (const request of requests) {
      const end = offset + request.images * line.classes;
      request.settle(result instanceof Error ? result : result.slice(offset, end));
      offset = end;
    }
    sendNext(line);
  }

  /** The process died with a batch: each of its requests is tried once more, and refused the second time. */
  function putBack(line: Line): void {
    if (line.inFlight === undefined) return;
    clearTimeout(line.inFlight.watchdog);
    const open = line.inFlight.requests.filter(({ settled }) => !settled);
    line.inFlight = undefined;
    for (const request of open.filter(({ retried }) => retried)) {
      request.settle(unavailable('The predictor process died twice over this request: try again later.'));
    }
    const again = open.filter(({ retried }) => !retried);
    for (const request of again) request.retried = true;
    waitingImages += countImages(again);
    line.waiting.unshift(...again);
  }

  function refuseWaiting(error: TrainyardError): void {
    for (const line of lines.values()) {
      for (const request of [...line.waiting]) request.settle(error);
    }
  }

  function lineOf({ manifest, folder }: Model): Line {
    const { files, preprocessing, classes } = manifest;
    const { path, sha256 } = files.savedModel;
    const key = `${sha256} ${folder}`;
    const before = lines.get(key);
    if (before !== undefined) return before;
    const { height, width, channels } = preprocessing;
    const model = {
      type: 'predict',
      folder: join(folder, dirname(path)),
      sha256,
      shape: [0, height, width, channels],
    } as const;
    const line: Line = { key, model, classes: classes.length, waiting: [], inFlight: undefined };
    lines.set(key, line);
    return line;
  }

  /** Puts a request in its line; the promise settles when it is answered, refused, aborted or late. */
  function enqueue(
    line: Line,
    pixels: Uint8Array,
    images: number,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => request.settle(unavailable(`No answer within ${deadlineMs / 1000} s: try again later.`)),
        deadlineMs,
      );
      const abort = () => request.settle(signal?.reason instanceof Error ? signal.reason : new Error('Aborted.'));
      const request: Request = {
        images,
        pixels,
        retried: false,
        settled: false,
        settle(result) {
          if (request.settled) return;
          request.settled = true;
          clearTimeout(late);
          signal?.removeEventListener('abort', abort);
          const place = line.waiting.indexOf(request);
          if (place !== -1) {
            line.waiting.splice(place, 1);
            waitingImages -= images;
          }
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      signal?.addEventListener('abort', abort);
      line.waiting.push(request);
      waitingImages += images;
      sendNext(line);
    });
  }

  return {
    /**
     * images × classes probabilities for `pixels`, which is images × height × width × channels bytes. Throws
     * `predictor_unavailable` where too much waits, the deadline passes, or the process dies twice; `model_corrupt`
     * where the graph is not the one that was stored; the signal's reason where it aborts.
     */
    async predict(model: Model, pixels: Uint8Array, images: number, signal?: AbortSignal): Promise<Float32Array> {
      signal?.throwIfAborted();
      if (closed) throw unavailable('The service is stopping.');
      if (failing) throw unavailable('The predictor process does not start: see the log of the API.');
      const { height, width, channels } = model.manifest.preprocessing;
      if (images < 1 || images > MAX_IMAGES || pixels.length !== images * height * width * channels) {
        throw new TrainyardError(
          'internal',
          `${pixels.length} bytes are not ${images} images of ${height}×${width}×${channels}.`,
        );
      }
      if (waitingImages + images > maxWaitingImages) {
        throw unavailable(`${waitingImages} images are waiting already: try again in a few seconds.`);
      }
      return enqueue(lineOf(model), pixels, images, signal);
    },

    /** Whether the process is there and has loaded TensorFlow. */
    ready: (): boolean => child.ready(),

    /** Refuses what waits and what is under way, and ends the process. */
    async close(): Promise<void> {
      closed = true;
      const error = unavailable('The service is stopping.');
      for (const { inFlight } of lines.values()) {
        clearTimeout(inFlight?.watchdog);
        for (const request of inFlight?.requests ?? []) request.settle(error);
      }
      refuseWaiting(error);
      lines.clear();
      await child.close();
    },
  };
}

/** What a batch of which `length` numbers are expected came to. */
function resultOf(message: BatchMessage, length: number): Float32Array | TrainyardError {
  if (message.type === 'failed') {
    const { code, message: sentence } = message.error;
    return new TrainyardError(isErrorCode(code) ? code : 'internal', sentence);
  }
  const { probabilities } = message;
  if (probabilities.length === length) return probabilities;
  return new TrainyardError(
    'model_corrupt',
    `The graph answers ${probabilities.length} numbers where its manifest has ${length} classes.`,
  );
}

const unavailable = (sentence: string): TrainyardError => new TrainyardError('predictor_unavailable', sentence);
