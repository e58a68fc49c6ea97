/** A classification → an inference response of the Open Inference Protocol, its tensors in JSON or in binary behind it. */
import type { InferenceResponse } from '../../contracts/protocols/open-inference.js';
import type { Classification } from '../../inference/classifier.js';
import { refuseFields } from '../http/validation.js';
import { toJsonNumber } from './numbers.js';
import type { WantedOutput } from './open-inference-request.js';
import { outputOf } from './outputs.js';

type Output = InferenceResponse['outputs'][number];

/** The JSON, and the bytes of the outputs that are to follow it; undefined: none is. Throws `invalid_request` where one is named that the model does not have. */
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
      throw refuseFields([{ pointer, message: `is ${name}, and no temperature was fitted for ${source.name}` }]);
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

/** Per image the `count` largest, as `value:index:label`. */
function bestClasses(values: Float32Array, labels: readonly string[], count: number): string[] {
  const { length } = labels;
  return Array.from({ length: values.length / length }, (_, image) =>
    Array.from(values.subarray(image * length, (image + 1) * length), (value, index) => ({ value, index }))
      .sort((a, b) => b.value - a.value || a.index - b.index)
      .slice(0, count)
      .map(({ value, index }) => `${toJsonNumber(value)}:${index}:${labels[index]}`),
  ).flat();
}

/** Little-endian, as every machine lays them out that TensorFlow runs on. */
const floatBytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Each text with its length in bytes before it, four bytes, little-endian. */
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
