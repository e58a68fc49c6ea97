/** Messages about single test images of an evaluation: lists of them, and the comparison of two versions. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference } from '../references/model-reference.js';
import { StoredReference } from '../references/reference.js';

const closed = { additionalProperties: false };
const count = (description: string) => Type.Integer({ minimum: 0, description });
const className = (description: string) => Type.String({ minLength: 1, maxLength: 1_000, description });
const probability = Type.Number({ minimum: 0, maximum: 1, description: 'Probability of the predicted class.' });
const image = Type.Integer({
  minimum: 0,
  description: 'Index of the image among the test images of its data set, from 0.',
});

const page = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Images per page.' }),
  cursor: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,9}$',
      description: 'The `nextCursor` of the previous page. Absent: the first images.',
    }),
  ),
};
const nextCursor = Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' }));

/** Where the pictures of test images are, and whether they are still those of the evaluation. */
export const TestPictures = Type.Object(
  {
    dataset: Type.String({ description: 'Data set of the test images.' }),
    state: StringEnum(['present', 'replaced', 'deleted', 'unknown'], {
      description:
        'Whether the data set has the test images of the evaluation now, by their digest. `replaced`: it has others. `unknown`: the model is older than this digest.',
    }),
    message: Type.Optional(
      Type.String({ description: 'What the state means, as a sentence. Absent if it is `present`.' }),
    ),
  },
  {
    ...closed,
    description:
      'Origin of the pictures: if `state` is `present`, `GET /datasets/{dataset}/images/test/{image}` has them.',
  },
);
export type TestPictures = Static<typeof TestPictures>;

const path = Type.Optional(
  Type.String({
    description:
      'Path of the file in the archive of the data set. Absent unless `pictures.state` is `present` and the data set knows its paths.',
  }),
);

/** A test image with its prediction. */
export const TestPrediction = Type.Object(
  {
    image,
    path,
    actual: Type.String({ description: 'Class of the image.' }),
    predicted: Type.String({ description: 'Predicted class.' }),
    probability,
  },
  closed,
);
export type TestPrediction = Static<typeof TestPrediction>;

/** Query of `GET …/evaluation/images`. */
export const TestPredictionQuery = Type.Object(
  {
    actual: Type.Optional(className('Only images of this class.')),
    predicted: Type.Optional(className('Only images for which this class was predicted.')),
    correct: Type.Optional(Type.Boolean({ description: 'true: only correct predictions. false: only wrong ones.' })),
    order: StringEnum(['descending', 'ascending'], {
      default: 'descending',
      description: 'Order by probability. Default `descending`: the most confident predictions first.',
    }),
    ...page,
  },
  closed,
);
export type TestPredictionQuery = Static<typeof TestPredictionQuery>;

/** Answer of `GET …/evaluation/images`. */
export const TestPredictionPage = Type.Object(
  {
    total: count('Images that the query selects, on all pages.'),
    pictures: TestPictures,
    images: Type.Array(TestPrediction),
    nextCursor,
  },
  closed,
);
export type TestPredictionPage = Static<typeof TestPredictionPage>;

const Answer = Type.Object({ predicted: Type.String({ description: 'Predicted class.' }), probability }, closed);

/** A test image with the predictions of two versions. */
export const ComparedPrediction = Type.Object(
  {
    image,
    path,
    actual: Type.String({ description: 'Class of the image.' }),
    before: { ...Answer, description: 'Prediction of the other version.' },
    after: { ...Answer, description: 'Prediction of the version in the path.' },
  },
  closed,
);
export type ComparedPrediction = Static<typeof ComparedPrediction>;

/** Query of `GET …/evaluation/comparison`. */
export const ComparisonQuery = Type.Object(
  {
    with: {
      ...StoredReference,
      description: 'The other version: a reference of a stored model, for example `boots@3` or `boots@stable`.',
    },
    change: StringEnum(['any', 'fixed', 'broken', 'bothWrong'], {
      default: 'any',
      description:
        '`fixed`: only the version in the path is right. `broken`: only the other version is right. `any`: both kinds. `bothWrong`: neither is right. Default `any`.',
    }),
    ...page,
  },
  closed,
);
export type ComparisonQuery = Static<typeof ComparisonQuery>;

/** Answer of `GET …/evaluation/comparison`. */
export const EvaluationComparison = Type.Object(
  {
    with: { ...ModelReference, description: 'The other version.' },
    bothRight: count('Test images that both versions classify correctly.'),
    fixed: count('Test images that only the version in the path classifies correctly.'),
    broken: count('Test images that only the other version classifies correctly.'),
    bothWrong: count('Test images that neither version classifies correctly.'),
    pValue: Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        'Probability of at least this imbalance of `fixed` and `broken` if both versions were equally good (exact McNemar test). Below 0.05 the difference is hardly chance.',
    }),
    pictures: TestPictures,
    images: Type.Array(ComparedPrediction, { description: 'Images of the wanted change, by their probability.' }),
    nextCursor,
  },
  closed,
);
export type EvaluationComparison = Static<typeof EvaluationComparison>;
