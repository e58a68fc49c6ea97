/**
 * TensorFlow session over the native addon of @tensorflow/tfjs-node-gpu. Only this file imports it, and without the JavaScript of
 * tfjs: it only runs graphs.
 */
import { createRequire } from 'node:module';
import { saysOutOfMemory, TrainyardError } from '../errors/errors.js';

export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** A value fed to a graph. A string tensor holds raw bytes, one Uint8Array per element. */
export type Feed =
  | Readonly<{ dtype: 'float32'; shape: readonly number[]; values: Float32Array }>
  | Readonly<{ dtype: 'int32'; shape: readonly number[]; values: Int32Array }>
  | Readonly<{ dtype: 'uint8'; shape: readonly number[]; values: Uint8Array }>
  | Readonly<{ dtype: 'string'; shape: readonly number[]; values: readonly Uint8Array[] }>;

/** The functions of the addon that this file uses. */
type Binding = Readonly<{
  createTensor(shape: readonly number[], dtype: number, values: TypedArray | readonly Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TypedArray;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: readonly number[], inputNames: string, outputNames: string): { id: number }[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
}>;

/** TF_DataType of tensorflow/c/tf_datatype.h. */
const DATA_TYPES = { float32: 1, int32: 3, uint8: 4, string: 7 } as const;

/**
 * Environment variables that the native library reads when it is loaded. oneDNN's kernels compute convolutions 1.5 to 8 times
 * faster, but TensorFlow turns them on by default only on CPUs with AVX-512 VNNI. The log level hides informational lines.
 */
const NATIVE_DEFAULTS = { TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '1' } as const;

let loaded: Binding | undefined;

/** Returns the addon. Loads it at the first call, so a process that only builds graphs never loads TensorFlow. */
function binding(): Binding {
  if (loaded !== undefined) return loaded;
  for (const [name, value] of Object.entries(NATIVE_DEFAULTS)) process.env[name] ??= value;
  const require = createRequire(import.meta.url);
  try {
    loaded = require('@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node') as Binding;
  } catch (cause) {
    throw new TrainyardError(
      'unavailable',
      `TensorFlow could not be loaded (${reasonOf(cause)}): run \`npm run setup\` to set it up.`,
      { cause },
    );
  }
  return loaded;
}

/** Returns the first line of an error. The other lines list the paths that were tried. */
const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';

export type Session = ReturnType<typeof openSession>;

/**
 * Loads a SavedModel (tag `serve`) into a new session, whose variables live until `close`. `run` blocks the calling thread until
 * TensorFlow is done.
 */
export function openSession(folder: string) {
  const addon = binding();
  const session = addon.loadSavedModel(folder, 'serve');
  let open = true;

  return {
    /**
     * Runs the graph once (TF_SessionRun). Feeds and fetches are named `node` or `node:output`. Returns each fetch as a typed array,
     * row-major. Throws `out_of_memory` for RESOURCE_EXHAUSTED, `internal` for other errors of TensorFlow.
     */
    run(feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]): TypedArray[] {
      if (!open) throw new TrainyardError('internal', 'The TensorFlow session is closed.');
      const inputs: number[] = [];
      let outputs: { id: number }[] = [];
      try {
        for (const { shape, dtype, values } of Object.values(feeds)) {
          inputs.push(addon.createTensor(shape, DATA_TYPES[dtype], values));
        }
        outputs = addon.runSavedModel(
          session,
          inputs,
          Object.keys(feeds).map(port).join(','),
          fetches.map(port).join(','),
        );
        return outputs.map(({ id }) => addon.tensorDataSync(id));
      } catch (error) {
        throw asTrainyardError(error);
      } finally {
        for (const id of inputs) addon.deleteTensor(id);
        for (const { id } of outputs) addon.deleteTensor(id);
      }
    },

    close(): void {
      if (!open) return;
      open = false;
      addon.deleteSavedModel(session);
    },
  };
}

/** Returns whether TensorFlow uses a GPU. Without one, or without its libraries, it silently computes on the CPU. */
export const isUsingGpu = (): boolean => binding().isUsingGpuDevice();

/** Returns the number of tensors in native memory, which V8's garbage collector does not see. */
export const tensorsAlive = (): number => binding().getNumOfTensors();

const port = (name: string): string => (name.includes(':') ? name : `${name}:0`);

function asTrainyardError(cause: unknown): TrainyardError {
  const sentence = cause instanceof Error ? cause.message : String(cause);
  return new TrainyardError(saysOutOfMemory(sentence) ? 'out_of_memory' : 'internal', sentence, { cause });
}
