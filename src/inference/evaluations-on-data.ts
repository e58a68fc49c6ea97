/** Evaluations of models on data sets, as they are stored: details, and the predictions of their images. */
import type { SplitName } from '../contracts/datasets/dataset-content.js';
import type {
  DatasetComparison,
  DatasetComparisonQuery,
  DatasetEvaluation,
  DatasetEvaluationDetails,
  EvaluatedImagePage,
} from '../contracts/models/dataset-evaluation.js';
import type { TestPictures, TestPredictionQuery } from '../contracts/models/test-image.js';
import { TrainyardError } from '../errors/errors.js';
import { bootstrapInterval, mcNemarTest } from '../numerics/paired-comparison.js';
import type { StoredModel } from '../store/index.js';
import type { ModelEvaluations } from '../store/model-evaluations.js';
import { compareImages, listImages, type Predicted } from './evaluated-images.js';
import { withPaths } from './test-pictures.js';

/** Present state of the splits of data sets. */
type Splits = Readonly<{
  /** Returns a digest of the images and labels. Throws `dataset_not_found`, or `invalid_request` without such a split. */
  digest(dataset: string, split: SplitName): Promise<string>;
  /** Returns the paths of images in their archive; undefined if they are not known. */
  paths(dataset: string, split: SplitName, images: readonly number[]): Promise<readonly string[] | undefined>;
}>;

export type DatasetEvaluations = ReturnType<typeof createDatasetEvaluations>;

export function createDatasetEvaluations(stored: ModelEvaluations, splits: Splits) {
  /** Compares the images of an evaluation with those that its data set has now. */
  async function describePictures({ dataset, split, sha256 }: DatasetEvaluation): Promise<TestPictures> {
    const found = await splits.digest(dataset, split).catch((error: unknown) => {
      if (error instanceof TrainyardError && GONE.includes(error.code)) return undefined;
      throw error;
    });
    if (found === sha256) return { dataset, state: 'present' };
    if (found === undefined) {
      const message = `The ${split} split of ${dataset} was deleted, so its pictures are gone. Import the same archive again to see them.`;
      return { dataset, state: 'deleted', message };
    }
    const message = `The data set ${dataset} was replaced after the evaluation: its ${split} images are now others.`;
    return { dataset, state: 'replaced', message };
  }

  return {
    /** Returns a stored evaluation; undefined if there is none. Throws `model_corrupt`. */
    find: stored.find,
    /** Returns the stored evaluations of a version, newest first. */
    list: stored.list,
    /** Removes a stored evaluation. Resolves with false if there is none. */
    remove: stored.remove,

    /** Returns a stored evaluation with its result. Throws `model_corrupt`. */
    details: async (evaluation: DatasetEvaluation): Promise<DatasetEvaluationDetails> => ({
      ...evaluation,
      result: await stored.result(evaluation),
    }),

    /** Returns a page of the images with their predictions. Throws `model_corrupt`, and `invalid_request` for an unknown class. */
    async images(
      { manifest }: StoredModel,
      evaluation: DatasetEvaluation,
      query: TestPredictionQuery,
    ): Promise<EvaluatedImagePage> {
      const predictions = await stored.predictions(evaluation, manifest.classes.length);
      const page = listImages({ manifest }, predictions, query);
      const { split } = evaluation;
      const pictures = await describePictures(evaluation);
      const images = await withPaths(page.images, pictures, (dataset, rows) => splits.paths(dataset, split, rows));
      return { ...page, split, pictures, images };
    },

    /**
     * Compares two versions image by image, by their newest evaluations on the same images of a split. Throws `evaluation_not_found` if
     * one has no evaluation, and `evaluation_mismatch` if their evaluations are of different images.
     */
    async compare(model: StoredModel, other: StoredModel, query: DatasetComparisonQuery): Promise<DatasetComparison> {
      const [one, two] = await stored.findPair(model.manifest, other.manifest, query);
      const after = { model, predictions: await stored.predictions(one, model.manifest.classes.length) };
      const predictions = await stored.predictions(two, other.manifest.classes.length);
      const comparison = compareImages(after, inOrderOf(model, { model: other, predictions }), query);
      const pictures = await describePictures(one);
      const { split } = one;
      const images = await withPaths(comparison.images, pictures, (name, rows) => splits.paths(name, split, rows));
      const total = after.predictions.images.length;
      return {
        ...comparison,
        ...mcNemarTest(comparison),
        ...{ images, split, pictures, evaluation: one.id, withEvaluation: two.id },
        difference: (comparison.fixed - comparison.broken) / total,
        interval: bootstrapInterval(total, comparison),
      };
    },
  };
}

const GONE: readonly string[] = ['dataset_not_found', 'invalid_request'];

/** Returns the predictions of a model with the class indices of another one with the same class names. */
function inOrderOf({ manifest: { classes } }: StoredModel, { model, predictions }: Predicted): Predicted {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const indices = model.manifest.classes.map((name) => indexOf.get(name) ?? 0);
  const mapped = (values: Int32Array): Int32Array => values.map((index) => indices[index] ?? 0);
  const { labels, predicted } = predictions;
  return {
    model: { ...model, manifest: { ...model.manifest, classes: [...classes] } },
    predictions: { ...predictions, labels: mapped(labels), predicted: mapped(predicted) },
  };
}
