/**
 * The models that a predictor process has loaded: on demand, once their graph is the one that was stored and reproduces the
 * golden predictions stored with it, and as many as the memory allows.
 */
import { readFile } from 'node:fs/promises';
import type {
  GraphRuntime,
  LoadedGraph,
  Outputs,
  PredictorCommand,
  UnloadCommand,
} from '../contracts/processes/trainer.js';
import { TrainyardError } from '../errors/errors.js';
import { sha256 as digestOf } from '../files/sha256.js';
import { decodeGolden } from '../formats/golden-predictions.js';
import { keyOf } from './batch-model.js';
import { requireParity } from './parity.js';
import type { LoadedModel, Runtimes } from './runtimes.js';

type ModelCacheDeps = Readonly<{
  runtimes: Runtimes;
  /** What loaded models may need together, as `memoryOf` counts it; those used least recently are closed for the next. */
  memoryBytes: number;
}>;

type Entry = Readonly<{ model: LoadedModel; graph: LoadedGraph }>;
type Refusal = Readonly<{ error: TrainyardError; at: number }>;

/** A refused model is looked at again after so long: its folder may have been restored. */
const REFUSAL_MS = 10_000;

/** Measured with ResNet-18 and DenseNet: TensorFlow keeps its constants as read, as parsed and as laid out for its kernels. */
const TIMES_ITS_FILE = { tensorflow: 7, onnxruntime: 2 } as const satisfies Record<GraphRuntime, number>;
const BESIDE_ITS_FILE = 20 * 2 ** 20;

/** What a loaded graph needs, in bytes. */
const memoryOf = (runtime: GraphRuntime, fileBytes: number): number =>
  TIMES_ITS_FILE[runtime] * fileBytes + BESIDE_ITS_FILE;

/** Loaded models, by file and digest: one whose graph was replaced is another model. It takes one command at a time. */
export function createModelCache({ runtimes, memoryBytes }: ModelCacheDeps) {
  /** In the order of their last use. */
  const models = new Map<string, Entry>();
  const refused = new Map<string, Refusal>();

  async function modelOf(command: PredictorCommand): Promise<LoadedModel> {
    const key = keyOf(command);
    const entry = models.get(key) ?? (await load(key, command));
    models.delete(key);
    models.set(key, entry);
    return entry.model;
  }

  async function load(key: string, command: PredictorCommand): Promise<Entry> {
    const refusal = refused.get(key);
    if (refusal !== undefined && performance.now() - refusal.at < REFUSAL_MS) throw refusal.error;
    const { runtime, path, sha256 } = command;
    const file = await readChecked(path, sha256);
    const bytes = memoryOf(runtime, file.length);
    await makeRoom(bytes);
    const model = await runtimes[runtime](path);
    try {
      await warmUp(model, command);
    } catch (error) {
      await model.close();
      if (error instanceof TrainyardError) refused.set(key, { error, at: performance.now() });
      throw error;
    }
    refused.delete(key);
    return { model, graph: { path, sha256, bytes } };
  }

  /** Closes models until one of so many bytes fits; one that is larger than all the memory is loaded alone. */
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
     * Throws `model_corrupt` where the graph is not the one stored, and `model_parity` where it does not answer as it did at the
     * end of its training.
     */
    async predict(command: PredictorCommand): Promise<Outputs> {
      const { shape, pixels: values } = command;
      return (await modelOf(command)).predict({ shape, values });
    },

    /** Gives the memory of a graph back, where it is loaded. */
    async unload(graph: UnloadCommand): Promise<void> {
      const key = keyOf(graph);
      const entry = models.get(key);
      models.delete(key);
      await entry?.model.close();
    },

    /** Those that are loaded, the one used last at the end. */
    loaded: (): LoadedGraph[] => [...models.values()].map(({ graph }) => graph),

    async close(): Promise<void> {
      for (const { model } of models.values()) await model.close();
      models.clear();
    },
  };
}

/** The first run of a model prepares it, and its answer is looked at: the golden predictions, where there are any. */
async function warmUp(model: LoadedModel, command: PredictorCommand): Promise<void> {
  const { golden: stored, precision, path } = command;
  if (stored === undefined) {
    const [, height, width, channels] = command.shape;
    await model.predict({ shape: [1, height, width, channels], values: new Uint8Array(height * width * channels) });
    return;
  }
  const golden = decodeGolden(await readChecked(stored.path, stored.sha256));
  const answer = await model.predict({ shape: golden.shape, values: golden.pixels });
  requireParity(golden, answer, precision, path);
}

async function readChecked(path: string, sha256: string): Promise<Uint8Array> {
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
