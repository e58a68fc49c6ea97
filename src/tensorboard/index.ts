/** TensorBoard event files. */
export { createRecorder, eventFolder, type RecorderOptions, removeEventFile, removeEventFilesOf } from './recorder.js';
export { createTensorBoardHooks } from './tensorboard-hooks.js';
