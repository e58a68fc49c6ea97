/** An inference request of the Open Inference Protocol → what is asked of the classifier, and which outputs are wanted. */
import type { Preprocessing } from '../../contracts/models/model.js';
import { MAX_IMAGES } from '../../contracts/prediction/predict.js';
import type { InferenceRequest, RequestOutput } from '../../contracts/protocols/open-inference.js';
import type { TrainyardError } from '../../errors/errors.js';
import type { ClassifyRequest, SentImage } from '../../inference/classifier.js';
import { refuseFields } from '../http/validation.js';
import { OUTPUTS, type OutputName } from './outputs.js';

const INPUT = 'images';

/** An output that is wanted. */
export type WantedOutput = Readonly<{
  name: OutputName;
  /** Where it was named; undefined: all outputs are wanted, those that the model has. */
  pointer: string | undefined;
  binary: boolean;
  /** So many of the best as texts instead of all numbers. */
  classes: number | undefined;
}>;

type Input = InferenceRequest['inputs'][number];

/** The images of a request; `tail` is what follows its JSON. Throws `invalid_request` with the JSON Pointer of what is wrong. */
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
    throw refusal(`${pointer}/shape`, `[${shape.join(', ')}] does not fit the ${files.length} elements there are`);
  }
  return files;
}

/** The data of an input: in the JSON, or as long as it says, behind it. */
function valuesOf({ data, parameters }: Input, tail: Buffer): readonly unknown[] | Uint8Array {
  const size = parameters?.['binary_data_size'];
  if (size === undefined) {
    if (tail.length > 0) throw refusal('/inputs/0/parameters/binary_data_size', 'is required: data follows the JSON');
    if (data === undefined)
      throw refusal('/inputs/0/data', 'is required, or binary_data_size and the data behind the JSON');
    return data;
  }
  const place = '/inputs/0/parameters/binary_data_size';
  if (data !== undefined) throw refusal('/inputs/0/data', 'is not allowed beside binary_data_size');
  if (size !== tail.length) throw refusal(place, `is ${size}, and ${tail.length} bytes follow the JSON`);
  return tail;
}

/**
 * Elements of BYTES: each with its length before it, four bytes, little-endian. One beyond the `count` of the shape, or beyond the
 * images of a request, ends the reading: a body has room for millions of empty ones.
 */
function splitBytes(bytes: Uint8Array, count: number): SentImage[] {
  const most = Math.min(count, MAX_IMAGES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: SentImage[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (files.length === most) {
      throw refusal(
        '/inputs/0/data',
        `has more elements than the ${most} ${count > most ? 'images of a request' : 'of its shape'}`,
      );
    }
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.NaN;
    if (!(at + 4 + length <= bytes.length)) {
      throw refusal(
        '/inputs/0/data',
        `element ${files.length} says it is longer than the ${bytes.length} bytes there are`,
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
  if (typeof text !== 'string') throw refusal(pointer, 'must be a text in base64: an image file');
  return { type: 'base64', pointer, text };
}

/**
 * The request that a body without JSON stands for: one image, as the model takes it, and all outputs in binary. `sizeBytes` is the
 * length of that body.
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

/** The outputs to answer: those that are named, or all. */
export function wantedOutputs({ outputs, parameters }: InferenceRequest): readonly WantedOutput[] {
  const allBinary = parameters?.['binary_data_output'] === true;
  const isNamed = outputs !== undefined && outputs.length > 0;
  const wanted: readonly RequestOutput[] = isNamed ? outputs : OUTPUTS.map((name) => ({ name }));
  return wanted.map(({ name, parameters: own }, index) => {
    const output = OUTPUTS.find((each) => each === name);
    if (output === undefined) throw refusal(`/outputs/${index}/name`, `must be one of ${OUTPUTS.join(', ')}`);
    const classes = own?.['classification'];
    if (classes !== undefined && !(Number.isInteger(classes) && Number(classes) >= 0)) {
      throw refusal(`/outputs/${index}/parameters/classification`, 'must be a whole number: how many classes');
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
