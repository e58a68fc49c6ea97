/** Event files of TensorBoard. */
export { createRecorder, eventFolder, type RecorderOptions, removeEventFile } from './recorder.js';
