/** Event files of TensorBoard. */
export { createRecorder, eventFolder, type RecorderOptions } from './recorder.js';
