/** Predictor process, a child of the API: loads models, and runs batches one after the other. */
import type {
  CheckCommand,
  CheckMessage,
  LoadedGraph,
  PredictorCommand,
  PredictorMessage,
  UnloadCommand,
} from './contracts/processes/trainer-messages.js';
import { toTrainyardError } from './errors/errors.js';
import { loadOnnxRuntime, openOnnxSession } from './graph/onnx-session.js';
import { proveTensorFlow } from './graph/proof.js';
import { openSession } from './graph/session.js';
import { createModelCache } from './inference/model-cache.js';
import { createRuntimes } from './inference/runtimes.js';
import { openExplainer } from './training/result/class-activation.js';

// Ctrl-C reaches the whole process group. The parent decides when this process ends: it kills it, or its channel closes.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

const [memoryBytes = String(2 ** 30)] = process.argv.slice(2);
const runtimes = createRuntimes({ openSession, openOnnxSession, openExplainer });
const models = createModelCache({ runtimes, memoryBytes: Number(memoryBytes) });
/** Keys of the loaded graphs in the last message to the parent. */
let reportedGraphs = '';
loadOnnxRuntime(); // before the first request; TensorFlow is loaded with the first model that needs it

let last = Promise.resolve();
process.on('message', (command: PredictorCommand | UnloadCommand | CheckCommand) => {
  if (command.type === 'check') return check();
  last = last.then(async () => send(await answer(command)));
});
send({ type: 'ready' });

/** Loads TensorFlow, computes something and exits. A process of its own does this, because TensorFlow never returns its memory. */
function check(): void {
  let message: CheckMessage = { type: 'checked' };
  try {
    proveTensorFlow();
  } catch (error) {
    const { code, message: text } = toTrainyardError(error);
    message = { type: 'failed', error: { code, message: text } };
  }
  process.send?.(message, () => process.exit(0));
}

async function answer(command: PredictorCommand | UnloadCommand): Promise<PredictorMessage> {
  const { id } = command;
  try {
    if (command.type === 'unload') {
      await models.unload(command);
      return { type: 'unloaded', id, ...changedGraphs() };
    }
    return { type: 'predicted', id, outputs: await models.predict(command), ...changedGraphs() };
  } catch (error) {
    const { code, message } = toTrainyardError(error);
    return { type: 'failed', id, error: { code, message }, ...changedGraphs() };
  }
}

/** Returns the loaded graphs if they have changed since the last message. */
function changedGraphs(): { loaded?: LoadedGraph[] } {
  const loaded = models.loaded();
  const keys = loaded.map(({ path, sha256 }) => `${sha256} ${path}`);
  const graphs = keys.sort().join('\n');
  if (graphs === reportedGraphs) return {};
  reportedGraphs = graphs;
  return { loaded };
}

function send(message: PredictorMessage): void {
  process.send?.(message);
}
