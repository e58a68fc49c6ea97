/** Evaluations of a stored model on a data set, as jobs of the queue: requests, states, scores and predictions. */
import { type Static, Type } from 'typebox';
import { SPLIT_NAMES } from '../datasets/dataset-content.js';
import { Failure } from '../jobs/outcome.js';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference, NAME_PATTERN } from '../references/model-reference.js';
import { Evaluation } from './evaluation.js';
import { ComparisonQuery, EvaluationComparison, TestPredictionPage } from './test-image.js';

const closed = { additionalProperties: false };
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const time = (description: string) => Type.String({ format: 'date-time', description });

/** Evaluations kept with a model version. A further one replaces the oldest. */
export const MAX_KEPT_EVALUATIONS = 100;
/** Seconds for which a failed evaluation is listed: a week. */
export const FAILED_EVALUATION_SECONDS = 604_800;
/** Number of classes from which on a top-5 accuracy says anything. */
const MIN_TOP5_CLASSES = 6;

export const EVALUATION_STATES = ['queued', 'running', 'succeeded', 'failed'] as const;
export type EvaluationState = (typeof EVALUATION_STATES)[number];

const dataset = Type.String({
  pattern: NAME_PATTERN,
  description: 'Data set, one of `GET /datasets`. Its classes must be those of the model; their order does not matter.',
});
const split = (description: string) => StringEnum(SPLIT_NAMES, { description });
const priority = Type.Integer({
  minimum: -100,
  maximum: 100,
  description: 'Entries of the queue with a higher priority are taken first. Jobs have the same range.',
});

/** Body of `POST /models/{model}/evaluations`. */
export const DatasetEvaluationRequest = Type.Object(
  {
    dataset,
    split: Type.Optional({
      ...split(
        'Images of the data set. Default `test`. `validation` is the split of its own, if the data set has one.',
      ),
      default: 'test',
    }),
    priority: Type.Optional({ ...priority, default: 0 }),
  },
  closed,
);
export type DatasetEvaluationRequest = Static<typeof DatasetEvaluationRequest>;

/** Scores of all images of the split. */
export const EvaluationScores = Type.Object(
  {
    images: Type.Integer({ minimum: 1, description: 'Number of images.' }),
    accuracy: share('Share of the images classified correctly.'),
    top5Accuracy: Type.Optional(
      share(
        `Share of the images whose class is among the five most probable ones. Absent for fewer than ${MIN_TOP5_CLASSES} classes.`,
      ),
    ),
    loss: Type.Number({ minimum: 0, description: 'Mean cross entropy, in nats.' }),
    balancedAccuracy: share('Mean recall of the classes that have images.'),
    macroF1: share('Mean F1 of the classes that occur: that have images or were predicted, as in scikit-learn.'),
    expectedCalibrationError: share('Expected calibration error, without a temperature.'),
  },
  closed,
);
export type EvaluationScores = Static<typeof EvaluationScores>;

/** An evaluation without its matrix and its predictions. */
export const DatasetEvaluation = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    model: { ...ModelReference, description: 'Version that is evaluated.' },
    dataset: Type.String({ description: 'Data set.' }),
    split: split('Images of the data set.'),
    priority,
    state: StringEnum(EVALUATION_STATES, {
      description:
        '`queued`: waits for a worker. `running`: a worker predicts its images. `succeeded` and `failed`: it has ended.',
    }),
    attempt: Type.Integer({ minimum: 0, description: 'Number of times a worker has begun it.' }),
    progress: Type.Optional(
      Type.Object(
        {
          images: Type.Integer({ minimum: 0, description: 'Predicted images.' }),
          total: Type.Integer({ minimum: 1, description: 'Images of the split.' }),
        },
        { ...closed, description: 'Progress of a running evaluation. Absent while its images are loaded.' },
      ),
    ),
    createdAt: time('When it was requested.'),
    startedAt: Type.Optional(time('When its latest attempt began.')),
    endedAt: Type.Optional(time('When it ended.')),
    sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'Digest of the images and labels. Evaluations with the same digest can be compared.',
      }),
    ),
    scores: Type.Optional({ ...EvaluationScores, description: 'Scores. Present once it has succeeded.' }),
    error: Type.Optional({ ...Failure, description: 'Why it failed.' }),
  },
  closed,
);
export type DatasetEvaluation = Static<typeof DatasetEvaluation>;

const { leaks, confusion, confusedPairs, classes, macro, calibration } = Evaluation.properties;

/** Confusion, scores of each class and calibration. `leaks` if the model was trained on the data set. */
export const EvaluationResult = Type.Object({ leaks, confusion, confusedPairs, classes, macro, calibration }, closed);
export type EvaluationResult = Static<typeof EvaluationResult>;

/** Answer of `GET …/evaluations/{id}`. */
export const DatasetEvaluationDetails = Type.Object(
  {
    ...DatasetEvaluation.properties,
    result: Type.Optional({
      ...EvaluationResult,
      description: 'Confusion, scores of each class and calibration. Present once it has succeeded.',
    }),
  },
  closed,
);
export type DatasetEvaluationDetails = Static<typeof DatasetEvaluationDetails>;

/** Query of `GET …/evaluations`. */
export const DatasetEvaluationQuery = Type.Object(
  { dataset: Type.Optional(dataset), split: Type.Optional(split('Only evaluations on this split.')) },
  closed,
);
export type DatasetEvaluationQuery = Static<typeof DatasetEvaluationQuery>;

/** Answer of `GET …/evaluations`. */
export const DatasetEvaluationPage = Type.Object(
  { evaluations: Type.Array(DatasetEvaluation, { description: 'Newest first.' }) },
  closed,
);
export type DatasetEvaluationPage = Static<typeof DatasetEvaluationPage>;

/** Answer of `GET …/evaluations/{id}/images`. */
export const EvaluatedImagePage = Type.Object(
  {
    ...TestPredictionPage.properties,
    split: split(
      'Split of the images: if `pictures.state` is `present`, `GET /datasets/{dataset}/images/{split}/{image}` has them.',
    ),
  },
  closed,
);
export type EvaluatedImagePage = Static<typeof EvaluatedImagePage>;

const signedShare = (description: string) => Type.Number({ minimum: -1, maximum: 1, description });

/** Query of `GET …/versions/{version}/comparison`. */
export const DatasetComparisonQuery = Type.Object(
  {
    ...ComparisonQuery.properties,
    dataset,
    split: { ...split('Images of the data set. Default `test`.'), default: 'test' },
  },
  closed,
);
export type DatasetComparisonQuery = Static<typeof DatasetComparisonQuery>;

/** Answer of `GET …/versions/{version}/comparison`. */
export const DatasetComparison = Type.Object(
  {
    ...EvaluationComparison.properties,
    split: split('Images of the data set.'),
    evaluation: Type.String({ format: 'uuid', description: 'Evaluation of the version in the path.' }),
    withEvaluation: Type.String({ format: 'uuid', description: 'Evaluation of the other version.' }),
    difference: signedShare('Accuracy of the version in the path minus that of the other one.'),
    interval: Type.Object(
      {
        low: signedShare('Lower end.'),
        high: signedShare('Upper end.'),
        level: share('Confidence level.'),
        resamples: Type.Integer({ minimum: 1, description: 'Number of bootstrap resamples.' }),
      },
      { ...closed, description: 'Percentile bootstrap interval of the difference, from a fixed seed.' },
    ),
    pValue: share(
      'Probability of at least this imbalance of `fixed` and `broken` if both versions were equally good (McNemar, two-sided).',
    ),
    test: StringEnum(['exact', 'chi-square'], {
      description:
        'Form of the test: exact binomial below 25 images that changed sides, otherwise chi-square with continuity correction.',
    }),
  },
  closed,
);
export type DatasetComparison = Static<typeof DatasetComparison>;
