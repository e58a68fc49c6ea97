/** The predictor process: loads models, runs batches one after the other. Its parent is the API process that forked it. */
import type { PredictorCommand, PredictorMessage } from './contracts/process.js';
import { toTrainyardError } from './errors.js';
import { openSession, tensorsAlive } from './graph/session.js';
import { createModelCache } from './inference/model-cache.js';

// Ctrl-C reaches the whole process group. When to end is the parent's to decide: it kills this process, or its channel closes.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

const models = createModelCache({ openSession });
tensorsAlive(); // loads TensorFlow now, not in the first request

process.on('message', (command: PredictorCommand) => tell(answer(command)));
tell({ type: 'ready' });

function answer(command: PredictorCommand): PredictorMessage {
  const { id } = command;
  try {
    return { type: 'predicted', id, outputs: models.predict(command) };
  } catch (error) {
    const { code, message } = toTrainyardError(error);
    return { type: 'failed', id, error: { code, message } };
  }
}

function tell(message: PredictorMessage): void {
  process.send?.(message);
}
