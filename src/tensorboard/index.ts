/** TensorBoard event files. */
export { createRecorder, eventFolder, type RecorderOptions, removeEventFile } from './recorder.js';
export { createTensorBoardHooks } from './tensorboard-hooks.js';
