/** Schemas of networks: their variants, their options, and their layer table as the tutorial prints it. */
import { type Static, Type } from 'typebox';
import { TrainingMemory } from './memory-estimate.js';
import { NetworkName, NetworkOptions } from './network-options.js';
import { stemFields } from './option-fields.js';

export * from './network-options.js';

const shape = Type.Array(Type.Integer(), { description: 'Batch, channels, height and width, as PyTorch prints them.' });

export const NetworkLayer = Type.Object(
  { name: Type.String(), outputShape: shape, parameters: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

export const NetworkSummary = Type.Object(
  {
    network: NetworkName,
    networkOptions: NetworkOptions,
    input: shape,
    classes: Type.Integer({ minimum: 2 }),
    layers: Type.Array(NetworkLayer),
    parameters: Type.Integer({ description: 'Trainable parameters.' }),
    runningValues: Type.Integer({ description: 'Running statistics: means and variances of the BatchNorm layers.' }),
    normalizedPixels: Type.Integer({
      minimum: 1,
      description:
        'Smallest number of pixels (height × width) per image at a BatchNorm layer. If it is 1, a batch of one image cannot be trained.',
    }),
    memory: Type.Optional(TrainingMemory),
  },
  { additionalProperties: false },
);
export type NetworkSummary = Static<typeof NetworkSummary>;

const minimumResize = Type.Integer({
  description: 'Smallest `resize` that the network accepts with these options, in pixels.',
});

/** Named set of options. */
export const NetworkVariant = Type.Object(
  {
    name: Type.String({ description: 'Value of the option `variant`.' }),
    options: NetworkOptions,
    parameters: Type.Integer({ description: 'Trainable parameters for grey images and 10 classes.' }),
    minimumResize,
  },
  { additionalProperties: false },
);

export const NetworkInfo = Type.Object(
  {
    name: NetworkName,
    title: Type.String(),
    paper: Type.String({ description: 'Publication.' }),
    minimumResize,
    variants: Type.Array(NetworkVariant, { description: 'Variants, the default first.' }),
    options: Type.Object(
      { type: Type.Literal('object') },
      {
        additionalProperties: true,
        description: 'JSON Schema of `networkOptions`.',
      },
    ),
  },
  { additionalProperties: false },
);
export type NetworkInfo = Static<typeof NetworkInfo>;

/** Query of `GET /networks/{name}/summary`. */
export const SummaryQuery = Type.Object(
  {
    input: Type.String({
      pattern: '^(1|3)x[1-9][0-9]{0,2}x[1-9][0-9]{0,2}$',
      default: '1x96x96',
      description: 'Channels (1 or 3), height and width of an image, in pixels, at most 999 each.',
    }),
    classes: Type.Integer({
      minimum: 2,
      maximum: 100_000,
      default: 10,
      description: 'Number of classes.',
    }),
    variant: Type.Optional(
      Type.String({
        description:
          'Variant of the network, from `GET /networks`. Default: the first. This parameter and the following ones are network options.',
      }),
    ),
    stem: Type.Optional(stemFields.stem),
    stemKernel: Type.Optional(stemFields.stemKernel),
    width: Type.Optional(Type.Integer({ description: 'Channels of a ResNet’s first stage, or of a DenseNet’s stem.' })),
    growth: Type.Optional(Type.Integer({ description: 'Channels that each layer of a DenseNet adds.' })),
    blocks: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]?(,[1-9][0-9]?){0,5}$',
        description:
          'Residuals or layers of each stage, for example 3,4,6,3: 1 to 6 whole numbers, separated by commas, at most 36 each for a ResNet and 64 for a DenseNet.',
      }),
    ),
    batchSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 8_192,
        description:
          'Images per step. If present, the answer has the memory of training with Adam in float32 on Fashion-MNIST. `input` must be square.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type SummaryQuery = Static<typeof SummaryQuery>;
