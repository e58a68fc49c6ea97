/** Reader of Open Inference Protocol requests: images for the classifier, and the requested outputs. */
import type { Preprocessing } from '../../contracts/models/model.js';
import { MAX_IMAGES } from '../../contracts/prediction/prediction-messages.js';
import type { InferenceRequest, RequestOutput } from '../../contracts/protocols/open-inference-messages.js';
import type { TrainyardError } from '../../errors/errors.js';
import type { ClassifyRequest, SentImage } from '../../inference/classifier.js';
import { refuseFields } from '../http/validation.js';
import { OUTPUTS, type OutputName } from './outputs.js';

const INPUT = 'images';

/** An output to include in the response. */
export type WantedOutput = Readonly<{
  name: OutputName;
  /** JSON Pointer of the output's name. Undefined: the request names none and gets all outputs of the model. */
  pointer: string | undefined;
  binary: boolean;
  /** Number of best classes to return as strings instead of all values. */
  classes: number | undefined;
}>;

type Input = InferenceRequest['inputs'][number];

/** Returns the images of a request; `tail` is the binary data after its JSON. Throws `invalid_request` with a pointer. */
export function readInput({ inputs }: InferenceRequest, tail: Buffer): ClassifyRequest['images'] {
  const [input] = inputs;
  if (input === undefined) throw refusal('/inputs', `must have one tensor, named ${INPUT}`);
  const pointer = '/inputs/0';
  const { name, shape, datatype } = input;
  if (name !== INPUT) throw refusal(`${pointer}/name`, `must be ${INPUT}, not ${JSON.stringify(name.slice(0, 40))}`);
  const values = valuesOf(input, tail);
  if (datatype !== 'BYTES') return { type: 'tensor', pointer, shape, datatype, values };
  const count = shape.reduce((product, size) => product * size, 1);
  const files = values instanceof Uint8Array ? splitBytes(values, count) : values.flat(16).map(readText);
  if (files.length !== count) {
    throw refusal(`${pointer}/shape`, `[${shape.join(', ')}] does not match the ${files.length} elements of data`);
  }
  return files;
}

/** Returns the data of an input, from the JSON or from the binary data after it. */
function valuesOf({ data, parameters }: Input, tail: Buffer): readonly unknown[] | Uint8Array {
  const size = parameters?.['binary_data_size'];
  if (size === undefined) {
    if (tail.length > 0)
      throw refusal('/inputs/0/parameters/binary_data_size', 'is required, since binary data follows the JSON');
    if (data === undefined)
      throw refusal('/inputs/0/data', 'is required, or binary_data_size with binary data after the JSON');
    return data;
  }
  const pointer = '/inputs/0/parameters/binary_data_size';
  if (data !== undefined) throw refusal('/inputs/0/data', 'is not allowed together with binary_data_size');
  if (size !== tail.length) throw refusal(pointer, `must be ${tail.length}, the bytes after the JSON, not ${size}`);
  return tail;
}

/**
 * Splits a BYTES tensor: before each element, its length in four bytes, little-endian. Stops at the first element beyond `count` or
 * beyond the limit of a request: a body has room for millions of empty elements.
 */
function splitBytes(bytes: Uint8Array, count: number): SentImage[] {
  const most = Math.min(count, MAX_IMAGES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: SentImage[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (files.length === most) {
      throw refusal(
        '/inputs/0/data',
        `must have at most ${most} elements, ${count > most ? 'the limit of a request' : 'as its shape says'}`,
      );
    }
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.NaN;
    if (!(at + 4 + length <= bytes.length)) {
      throw refusal(
        '/inputs/0/data',
        `element ${files.length} has a length beyond the ${bytes.length} bytes of the data`,
      );
    }
    files.push({
      type: 'file',
      pointer: `/inputs/0/data/${files.length}`,
      bytes: bytes.subarray(at + 4, at + 4 + length),
    });
    at += 4 + length;
  }
  return files;
}

function readText(text: unknown, index: number): SentImage {
  const pointer = `/inputs/0/data/${index}`;
  if (typeof text !== 'string') throw refusal(pointer, 'must be a string: an image file in base64');
  return { type: 'base64', pointer, text };
}

/**
 * Returns the request for a body without JSON of `sizeBytes`: one image in the model's input size, answered with all outputs in binary.
 */
export const rawRequest = ({ height, width, channels }: Preprocessing, sizeBytes: number): InferenceRequest => ({
  inputs: [
    {
      name: INPUT,
      datatype: 'UINT8',
      shape: [1, height, width, channels],
      parameters: { binary_data_size: sizeBytes },
    },
  ],
  parameters: { binary_data_output: true },
});

/** Returns the outputs that the request names, or all. */
export function wantedOutputs({ outputs, parameters }: InferenceRequest): readonly WantedOutput[] {
  const allBinary = parameters?.['binary_data_output'] === true;
  const isNamed = outputs !== undefined && outputs.length > 0;
  const wanted: readonly RequestOutput[] = isNamed ? outputs : OUTPUTS.map((name) => ({ name }));
  return wanted.map(({ name, parameters: own }, index) => {
    const output = OUTPUTS.find((each) => each === name);
    if (output === undefined) throw refusal(`/outputs/${index}/name`, `must be one of ${OUTPUTS.join(', ')}`);
    const classes = own?.['classification'];
    if (classes !== undefined && !(Number.isInteger(classes) && Number(classes) >= 0)) {
      throw refusal(`/outputs/${index}/parameters/classification`, 'must be a whole number of classes, at least 0');
    }
    const binary = own?.['binary_data'] ?? allBinary;
    return {
      name: output,
      pointer: isNamed ? `/outputs/${index}/name` : undefined,
      binary: binary === true,
      classes: classes ? Number(classes) : undefined,
    };
  });
}

const refusal = (pointer: string, message: string): TrainyardError => refuseFields([{ pointer, message }]);
