/** TensorBoard as hooks of a worker: records the frames of each job, and removes the event files of removed jobs. */
import { createRecorder, type RecordedJob, type RecorderOptions, removeEventFile } from './recorder.js';

export function createTensorBoardHooks(options: RecorderOptions) {
  const { folder, logger } = options;
  return {
    recordFrames: createRecorder(options),
    /** Removes the event file of a job that was removed. If it cannot be removed, logs a warning. */
    onRemoved({ id, name }: RecordedJob): void {
      removeEventFile(folder, { id, name }).catch((err: unknown) => logger.warn({ err }, 'event file not removed'));
    },
  };
}
