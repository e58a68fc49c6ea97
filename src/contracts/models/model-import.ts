/** Import of weights: the part `spec` of `POST /models`, with the network and its input. */
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
    description: 'Class names, in the order of the outputs.',
  }),
  image: Type.Object(
    {
      height: Type.Integer({ minimum: 1, maximum: 2_048 }),
      width: Type.Integer({ minimum: 1, maximum: 2_048 }),
      channels: IntegerEnum([1, 3]),
    },
    {
      additionalProperties: false,
      description: 'Size of the images that predictions use, in pixels. Images of other sizes are scaled to fit.',
    },
  ),
  resize: Resize,
  normalization: Type.Optional(
    Type.Object(
      {
        mean: perChannel('Subtracted from the pixels (0 to 1), per channel.', { minimum: -255, maximum: 255 }),
        std: perChannel('Divides the result, per channel.', { exclusiveMinimum: 0, maximum: 255 }),
      },
      { additionalProperties: false, description: 'Normalisation of the pixels. Default: none, pixels from 0 to 1.' },
    ),
  ),
};

/** JSON in the part `spec`. */
export const ModelImport: TSchema = Type.Union(
  NETWORK_NAMES.map((name) =>
    Type.Object(
      { network: Type.Literal(name), networkOptions: Type.Optional(requestedOptions[name]), ...fields },
      { additionalProperties: false, title: `${name[0]?.toUpperCase()}${name.slice(1)}Import` },
    ),
  ),
  { description: 'Network of the imported weights, and its input.' },
);
const shape = Type.Object(fields);
export type ModelImport = Static<typeof shape> & Readonly<{ network: NetworkName; networkOptions?: object }>;
