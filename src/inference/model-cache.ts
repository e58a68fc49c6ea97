/** The models that a predictor process has loaded: on demand, once their graph is the one that was stored, and only a few. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Outputs, PredictorCommand } from '../contracts/process.js';
import { TrainyardError } from '../errors.js';
import type { LoadedModel, Runtimes } from './runtimes.js';

type Deps = Readonly<{
  runtimes: Runtimes;
  /** Models that stay loaded. Default 4; the one used least recently is closed for the next. */
  capacity?: number;
}>;

/** Loaded models, by file and digest: one whose graph was replaced is another model. It takes one command at a time. */
export function createModelCache({ runtimes, capacity = 4 }: Deps) {
  /** In the order of their last use. */
  const models = new Map<string, LoadedModel>();

  async function modelOf({ runtime, path, sha256 }: PredictorCommand): Promise<LoadedModel> {
    const key = `${sha256} ${path}`;
    const model = models.get(key) ?? (await load(runtime, path, sha256));
    models.delete(key);
    models.set(key, model);
    return model;
  }

  async function load(runtime: PredictorCommand['runtime'], path: string, sha256: string): Promise<LoadedModel> {
    for (const [key, model] of models) {
      if (models.size < capacity) break;
      models.delete(key);
      await model.close();
    }
    await checkDigest(path, sha256);
    return runtimes[runtime](path);
  }

  return {
    /** Throws `model_corrupt` where the graph is not the one stored. */
    async predict(command: PredictorCommand): Promise<Outputs> {
      const { shape, pixels: values } = command;
      return (await modelOf(command)).predict({ shape, values });
    },

    async close(): Promise<void> {
      for (const model of models.values()) await model.close();
      models.clear();
    },
  };
}

async function checkDigest(path: string, sha256: string): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new TrainyardError(
      'model_corrupt',
      `The graph ${path} cannot be read. Train the model again, or restore its folder.`,
      { cause },
    );
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return;
  throw new TrainyardError(
    'model_corrupt',
    `The SHA-256 of ${path} is ${found}, and its manifest says ${sha256}. Train the model again, or restore its folder.`,
  );
}
