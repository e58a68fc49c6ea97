/** Schemas of models. The manifest contains everything about a model except its numbers. */
import { type Static, Type } from 'typebox';
import { classCount } from '../datasets/dataset.js';
import { imagePreprocessingProperties } from '../images/image-preprocessing.js';
import { JobSpec, Resize } from '../jobs/job.js';
import { AppliedChange } from '../jobs/live-change.js';
import { EpochScores } from '../jobs/outcome.js';
import { EndReason } from '../jobs/stop-reason.js';
import { IntegerEnum } from '../json-schema/enums.js';
import { NetworkName, NetworkOptions } from '../networks/network-options.js';
import { ModelName, ModelReference } from '../references/model-reference.js';
import { NAME, VERSION } from '../references/path-part.js';
import { NormalizationSpec, type Precision } from '../training/training-options.js';

const sha256 = (description: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description });

const file = (description: string) =>
  Type.Object({ path: Type.String(), sha256: sha256('SHA-256 of the file.') }, { description });

const perChannel = (description: string, range: { exclusiveMinimum?: number } = {}) =>
  Type.Array(Type.Number(range), {
    minItems: 1,
    maxItems: 3,
    description: `${description} One number per channel, or one for all.`,
  });

export const Preprocessing = Type.Object(
  {
    height: Type.Integer({ minimum: 1 }),
    width: Type.Integer({ minimum: 1 }),
    channels: IntegerEnum([1, 3]),
    ...imagePreprocessingProperties,
    scale: Type.Number({ description: 'Factor on each pixel value (0 to 255), applied inside the serving graph.' }),
    resize: Type.Integer({
      minimum: 1,
      description: 'Side of the network input, in pixels. The serving graph resizes bilinearly.',
    }),
    mean: perChannel('Subtracted from the scaled pixels inside the serving graph; [0] without normalization.'),
    std: perChannel('Divides the result; [1] without normalization.', { exclusiveMinimum: 0 }),
  },
  {
    additionalProperties: false,
    description:
      'Conversion of an image to the input of the serving graph: grey or colour, height × width bytes. The graph does the remaining steps.',
  },
);
export type Preprocessing = Static<typeof Preprocessing>;

/** Spec of an imported model: its network and input. */
export const ImportedSpec = Type.Object(
  {
    network: NetworkName,
    networkOptions: NetworkOptions,
    name: ModelName,
    dataset: Type.Object({ name: Type.Literal('unknown'), resize: Resize }, { additionalProperties: false }),
    normalization: NormalizationSpec,
    precision: Type.Unsafe<Extract<Precision, 'float32'>>(Type.Literal('float32')),
  },
  {
    additionalProperties: false,
    description: 'Spec of an imported model: its network and input. Its data and training are unknown.',
  },
);
export type ImportedSpec = Static<typeof ImportedSpec>;

/** Origin of a model's weights: the job that trained it, or an import. */
export const ModelSpec = Type.Union([JobSpec, ImportedSpec]);
export type ModelSpec = Static<typeof ModelSpec>;

/** Returns whether a job of this service trained the model. */
export const isJobSpec = (spec: ModelSpec): spec is JobSpec => spec.dataset.name !== 'unknown';

/** Description of a model before the store assigns its version. */
export const ModelDescription = Type.Object({
  jobId: Type.Optional(Type.String({ description: 'Job that trained the model. Absent if it was imported.' })),
  imported: Type.Optional(
    Type.Object(
      {
        sha256: sha256('SHA-256 of the file.'),
        bytes: Type.Integer({ minimum: 1 }),
        origin: Type.Optional(Type.String({ description: 'Id of the pretrained model, as the import gave it.' })),
        url: Type.Optional(Type.String({ description: 'Address that the file came from, without its query.' })),
      },
      {
        additionalProperties: false,
        description: 'File with the imported weights. Present if the model was imported.',
      },
    ),
  ),
  createdAt: Type.String({ format: 'date-time' }),
  spec: ModelSpec,
  parameters: Type.Integer({ minimum: 1, description: 'Trainable parameters.' }),
  preprocessing: Preprocessing,
  classes: Type.Array(Type.String(), { minItems: 2, description: 'Class names, in the order of the outputs.' }),
  scores: Type.Optional({ ...EpochScores, description: 'Scores of the last epoch. Absent if the model was imported.' }),
  steps: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Steps that trained these weights. Absent in older manifests.' }),
  ),
  reason: Type.Optional({ ...EndReason, description: 'Why training stopped. Absent in older manifests.' }),
  changes: Type.Optional(
    Type.Array(AppliedChange, {
      minItems: 1,
      description:
        'Live changes during training. With the spec they train the same weights again. Absent if there were none.',
    }),
  ),
  datasetSha256: Type.Optional(sha256('SHA-256 of the pixels and labels of training, validation and test.')),
  temperature: Type.Optional(
    Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      description: 'Divisor of the logits for calibrated probabilities. null: not fitted.',
    }),
  ),
});
export type ModelDescription = Static<typeof ModelDescription>;

export const ModelManifest = Type.Object(
  {
    format: Type.Literal('trainyard-model/1'),
    ...ModelReference.properties,
    ...ModelDescription.properties,
    files: Type.Object(
      {
        weights: file('Weights in safetensors format.'),
        savedModel: file('Serving graph for TensorFlow.'),
        onnx: Type.Optional(file('Serving graph for ONNX Runtime, in float32.')),
        evaluation: Type.Optional(file('Evaluation on the test images.')),
        golden: Type.Optional(file('Golden predictions: images with the logits that a loaded model must reproduce.')),
        confused: Type.Optional(file('Misclassified images of the evaluation.')),
        predictions: Type.Optional(file('Predictions of the test images.')),
        course: Type.Optional(file('Epochs, changes and steps of the run.')),
      },
      { description: 'Paths are relative to the model folder.' },
    ),
  },
  { additionalProperties: false },
);
export type ModelManifest = Static<typeof ModelManifest>;

/** Fields that the manifests of a stored model and of a converted checkpoint share. A checkpoint may have no scores yet. */
export type PredictableManifest = Omit<ModelManifest, 'format' | 'name' | 'version' | 'scores'> & {
  scores?: EpochScores;
};

/** Entry of `GET /models`. */
export const ModelSummary = Type.Object(
  {
    name: ModelName,
    versions: Type.Array(Type.Integer({ minimum: 1 }), {
      description: 'One page of the versions, in ascending order.',
    }),
    labels: Type.Unsafe<Record<string, number>>({
      type: 'object',
      additionalProperties: { type: 'integer', minimum: 1 },
      description: 'Version of each label.',
    }),
    loaded: Type.Array(Type.Integer({ minimum: 1 }), {
      description: 'Versions on this page that a predictor of the answering API process has in memory.',
    }),
    latest: ModelManifest,
    classCount,
    nextCursor: Type.Optional(
      Type.String({ description: 'Cursor of the next page, for `GET /models/{name}`. Absent on the last page.' }),
    ),
  },
  { additionalProperties: false },
);
export type ModelSummary = Static<typeof ModelSummary>;

/** Query of `GET /models`. */
export const ModelQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Names per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^${NAME}$`,
        description: 'The `nextCursor` of the previous page. Absent: the first names.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** One page of models, ordered by name. */
export const ModelPage = Type.Object(
  {
    models: Type.Array(ModelSummary),
    nextCursor: Type.Optional(
      Type.String({
        description: 'Cursor of the next page. Absent on the last page. A page may be shorter than `limit`.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ModelPage = Static<typeof ModelPage>;

/** Query of `GET /models/{name}`. */
export const VersionQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Versions per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^${VERSION}$`,
        description: 'The `nextCursor` of the previous page. Absent: the newest versions.',
      }),
    ),
  },
  { additionalProperties: false },
);
