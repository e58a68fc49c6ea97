/** A session of ONNX Runtime on the CPU: the only file that imports onnxruntime-node. */
import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-node';
import { saysOutOfMemory, TrainyardError } from '../errors/errors.js';

export type OnnxSession = Awaited<ReturnType<typeof openOnnxSession>>;

type Library = typeof import('onnxruntime-node');

let loaded: Library | undefined;

/** The library, loaded at the first call. */
export function loadOnnxRuntime(): Library {
  loaded ??= createRequire(import.meta.url)('onnxruntime-node') as Library;
  return loaded;
}

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  // Its threads wait for each other in a loop, since to be woken takes longer than many an operation; but only so many
  // microseconds, and never beyond the call: the cores are needed for a training, and for the requests that come.
  extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '20' }, force_spinning_stop: '1' } },
};

/** Loads a model of `writeOnnx`. `run` blocks the calling thread, from the next turn of the event loop until it is done. */
export async function openOnnxSession(path: string) {
  const { InferenceSession, Tensor } = loadOnnxRuntime();
  const session = await InferenceSession.create(path, OPTIONS).catch(fail);
  return {
    /** The outputs of these names, row-major, for inputs of bytes. Throws what the library says. */
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
