/** Session of ONNX Runtime on the CPU. Only this file imports onnxruntime-node. */
import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-node';
import { saysOutOfMemory, TrainyardError } from '../errors/errors.js';

export type OnnxSession = Awaited<ReturnType<typeof openOnnxSession>>;

type Library = typeof import('onnxruntime-node');

let loaded: Library | undefined;

/** Returns the library. Loads it at the first call. */
export function loadOnnxRuntime(): Library {
  loaded ??= createRequire(import.meta.url)('onnxruntime-node') as Library;
  return loaded;
}

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  // Threads spin while they wait for each other, because waking up takes longer than many operations. They spin for at most 20 µs
  // and never after the call: training and other requests need the cores.
  extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '20' }, force_spinning_stop: '1' } },
};

/** Loads a model that `writeOnnx` wrote. */
export async function openOnnxSession(path: string) {
  const { InferenceSession, Tensor } = loadOnnxRuntime();
  const session = await InferenceSession.create(path, OPTIONS).catch(fail);
  return {
    /**
     * Returns the outputs of these names, row-major, for uint8 inputs. Blocks the calling thread while it computes. Throws
     * `out_of_memory` or `internal` with the message of the library.
     */
    async run(
      feeds: Readonly<Record<string, Readonly<{ shape: readonly number[]; values: Uint8Array }>>>,
      outputs: readonly string[],
    ): Promise<(Float32Array | undefined)[]> {
      const tensors = Object.entries(feeds).map(([name, { shape, values }]) => {
        return [name, new Tensor('uint8', values, shape)] as const;
      });
      const answers = await session.run(Object.fromEntries(tensors), outputs).catch(fail);
      return outputs.map((name) => answers[name]?.data as Float32Array | undefined);
    },

    /** Gives the model's memory back. */
    close: (): Promise<void> => session.release(),
  };
}

function fail(cause: unknown): never {
  const sentence = cause instanceof Error ? cause.message : String(cause);
  throw new TrainyardError(saysOutOfMemory(sentence) ? 'out_of_memory' : 'internal', `ONNX Runtime: ${sentence}`, {
    cause,
  });
}
