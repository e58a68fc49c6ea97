/**
 * Cache of loaded models in a predictor process. A model is loaded on demand, if its graph has the stored digest and reproduces
 * the golden predictions. The least recently used models are closed when memory runs out.
 */
import { readFile } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { LoadedGraph, Outputs, PredictorCommand, UnloadCommand } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import { sha256 as digestOf } from '../files/sha256.js';
import { decodeGolden } from '../formats/golden-predictions.js';
import { keyOf } from './batch-model.js';
import { requireParity } from './parity.js';
import type { LoadedModel, Runtimes } from './runtimes.js';

type ModelCacheDeps = Readonly<{
  runtimes: Runtimes;
  /** Memory that all loaded models may need together, in bytes, as `memoryOf` estimates it. */
  memoryBytes: number;
}>;

type Runtime = PredictorCommand['runtime'];
type CachedModel = Readonly<{ model: LoadedModel; graph: LoadedGraph }>;

/** A refused model is loaded again after this long: its folder may have been restored. */
const REFUSAL_MS = 10_000;
const MAX_REFUSALS = 1_000;

/**
 * Memory of a loaded graph relative to its file, measured with ResNet-18 and DenseNet: TensorFlow keeps its constants as read, as
 * parsed and as laid out for its kernels.
 */
const FILE_FACTOR = { tensorflow: 7, onnxruntime: 2, explainer: 7 } as const satisfies Record<Runtime, number>;
/** Memory of a loaded graph that does not depend on its file, in bytes. */
const BASE_BYTES = 20 * 2 ** 20;

/** Estimates the memory of a loaded graph, in bytes. */
const memoryOf = (runtime: Runtime, fileBytes: number): number => FILE_FACTOR[runtime] * fileBytes + BASE_BYTES;

/** The cache key has the graph's path and digest. The caller waits for each call before the next one. */
export function createModelCache({ runtimes, memoryBytes }: ModelCacheDeps) {
  /** In the order of their last use. Not an LRUCache: a model must have closed before the next one is loaded, and closing is async. */
  const models = new Map<string, CachedModel>();
  const refusals = new LRUCache<string, TrainyardError>({ max: MAX_REFUSALS, ttl: REFUSAL_MS });

  async function modelOf(command: PredictorCommand): Promise<LoadedModel> {
    const key = keyOf(command);
    const cached = models.get(key) ?? (await load(key, command));
    models.delete(key);
    models.set(key, cached);
    return cached.model;
  }

  async function load(key: string, command: PredictorCommand): Promise<CachedModel> {
    const refusal = refusals.get(key);
    if (refusal !== undefined) throw refusal;
    const { runtime, path, sha256, explained } = command;
    const file = await readVerified(path, sha256);
    const bytes = memoryOf(runtime, file.length);
    await makeRoom(bytes);
    const model = await (runtime === 'explainer'
      ? runtimes.explainer({ path, explained, content: file })
      : runtimes[runtime](path));
    try {
      await warmUp(model, command);
    } catch (error) {
      await model.close();
      if (error instanceof TrainyardError) refusals.set(key, error);
      throw error;
    }
    refusals.delete(key);
    return { model, graph: { path, sha256, bytes } };
  }

  /** Closes models until `bytes` are free. A model that needs more than all memory is loaded alone. */
  async function makeRoom(bytes: number): Promise<void> {
    let free = memoryBytes;
    for (const { graph } of models.values()) free -= graph.bytes;
    for (const [key, { model, graph }] of models) {
      if (bytes <= free) break;
      models.delete(key);
      await model.close();
      free += graph.bytes;
    }
  }

  return {
    /**
     * Returns the outputs for a batch. Throws `model_corrupt` if a file is missing or has another digest, `model_parity` if the
     * model does not reproduce its golden predictions.
     */
    async predict(command: PredictorCommand): Promise<Outputs> {
      const { shape, pixels: values, targets } = command;
      return (await modelOf(command)).predict({ shape, values, ...(targets && { targets }) });
    },

    /** Closes the model of a graph, if it is loaded. */
    async unload(graph: UnloadCommand): Promise<void> {
      const key = keyOf(graph);
      const cached = models.get(key);
      models.delete(key);
      await cached?.model.close();
    },

    /** Returns the loaded graphs, the most recently used one last. */
    loaded: (): LoadedGraph[] => [...models.values()].map(({ graph }) => graph),

    async close(): Promise<void> {
      for (const { model } of models.values()) await model.close();
      models.clear();
    },
  };
}

/** Runs a model once, because the first run is slow, and checks its parity if it has golden predictions. */
async function warmUp(model: LoadedModel, command: PredictorCommand): Promise<void> {
  const { golden: stored, precision, path } = command;
  if (stored === undefined) {
    const [, height, width, channels] = command.shape;
    await model.predict({ shape: [1, height, width, channels], values: new Uint8Array(height * width * channels) });
    return;
  }
  const golden = decodeGolden(await readVerified(stored.path, stored.sha256));
  const answer = await model.predict({ shape: golden.shape, values: golden.pixels });
  requireParity(golden, answer, precision, path);
}

/** Reads a file. Throws `model_corrupt` if it cannot be read or has another SHA-256. */
async function readVerified(path: string, sha256: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new TrainyardError(
      'model_corrupt',
      `The file ${path} cannot be read. Train the model again, or restore its folder.`,
      { cause },
    );
  }
  const found = digestOf(bytes);
  if (found === sha256) return bytes;
  throw new TrainyardError(
    'model_corrupt',
    `The SHA-256 of ${path} is ${found}, and its manifest says ${sha256}. Train the model again, or restore its folder.`,
  );
}
