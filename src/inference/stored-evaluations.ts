/** Evaluations stored with models, and their confused images as PNG files. */
import sharp from 'sharp';
import { Compile } from 'typebox/compile';
import { Evaluation, whyNotEvaluated } from '../contracts/models/evaluation.js';
import type {
  ComparisonQuery,
  EvaluationComparison,
  TestPredictionPage,
  TestPredictionQuery,
} from '../contracts/models/test-image.js';
import { TrainyardError } from '../errors/errors.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import type { ModelStore, StoredModel } from '../store/index.js';
import { compareImages, createPredictionReader, listImages, type Predicted } from './evaluated-images.js';
import { describePictures, type FindTestDigest, type FindTestPaths, withPaths } from './test-pictures.js';

const schema = Compile(Evaluation);

export type Evaluations = ReturnType<typeof createEvaluations>;

/** Default of `findTestDigest`: there is no data set. */
const noDataset: FindTestDigest = async (name) => {
  throw new TrainyardError('dataset_not_found', `There is no data set ${name}.`);
};

const noPaths: FindTestPaths = async () => undefined;

export function createEvaluations(
  store: Pick<ModelStore, 'readFile'>,
  findTestDigest = noDataset,
  findTestPaths = noPaths,
) {
  const readPredictions = createPredictionReader(store);

  /** Returns the model's evaluation, or undefined if it was stored without one. Throws `model_corrupt` if the file is invalid. */
  async function find(model: StoredModel): Promise<Evaluation | undefined> {
    const file = await store.readFile(model, 'evaluation');
    return file && parseEvaluation(file, model.folder);
  }

  /** Returns the model's evaluation. Throws `evaluation_not_found` if it was stored without one, else as `find`. */
  async function get(model: StoredModel): Promise<Evaluation> {
    const evaluation = await find(model);
    if (evaluation !== undefined) return evaluation;
    const { name, version } = model.manifest;
    const reason = whyNotEvaluated(model.manifest);
    throw new TrainyardError('evaluation_not_found', `Model ${name}@${version} has no evaluation. ${reason}`);
  }

  /** Returns the model with its evaluation and the predictions of its test images. Throws as `get`. */
  async function getPredicted(model: StoredModel): Promise<Predicted & Readonly<{ evaluation: Evaluation }>> {
    const evaluation = await get(model);
    const predictions = await readPredictions(model);
    if (predictions !== undefined) return { model, evaluation, predictions };
    const { name, version } = model.manifest;
    const message = `Model ${name}@${version} was stored before evaluations kept the predictions of all test images. Train it again to get them.`;
    throw new TrainyardError('evaluation_not_found', message);
  }

  return {
    find,
    get,

    /** Returns a page of the test images with their predictions. Throws as `get`, and `invalid_request` for an unknown class. */
    async images(model: StoredModel, query: TestPredictionQuery): Promise<TestPredictionPage> {
      const { evaluation, predictions } = await getPredicted(model);
      const page = listImages(model, predictions, query);
      const pictures = await describePictures(model, evaluation, findTestDigest);
      return { ...page, pictures, images: await withPaths(page.images, pictures, findTestPaths) };
    },

    /**
     * Compares the predictions of two versions image by image. Throws as `get`, and `evaluation_mismatch` if their test images
     * differ.
     */
    async compare(model: StoredModel, other: StoredModel, query: ComparisonQuery): Promise<EvaluationComparison> {
      const [after, before] = await Promise.all([getPredicted(model), getPredicted(other)]);
      requireSameSplit(after, before);
      const comparison = compareImages(after, before, query);
      const pictures = await describePictures(model, after.evaluation, findTestDigest);
      return { ...comparison, pictures, images: await withPaths(comparison.images, pictures, findTestPaths) };
    },

    /** Returns image `index` of `confused` as a PNG, counted from 0. Throws `evaluation_not_found` if it does not exist. */
    async image(model: StoredModel, index: number): Promise<Buffer> {
      const file = await store.readFile(model, 'confused');
      const images = file && decodeSafetensors(file).tensors.get('images');
      const [count = 0, height = 0, width = 0, channels = 0] = images?.shape ?? [];
      if (images === undefined || index >= count) {
        throw new TrainyardError(
          'evaluation_not_found',
          `There is no image ${index}: the evaluation of this model has ${count}, counted from 0.`,
        );
      }
      const size = height * width * channels;
      const pixels = images.bytes.subarray(index * size, (index + 1) * size);
      return sharp(pixels, { raw: { width, height, channels: channels === 1 ? 1 : 3 } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .png()
        .toBuffer();
    },
  };
}

/** Throws `model_corrupt` if the file is not JSON or does not fit the schema. */
function parseEvaluation(file: Buffer, folder: string): Evaluation {
  try {
    const value: unknown = JSON.parse(file.toString('utf8'));
    if (schema.Check(value)) return value;
  } catch (cause) {
    throw new TrainyardError('model_corrupt', `The evaluation in ${folder} is not JSON.`, { cause });
  }
  throw new TrainyardError('model_corrupt', `The evaluation in ${folder} does not fit its schema.`);
}

type Evaluated = Readonly<{ model: StoredModel; evaluation: Evaluation }>;

/** Throws `evaluation_mismatch` if the test images have different digests. Older evaluations have none. */
function requireSameSplit(after: Evaluated, before: Evaluated): void {
  const [one, other] = [after.evaluation.testSplit, before.evaluation.testSplit];
  if (one === undefined || other === undefined || one.sha256 === other.sha256) return;
  const describe = ({ model: { manifest }, evaluation: { testSplit } }: Evaluated): string =>
    `${manifest.name}@${manifest.version} was evaluated on test images of ${testSplit?.dataset}`;
  const message = `${describe(after)}, and ${describe(before)}. Their digests differ, so the versions cannot be compared image by image.`;
  throw new TrainyardError('evaluation_mismatch', message);
}
