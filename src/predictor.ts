/** The predictor process: loads models, runs batches one after the other. Its parent is the API process that forked it. */
import type { PredictorCommand, PredictorMessage } from './contracts/process.js';
import { toTrainyardError } from './errors.js';
import { loadOnnxRuntime, openOnnxSession } from './graph/onnx-session.js';
import { openSession } from './graph/session.js';
import { createModelCache } from './inference/model-cache.js';
import { createRuntimes } from './inference/runtimes.js';

// Ctrl-C reaches the whole process group. When to end is the parent's to decide: it kills this process, or its channel closes.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

const models = createModelCache({ runtimes: createRuntimes({ openSession, openOnnxSession }) });
loadOnnxRuntime(); // now, not in the first request; TensorFlow is loaded with the first model that needs it

process.on('message', async (command: PredictorCommand) => tell(await answer(command)));
tell({ type: 'ready' });

async function answer(command: PredictorCommand): Promise<PredictorMessage> {
  const { id } = command;
  try {
    return { type: 'predicted', id, outputs: await models.predict(command) };
  } catch (error) {
    const { code, message } = toTrainyardError(error);
    return { type: 'failed', id, error: { code, message } };
  }
}

function tell(message: PredictorMessage): void {
  process.send?.(message);
}
