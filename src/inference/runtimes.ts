/**
 * Runtimes that compute a model's outputs. TensorFlow takes every precision and uses a GPU. ONNX Runtime is faster for few
 * images in float32 on a CPU. A model's files for both are written from the same graph.
 */
import type { ExplainedModel, GraphRuntime, Outputs } from '../contracts/processes/trainer-messages.js';
import { TrainyardError } from '../errors/errors.js';
import type { OnnxSession } from '../graph/onnx-session.js';
import type { Session } from '../graph/session.js';

/** Images × height × width × channels bytes. */
export type PixelTensor = Readonly<{ shape: readonly number[]; values: Uint8Array }>;

/** Images to explain, with the class index of each. */
export type ExplainedPixels = PixelTensor & Readonly<{ targets: Int32Array }>;

export type LoadedModel = Readonly<{
  /** Computes one batch and blocks the thread meanwhile. The caller must wait for it before the next call. */
  predict(pixels: PixelTensor & Partial<ExplainedPixels>): Promise<Outputs>;
  close(): Promise<void>;
}>;

/** A weights file with its content, and the model that it belongs to. */
type WeightsFile = Readonly<{ path: string; content: Uint8Array; explained: ExplainedModel | undefined }>;

/** Loads a graph file, by runtime. The explainer builds its graph from a weights file. */
export type Runtimes = Readonly<
  Record<GraphRuntime, (path: string) => Promise<LoadedModel>> & {
    explainer: (file: WeightsFile) => Promise<LoadedModel>;
  }
>;

type RuntimesDeps = Readonly<{
  /** Loads the SavedModel of a folder. */
  openSession: (folder: string) => Pick<Session, 'run' | 'close'>;
  openOnnxSession: (path: string) => Promise<OnnxSession>;
  /** Loads the graph of class activation maps from the content of a weights file. */
  openExplainer?: (
    model: ExplainedModel,
    weights: Uint8Array,
  ) => Readonly<{ run: (pixels: ExplainedPixels) => Outputs; close: () => void }>;
}>;

const OUTPUTS = ['probabilities', 'logits'] as const;

export function createRuntimes({ openSession, openOnnxSession, openExplainer }: RuntimesDeps): Runtimes {
  return {
    async tensorflow(path) {
      const session = openSession(path.slice(0, path.lastIndexOf('/')));
      return {
        predict: async ({ shape, values }) =>
          outputsOf(path, session.run({ images: { dtype: 'uint8', shape, values } }, OUTPUTS)),
        close: async () => session.close(),
      };
    },
    async onnxruntime(path) {
      const session = await openOnnxSession(path);
      return {
        predict: async ({ shape, values }) =>
          outputsOf(path, await session.run({ images: { shape, values } }, OUTPUTS)),
        close: session.close,
      };
    },
    async explainer({ path, explained, content }) {
      if (explained === undefined || openExplainer === undefined)
        throw new TrainyardError('internal', `The model of ${path} cannot be explained here.`);
      const explainer = openExplainer(explained, content);
      return {
        predict: async ({ shape, values, targets = new Int32Array(shape[0] ?? 0) }) =>
          explainer.run({ shape, values, targets }),
        close: async () => explainer.close(),
      };
    },
  };
}

function outputsOf(path: string, [probabilities, logits]: readonly unknown[]): Outputs {
  if (probabilities instanceof Float32Array && logits instanceof Float32Array) return { probabilities, logits };
  throw new TrainyardError('model_corrupt', `The graph ${path} does not return probabilities and logits.`);
}
