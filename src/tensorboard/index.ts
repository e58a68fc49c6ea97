/** TensorBoard event files. */
export { createRecorder, eventFolder, type RecorderOptions, removeEventFile } from './recorder.js';
