/** What a job starts from in the place of random weights: how it is asked for, and what was found. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference } from '../references/model-reference.js';
import { StoredReference } from '../references/reference.js';

const closed = { additionalProperties: false };

export const StartMode = StringEnum(['continue', 'fine-tune'], {
  description:
    '`continue`: the run of a checkpoint goes on where it was, with optimizer slots, averages and place in the run. `fine-tune`: a new run from the weights and BatchNorm’s running values. Default: `continue` from a job, `fine-tune` from a model.',
});
export type StartMode = Static<typeof StartMode>;

export const StartRequest = Type.Object(
  {
    job: Type.Optional(Type.String({ format: 'uuid', description: 'Id of the job whose checkpoint it is.' })),
    checkpoint: Type.Optional(
      Type.Union([StringEnum(['best', 'last']), Type.Integer({ minimum: 1, maximum: 10_000 })], {
        description:
          'Of the job: the newest (`last`), that of the epoch which did best by the images set aside (`best`), or that of the end of an epoch. Default `last`.',
      }),
    ),
    model: Type.Optional(StoredReference),
    mode: Type.Optional(StartMode),
  },
  {
    ...closed,
    description:
      'A checkpoint of a job, or a model, to start from. What the request does not say is as it was there, and the network always is.',
  },
);
export type StartRequest = Static<typeof StartRequest>;

/** As it is in the spec, and so in the manifest: what the weights come from. */
export const StartSpec = Type.Object(
  {
    job: Type.Optional(Type.String({ format: 'uuid' })),
    checkpoint: Type.Optional(
      Type.Object(
        {
          epoch: Type.Integer({ minimum: 1, description: 'The epoch that was under way, or next.' }),
          step: Type.Integer({ minimum: 0, description: 'Steps of it that were done.' }),
          steps: Type.Integer({ minimum: 0, description: 'Steps of the whole run that were done.' }),
        },
        closed,
      ),
    ),
    model: Type.Optional(ModelReference),
    sha256: Type.String({ description: 'Of the checkpoint, or of the model’s weights file.' }),
    mode: StartMode,
    head: StringEnum(['taken', 'new'], {
      description: 'Whether the last layer is that of the start, or a new one for another number of classes.',
    }),
    input: Type.Optional(
      Type.Literal('summed', {
        description:
          'Present where the weights are of images in colour, and the job’s are grey: the first convolution is summed over the channels, as if grey stood in all of them.',
      }),
    ),
  },
  { ...closed, description: 'What the weights come from; absent where they are drawn from the seed.' },
);
export type StartSpec = Readonly<Static<typeof StartSpec>>;
