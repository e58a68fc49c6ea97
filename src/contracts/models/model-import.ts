/** What `POST /models` is told of weights that come from elsewhere: the network they are of, and the images it takes. */
import { type Static, type TSchema, Type } from 'typebox';
import { Resize } from '../jobs/job.js';
import { IntegerEnum } from '../json-schema/enums.js';
import { NETWORK_NAMES, type NetworkName, requestedOptions } from '../networks/network.js';
import { ModelName } from '../references/model-reference.js';

const perChannel = (description: string, range: Record<string, number>) =>
  Type.Array(Type.Number(range), { minItems: 1, maxItems: 3, description });

const fields = {
  name: ModelName,
  classes: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    minItems: 2,
    maxItems: 10_000,
    uniqueItems: true,
    description: 'Names of the classes, in the order of the outputs.',
  }),
  image: Type.Object(
    {
      height: Type.Integer({ minimum: 1, maximum: 2_048 }),
      width: Type.Integer({ minimum: 1, maximum: 2_048 }),
      channels: IntegerEnum([1, 3]),
    },
    { additionalProperties: false, description: 'The pixels that a prediction takes: an image is made to fit.' },
  ),
  resize: Resize,
  normalization: Type.Optional(
    Type.Object(
      {
        mean: perChannel('Taken off, per channel, of pixels from 0 to 1.', { minimum: -255, maximum: 255 }),
        std: perChannel('Divided by, per channel.', { exclusiveMinimum: 0, maximum: 255 }),
      },
      { additionalProperties: false, description: 'Default: pixels from 0 to 1 as they are.' },
    ),
  ),
};

/** The JSON in the part `spec`. */
export const ModelImport: TSchema = Type.Union(
  NETWORK_NAMES.map((name) =>
    Type.Object(
      { network: Type.Literal(name), networkOptions: Type.Optional(requestedOptions[name]), ...fields },
      { additionalProperties: false, title: `${name[0]?.toUpperCase()}${name.slice(1)}Import` },
    ),
  ),
  { description: 'The network that the weights are of, and the images it takes.' },
);
const shape = Type.Object(fields);
export type ModelImport = Static<typeof shape> & Readonly<{ network: NetworkName; networkOptions?: object }>;
