/** The predictor process: loads models, runs batches one after the other, and unloads between them. Its parent is the API process that forked it. */
import type {
  CheckCommand,
  CheckMessage,
  LoadedGraph,
  PredictorCommand,
  PredictorMessage,
  UnloadCommand,
} from './contracts/processes/trainer.js';
import { toTrainyardError } from './errors/errors.js';
import { loadOnnxRuntime, openOnnxSession } from './graph/onnx-session.js';
import { proveTensorFlow } from './graph/proof.js';
import { openSession } from './graph/session.js';
import { createModelCache } from './inference/model-cache.js';
import { createRuntimes } from './inference/runtimes.js';

// Ctrl-C reaches the whole process group. When to end is the parent's to decide: it kills this process, or its channel closes.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

const [memoryBytes = String(2 ** 30)] = process.argv.slice(2);
const runtimes = createRuntimes({ openSession, openOnnxSession });
const models = createModelCache({ runtimes, memoryBytes: Number(memoryBytes) });
let told = '';
loadOnnxRuntime(); // now, not in the first request; TensorFlow is loaded with the first model that needs it

let last = Promise.resolve();
process.on('message', (command: PredictorCommand | UnloadCommand | CheckCommand) => {
  if (command.type === 'check') return check();
  last = last.then(async () => tell(await answer(command)));
});
tell({ type: 'ready' });

/** Proves that TensorFlow loads too, and exits: in a process of its own, since TensorFlow's memory would stay. */
function check(): void {
  let answer: CheckMessage = { type: 'checked' };
  try {
    proveTensorFlow();
  } catch (error) {
    const { code, message } = toTrainyardError(error);
    answer = { type: 'failed', error: { code, message } };
  }
  process.send?.(answer, () => process.exit(0));
}

async function answer(command: PredictorCommand | UnloadCommand): Promise<PredictorMessage> {
  const { id } = command;
  try {
    if (command.type === 'unload') {
      await models.unload(command);
      return { type: 'unloaded', id, ...news() };
    }
    return { type: 'predicted', id, outputs: await models.predict(command), ...news() };
  } catch (error) {
    const { code, message } = toTrainyardError(error);
    return { type: 'failed', id, error: { code, message }, ...news() };
  }
}

/** The graphs that are loaded, where they are not those that were told last. */
function news(): { loaded?: LoadedGraph[] } {
  const loaded = models.loaded();
  const keys = loaded.map(({ path, sha256 }) => `${sha256} ${path}`);
  const now = keys.sort().join('\n');
  if (now === told) return {};
  told = now;
  return { loaded };
}

function tell(message: PredictorMessage): void {
  process.send?.(message);
}
