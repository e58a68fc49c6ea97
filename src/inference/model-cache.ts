/** The models that a predictor process has loaded: on demand, once their graph is the one that was stored, and only a few. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outputs, PredictorCommand } from '../contracts/process.js';
import { TrainyardError } from '../errors.js';
import type { Session } from '../graph/session.js';

/** What is used of a TensorFlow session. */
type ServingSession = Pick<Session, 'run' | 'close'>;

type Deps = Readonly<{
  /** Loads a SavedModel. */
  openSession: (folder: string) => ServingSession;
  /** Models that stay loaded. Default 4; the one used least recently is closed for the next. */
  capacity?: number;
}>;

/** Loaded models, by folder and digest: a folder whose graph was replaced is another model. */
export function createModelCache({ openSession, capacity = 4 }: Deps) {
  /** In the order of their last use. */
  const sessions = new Map<string, ServingSession>();

  function sessionOf({ folder, sha256 }: PredictorCommand): ServingSession {
    const key = `${sha256} ${folder}`;
    const session = sessions.get(key) ?? load(folder, sha256);
    sessions.delete(key);
    sessions.set(key, session);
    return session;
  }

  function load(folder: string, sha256: string): ServingSession {
    for (const [key, session] of sessions) {
      if (sessions.size < capacity) break;
      sessions.delete(key);
      session.close();
    }
    checkDigest(join(folder, 'saved_model.pb'), sha256);
    return openSession(folder);
  }

  return {
    /** Blocks until TensorFlow is done. Throws `model_corrupt` where the graph is not the one stored. */
    predict(command: PredictorCommand): Outputs {
      const [probabilities, logits] = sessionOf(command).run(
        { images: { dtype: 'uint8', shape: command.shape, values: command.pixels } },
        ['probabilities', 'logits'],
      );
      if (probabilities instanceof Float32Array && logits instanceof Float32Array) return { probabilities, logits };
      throw new TrainyardError(
        'model_corrupt',
        `The graph in ${command.folder} does not answer probabilities and logits.`,
      );
    },

    close(): void {
      for (const session of sessions.values()) session.close();
      sessions.clear();
    },
  };
}

function checkDigest(path: string, sha256: string): void {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
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
