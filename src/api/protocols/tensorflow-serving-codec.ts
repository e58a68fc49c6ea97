/** Requests and responses of TensorFlow Serving's REST API, converted for the classifier. */
import { MAX_IMAGES } from '../../contracts/prediction/prediction-messages.js';
import type {
  ServingClassifyRequest,
  ServingMetadata,
  ServingPredictRequest,
  ServingPredictResponse,
  TensorInfo,
} from '../../contracts/protocols/tensorflow-serving-messages.js';
import type { TrainyardError } from '../../errors/errors.js';
import type { Classification, SentImage } from '../../inference/classifier.js';
import type { ResolvedModel } from '../../inference/resolver.js';
import { refuseFields } from '../http/validation.js';
import { toJsonNumber } from './numbers.js';
import { outputOf, outputsOf } from './outputs.js';

const INPUT = 'images';
const SIGNATURE = 'serving_default';

/** Returns the images of a predict request. Throws `invalid_request` with a pointer. */
export function readPredict({ signature_name, instances, inputs }: ServingPredictRequest): SentImage[] {
  checkSignature(signature_name);
  if ((instances === undefined) === (inputs === undefined)) {
    throw refusal('/instances', 'is required, or inputs: send exactly one of the two');
  }
  if (instances !== undefined) {
    return instances.map((row, index) => {
      const pointer = `/instances/${index}`;
      return isObject(row) && !('b64' in row) ? readFeatures(row, pointer) : readImage(row, pointer);
    });
  }
  const column = isObject(inputs) && !('b64' in inputs) ? featureOf(inputs, '/inputs') : inputs;
  const pointer = column === inputs ? '/inputs' : `/inputs/${INPUT}`;
  if (!Array.isArray(column)) throw refusal(pointer, 'must be a list with one item for each image');
  if (column.length === 0 || column.length > MAX_IMAGES) {
    throw refusal(pointer, `must have 1 to ${MAX_IMAGES} images, not ${column.length}`);
  }
  return column.map((image, index) => readImage(image, `${pointer}/${index}`));
}

/** Returns the images of a classify request. Each example has its own features and those of the context. */
export function readExamples({ signature_name, examples, context = {} }: ServingClassifyRequest): SentImage[] {
  checkSignature(signature_name);
  return examples.map((example, index) => readFeatures({ ...context, ...example }, `/examples/${index}`));
}

function checkSignature(name: string | undefined): void {
  if (name === undefined || name === '' || name === SIGNATURE) return;
  throw refusal('/signature_name', `must be ${SIGNATURE}, the only signature`);
}

const readFeatures = (row: Readonly<Record<string, unknown>>, pointer: string): SentImage =>
  readImage(featureOf(row, pointer), `${pointer}/${INPUT}`);

/** Returns the value of the input `images`, the only one. */
function featureOf(row: Readonly<Record<string, unknown>>, pointer: string): unknown {
  const other = Object.keys(row).find((name) => name !== INPUT);
  if (other !== undefined)
    throw refusal(`${pointer}/${other.slice(0, 100)}`, `is not an input: the only input is ${INPUT}`);
  if (!(INPUT in row)) throw refusal(`${pointer}/${INPUT}`, 'is required');
  return row[INPUT];
}

/** Reads pixels, or an image file as `{"b64": …}`. */
function readImage(value: unknown, pointer: string): SentImage {
  if (!isObject(value)) return { type: 'instance', values: value, pointer };
  const text = value['b64'];
  if (typeof text !== 'string' || Object.keys(value).length > 1) {
    throw refusal(pointer, 'must be pixels or {"b64": "an image file in base64"}');
  }
  return { type: 'base64', text, pointer: `${pointer}/b64` };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes the predictions in the format of the request: one row for each image, or one column for each output. */
export function writePredictions(classification: Classification, inRows: boolean): ServingPredictResponse {
  const { images, model, outputs } = classification;
  const { length } = model.manifest.classes;
  const rowsOf = (values: Float32Array): number[][] =>
    Array.from({ length: images }, (_, image) =>
      Array.from(values.subarray(image * length, (image + 1) * length), toJsonNumber),
    );
  const calibrated = outputOf(classification, 'calibrated');
  const columns = {
    probabilities: rowsOf(outputs.probabilities),
    logits: rowsOf(outputs.logits),
    ...(calibrated && { calibrated: rowsOf(calibrated) }),
  };
  if (!inRows) return { outputs: columns };
  return {
    predictions: columns.probabilities.map((probabilities, image) => ({
      probabilities,
      logits: columns.logits[image] ?? [],
      ...(columns.calibrated && { calibrated: columns.calibrated[image] ?? [] }),
    })),
  };
}

/** Returns the signature of a model as TensorFlow Serving describes it. */
export function describeModel({ source, manifest }: ResolvedModel): ServingMetadata {
  const { preprocessing, classes } = manifest;
  const { height, width, channels } = preprocessing;
  const info = (tensor: string, dtype: string, dims: readonly number[]): TensorInfo => ({
    dtype,
    tensor_shape: { dim: dims.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
    name: `${tensor}:0`,
  });
  const output = (tensor: string) => info(tensor, 'DT_FLOAT', [-1, classes.length]);
  return {
    model_spec: {
      name: source.name,
      signature_name: '',
      version: 'version' in source ? String(source.version) : '',
    },
    metadata: {
      signature_def: {
        signature_def: {
          [SIGNATURE]: {
            inputs: { [INPUT]: info(INPUT, 'DT_UINT8', [-1, height, width, channels]) },
            outputs: Object.fromEntries(outputsOf(manifest).map((name) => [name, output(name)])),
            method_name: 'tensorflow/serving/predict',
            defaults: {},
          },
        },
      },
    },
  };
}

const refusal = (pointer: string, message: string): TrainyardError => refuseFields([{ pointer, message }]);
