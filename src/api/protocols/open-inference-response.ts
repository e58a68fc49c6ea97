/** Writer of Open Inference Protocol responses, with tensors in JSON or in binary after it. */
import type { InferenceResponse } from '../../contracts/protocols/open-inference-messages.js';
import type { Classification } from '../../inference/classifier.js';
import { refuseFields } from '../http/validation.js';
import { toJsonNumber } from './numbers.js';
import type { WantedOutput } from './open-inference-request.js';
import { outputOf } from './outputs.js';

type Output = InferenceResponse['outputs'][number];

/**
 * Returns the JSON and the binary outputs that follow it; `tail` is undefined if there are none. Throws `invalid_request` if the request
 * names an output that the model does not have.
 */
export function writeResponse(
  classification: Classification,
  wanted: readonly WantedOutput[],
  id: string | undefined,
): { response: InferenceResponse; tail: Buffer | undefined } {
  const { source, manifest } = classification.model;
  const { images } = classification;
  const tails: Buffer[] = [];
  const written = wanted.flatMap(({ name, pointer, binary, classes }): Output | [] => {
    const values = outputOf(classification, name);
    if (values === undefined) {
      if (pointer === undefined) return [];
      throw refuseFields([
        {
          pointer,
          message: `must be probabilities or logits: the model ${source.name} has no temperature for calibrated outputs`,
        },
      ]);
    }
    const tensor = classes === undefined ? undefined : bestClasses(values, manifest.classes, classes);
    const shape = [images, tensor === undefined ? manifest.classes.length : tensor.length / images];
    const datatype = tensor === undefined ? 'FP32' : 'BYTES';
    if (!binary) return { name, datatype, shape, data: tensor ?? Array.from(values, toJsonNumber) };
    const bytes = tensor === undefined ? floatBytes(values) : textBytes(tensor);
    tails.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const response = {
    model_name: source.name,
    ...('version' in source && { model_version: String(source.version) }),
    ...(id !== undefined && { id }),
    outputs: written,
  };
  return { response, tail: tails.length === 0 ? undefined : Buffer.concat(tails) };
}

/** Returns the `count` largest values of each image as `value:index:label`. */
function bestClasses(values: Float32Array, labels: readonly string[], count: number): string[] {
  const { length } = labels;
  return Array.from({ length: values.length / length }, (_, image) =>
    Array.from(values.subarray(image * length, (image + 1) * length), (value, index) => ({ value, index }))
      .sort((a, b) => b.value - a.value || a.index - b.index)
      .slice(0, count)
      .map(({ value, index }) => `${toJsonNumber(value)}:${index}:${labels[index]}`),
  ).flat();
}

/** Little-endian, the byte order of every machine that TensorFlow supports. */
const floatBytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Encodes strings as a BYTES tensor: before each string, its length in four bytes, little-endian. */
function textBytes(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
