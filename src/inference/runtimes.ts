/**
 * Runtimes that compute a model's outputs. TensorFlow takes every precision and uses a GPU. ONNX Runtime is faster for few
 * images in float32 on a CPU. A model's files for both are written from the same graph.
 */
import type { GraphRuntime, Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import type { OnnxSession } from '../graph/onnx-session.js';
import type { Session } from '../graph/session.js';

/** Images × height × width × channels bytes. */
export type Pixels = Readonly<{ shape: readonly number[]; values: Uint8Array }>;

export type LoadedModel = Readonly<{
  /** Computes one batch and blocks the thread meanwhile. The caller must wait for it before the next call. */
  predict(pixels: Pixels): Promise<Outputs>;
  close(): Promise<void>;
}>;

/** Loads a graph file, by runtime. */
export type Runtimes = Readonly<Record<GraphRuntime, (path: string) => Promise<LoadedModel>>>;

type RuntimesDeps = Readonly<{
  /** Loads the SavedModel of a folder. */
  openSession: (folder: string) => Pick<Session, 'run' | 'close'>;
  openOnnxSession: (path: string) => Promise<OnnxSession>;
}>;

const OUTPUTS = ['probabilities', 'logits'] as const;

export function createRuntimes({ openSession, openOnnxSession }: RuntimesDeps): Runtimes {
  return {
    async tensorflow(path) {
      const session = openSession(path.slice(0, path.lastIndexOf('/')));
      return {
        predict: async (images) => outputsOf(path, session.run({ images: { dtype: 'uint8', ...images } }, OUTPUTS)),
        close: async () => session.close(),
      };
    },
    async onnxruntime(path) {
      const session = await openOnnxSession(path);
      return {
        predict: async (images) => outputsOf(path, await session.run({ images }, OUTPUTS)),
        close: session.close,
      };
    },
  };
}

function outputsOf(path: string, [probabilities, logits]: readonly unknown[]): Outputs {
  if (probabilities instanceof Float32Array && logits instanceof Float32Array) return { probabilities, logits };
  throw new TrainyardError('model_corrupt', `The graph ${path} does not return probabilities and logits.`);
}
