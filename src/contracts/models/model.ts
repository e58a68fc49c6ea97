/** The model contract: a manifest holds everything about a trained model but its numbers. */
import { type Static, Type } from 'typebox';
import { classCount } from '../datasets/dataset.js';
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
  Type.Object({ path: Type.String(), sha256: sha256('Of the file.') }, { description });

const perChannel = (description: string, range: { exclusiveMinimum?: number } = {}) =>
  Type.Array(Type.Number(range), {
    minItems: 1,
    maxItems: 3,
    description: `${description} One number per channel, or one for all.`,
  });

const colourValue = Type.Integer({ minimum: 0, maximum: 255 });
/** Red, green and blue. */
const colour = Type.Unsafe<[number, number, number]>(Type.Array(colourValue, { minItems: 3, maxItems: 3 }));

export const Preprocessing = Type.Object(
  {
    height: Type.Integer({ minimum: 1 }),
    width: Type.Integer({ minimum: 1 }),
    channels: IntegerEnum([1, 3]),
    fit: Type.Literal('contain', {
      description: 'An image of another shape is scaled to fit, and the rest filled with the background.',
    }),
    background: Type.Union([colourValue, colour], {
      description: 'Fills the rest, and what is transparent: a grey level, or red, green and blue.',
    }),
    scale: Type.Number({ description: 'Multiplies each pixel value (0 to 255), inside the serving graph.' }),
    resize: Type.Integer({
      minimum: 1,
      description: 'Side in pixels of the network input, reached bilinearly inside the serving graph.',
    }),
    mean: perChannel('Taken off the scaled pixels, inside the serving graph; [0] without normalisation.'),
    std: perChannel('What they are then divided by; [1] without normalisation.', { exclusiveMinimum: 0 }),
  },
  {
    additionalProperties: false,
    description:
      'How an image becomes the input: grey or colour, height × width bytes; the serving graph does the rest.',
  },
);
export type Preprocessing = Static<typeof Preprocessing>;

/** The spec of a model that was not trained here: what is known of its weights. */
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
    description: 'Of an imported model: its network and input. By what data and how it was trained is not known.',
  },
);
export type ImportedSpec = Static<typeof ImportedSpec>;

/** What is known of how a model's weights came about. */
export const ModelSpec = Type.Union([JobSpec, ImportedSpec]);
export type ModelSpec = Static<typeof ModelSpec>;

/** Whether it is the spec of a job that trained the model. */
export const isJobSpec = (spec: ModelSpec): spec is JobSpec => spec.dataset.name !== 'unknown';

/** What the trainer knows about a model before the store gives it a version. */
export const ModelDescription = Type.Object({
  jobId: Type.Optional(Type.String({ description: 'The job that trained it. Absent where it was imported.' })),
  imported: Type.Optional(
    Type.Object(
      { sha256: sha256('Of that file.'), bytes: Type.Integer({ minimum: 1 }) },
      { additionalProperties: false, description: 'The file that the weights are from, where they were imported.' },
    ),
  ),
  createdAt: Type.String({ format: 'date-time' }),
  spec: ModelSpec,
  parameters: Type.Integer({ minimum: 1, description: 'Trainable parameters.' }),
  preprocessing: Preprocessing,
  classes: Type.Array(Type.String(), { minItems: 2, description: 'Class names, in the order of the output.' }),
  scores: Type.Optional({ ...EpochScores, description: 'Of the last epoch. Absent where the model was imported.' }),
  steps: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Steps of the run behind these weights. Absent in older manifests.' }),
  ),
  reason: Type.Optional({ ...EndReason, description: 'Why training ended. Absent in older manifests.' }),
  changes: Type.Optional(
    Type.Array(AppliedChange, {
      minItems: 1,
      description:
        'What was changed while it was trained: the spec and these give the same weights. Absent where nothing was.',
    }),
  ),
  datasetSha256: Type.Optional(sha256('Of the pixels and labels it was trained, validated and tested on.')),
  temperature: Type.Optional(
    Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      description: 'Logits are divided by it for calibrated probabilities; null: none was fitted.',
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
        weights: file('The weights in safetensors.'),
        savedModel: file('The serving graph of TensorFlow.'),
        onnx: Type.Optional(file('The same graph for ONNX Runtime, in float32.')),
        evaluation: Type.Optional(file('What the model gets right and wrong on the test images.')),
        golden: Type.Optional(file('Images, and the logits that whoever loads the model has to reproduce.')),
        confused: Type.Optional(file('Images of the evaluation.')),
        course: Type.Optional(file('Epochs, changes and steps of the run.')),
      },
      { description: 'Paths are relative to the model folder.' },
    ),
  },
  { additionalProperties: false },
);
export type ModelManifest = Static<typeof ModelManifest>;

/** What of a manifest does not depend on where the model lies: of a checkpoint too, which may have no scores yet. */
export type ServedManifest = Omit<ModelManifest, 'format' | 'name' | 'version' | 'scores'> & { scores?: EpochScores };

/** One line of `GET /models`. */
export const ModelSummary = Type.Object(
  {
    name: ModelName,
    versions: Type.Array(Type.Integer({ minimum: 1 }), { description: 'A page of its versions, in ascending order.' }),
    labels: Type.Unsafe<Record<string, number>>({
      type: 'object',
      additionalProperties: { type: 'integer', minimum: 1 },
      description: 'The version that each label is at.',
    }),
    loaded: Type.Array(Type.Integer({ minimum: 1 }), {
      description: 'Those of `versions` that a predictor process of the API process that answers has in memory.',
    }),
    latest: ModelManifest,
    classCount,
    nextCursor: Type.Optional(
      Type.String({ description: 'Present if there are older versions: a `cursor` of `GET /models/{name}`.' }),
    ),
  },
  { additionalProperties: false },
);
export type ModelSummary = Static<typeof ModelSummary>;

/** Query of `GET /models`. */
export const ModelQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Names of one page. Default 100.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^${NAME}$`,
        description: 'The `nextCursor` of the page before; without it, the first names.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** One page of names, in their order. */
export const ModelPage = Type.Object(
  {
    models: Type.Array(ModelSummary),
    nextCursor: Type.Optional(
      Type.String({ description: 'Present if there are more names; the page may be short then.' }),
    ),
  },
  { additionalProperties: false },
);
export type ModelPage = Static<typeof ModelPage>;

/** Query of `GET /models/{name}`. */
export const VersionQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Versions of one page. Default 100.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^${VERSION}$`,
        description: 'The `nextCursor` of the page before; without it, the newest versions.',
      }),
    ),
  },
  { additionalProperties: false },
);
