/** Starting point of a job: the checkpoint or model that it starts from instead of random weights. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference } from '../references/model-reference.js';
import { StoredReference } from '../references/reference.js';

const closed = { additionalProperties: false };

export const StartMode = StringEnum(['continue', 'fine-tune'], {
  title: 'Mode',
  description:
    '`continue`: continue the run of a checkpoint with its optimizer slots, averages and position. `fine-tune`: start a new run from the weights and BatchNorm’s running statistics. Default: `continue` from a job, `fine-tune` from a model.',
  examples: ['fine-tune'],
});
export type StartMode = Static<typeof StartMode>;

export const StartRecipe = StringEnum(['fine-tune'], {
  title: 'Recipe',
  description:
    '`fine-tune`: settings for few images of another data set. First the head trains alone, then all layers at discriminative rates. The recipe chooses optimizer, `batchSize`, `epochs` and `phases`, and keeps the normalization of the starting point; the plan shows them, and the spec stores them. Fields of the request come first. Implies `mode: "fine-tune"`.',
  examples: ['fine-tune'],
});

export const StartRequest = Type.Object(
  {
    job: Type.Optional(
      Type.String({
        title: 'Job',
        format: 'uuid',
        description: 'Id of the job that wrote the checkpoint. Give `job` or `model`, not both.',
        examples: ['0d4c6b1e-6f0a-4c7e-9a44-1f2f7c1f9f10'],
      }),
    ),
    checkpoint: Type.Optional(
      Type.Union([StringEnum(['best', 'last']), Type.Integer({ minimum: 1, maximum: 10_000 })], {
        title: 'Checkpoint',
        description:
          'Checkpoint of the job: the newest (`last`), the one of the best epoch by the validation split (`best`), or the one at the end of an epoch, by its number. Only with `job`; default `last`.',
        examples: ['best', 12],
      }),
    ),
    model: Type.Optional({ ...StoredReference, title: 'Model', examples: ['boots@stable'] }),
    mode: Type.Optional(StartMode),
    recipe: Type.Optional(StartRecipe),
  },
  {
    ...closed,
    description:
      'Checkpoint of a job, or a model, to start from. The network is always that of the starting point. Options that the request omits have the values of the starting point.',
  },
);
export type StartRequest = Static<typeof StartRequest>;

/** Starting point as the spec and the model's manifest record it. */
export const StartSpec = Type.Object(
  {
    job: Type.Optional(Type.String({ format: 'uuid', description: 'Job that wrote the checkpoint.' })),
    checkpoint: Type.Optional(
      Type.Object(
        {
          epoch: Type.Integer({ minimum: 1, description: 'Epoch in progress, or the next one.' }),
          step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
          steps: Type.Integer({ minimum: 0, description: 'Steps done in the whole run.' }),
        },
        closed,
      ),
    ),
    model: Type.Optional(ModelReference),
    sha256: Type.String({ description: 'SHA-256 of the checkpoint, or of the model’s weights file.' }),
    mode: StartMode,
    recipe: Type.Optional(
      Type.Literal('fine-tune', { description: 'Recipe that set the phases. Absent without one.' }),
    ),
    head: StringEnum(['taken', 'new'], {
      description:
        '`taken`: the last layer has the weights of the starting point. `new`: it is initialized from the seed, because the classes have other names, another order or another number.',
    }),
    input: Type.Optional(
      Type.Literal('summed', {
        description:
          'Present if the weights are for colour images and the job’s images are grey: the first convolution is summed over its input channels.',
      }),
    ),
  },
  { ...closed, description: 'Source of the initial weights. Absent if they are random.' },
);
export type StartSpec = Readonly<Static<typeof StartSpec>>;
