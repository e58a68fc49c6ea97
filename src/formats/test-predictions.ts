/** Predictions of test images, as they are saved with a model: one row per image, in descending order of the probability. */
import { TrainyardError } from '../errors/errors.js';
import { bytesOfFloats, decodeSafetensors, encodeSafetensors, floatsOf, type StoredTensor } from './safetensors.js';

/** Columns of equal length. Labels and predictions are class indices; images are indices of the test split. */
export type TestPredictions = Readonly<{
  images: Int32Array;
  labels: Int32Array;
  predicted: Int32Array;
  /** Probability of the predicted class. */
  probabilities: Float32Array;
}>;

/** Encodes predictions as a safetensors file of 16 bytes per image. */
export function encodePredictions({ images, labels, predicted, probabilities }: TestPredictions): Uint8Array {
  const shape = [images.length];
  const integers = ({ buffer, byteOffset, byteLength }: Int32Array): StoredTensor => ({
    dtype: 'I32',
    shape,
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
  });
  const tensors = new Map<string, StoredTensor>([
    ['images', integers(images)],
    ['labels', integers(labels)],
    ['predicted', integers(predicted)],
    ['probabilities', { dtype: 'F32', shape, bytes: bytesOfFloats(probabilities) }],
  ]);
  return Buffer.concat(encodeSafetensors(tensors, { format: 'trainyard-predictions/1' }));
}

/** Decodes a file of predictions. Throws `model_corrupt` if it is not such a file, or if it names classes beyond `classes`. */
export function decodePredictions(file: Uint8Array, classes: number): TestPredictions {
  const { tensors } = decodeSafetensors(file);
  const length = tensors.get('images')?.shape[0] ?? -1;
  const column = (name: string, dtype: StoredTensor['dtype']): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.dtype === dtype && tensor.bytes.length === 4 * length) return floatsOf(tensor);
    throw corrupt(`its tensor "${name}" is missing or has another length`);
  };
  const integers = (name: string, bound: number): Int32Array => {
    const { buffer, byteOffset } = column(name, 'I32');
    const values = new Int32Array(buffer, byteOffset, length);
    if (values.every((value) => value >= 0 && value < bound)) return values;
    throw corrupt(`its tensor "${name}" has numbers outside 0 to ${bound - 1}`);
  };
  return {
    images: integers('images', length),
    labels: integers('labels', classes),
    predicted: integers('predicted', classes),
    probabilities: column('probabilities', 'F32'),
  };
}

const corrupt = (fault: string): TrainyardError =>
  new TrainyardError('model_corrupt', `The file of test predictions cannot be used: ${fault}. Train the model again.`);
