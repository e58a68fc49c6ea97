/** The network contract: the networks there are, with their options, and a layer table as the tutorial prints it. */
import { type Static, Type } from 'typebox';
import { TrainingMemory } from './memory-estimate.js';
import { NetworkName, NetworkOptions } from './network-options.js';
import { stemFields } from './option-fields.js';

export * from './network-options.js';

const shape = Type.Array(Type.Integer(), { description: 'Batch, channels, height, width (as PyTorch prints it).' });

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
    runningValues: Type.Integer({ description: 'Running means and variances of the BatchNorm layers.' }),
    normalizedPixels: Type.Integer({
      minimum: 1,
      description:
        'Fewest pixels, height × width, that a BatchNorm layer has of an image. Where it is 1, a batch of one image cannot be trained.',
    }),
    memory: Type.Optional(TrainingMemory),
  },
  { additionalProperties: false },
);
export type NetworkSummary = Static<typeof NetworkSummary>;

const minimumResize = Type.Integer({
  description: 'Smallest `resize` in pixels that it takes with these options.',
});

/** A ready set of options. */
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
    paper: Type.String({ description: 'Where it was published.' }),
    minimumResize,
    variants: Type.Array(NetworkVariant, { description: 'The first is the default.' }),
    options: Type.Object(
      { type: Type.Literal('object') },
      {
        additionalProperties: true,
        description: 'JSON Schema of `networkOptions`: each option with its range and default.',
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
      description: 'Channels (1 or 3), height and width of an image in pixels, at most 999 each. Default 1x96x96.',
    }),
    classes: Type.Integer({
      minimum: 2,
      maximum: 100_000,
      default: 10,
      description: 'Classes to tell apart. Default 10.',
    }),
    variant: Type.Optional(
      Type.String({
        description:
          'One of the variants in `GET /networks`. Default the first. This and what follows are options of the network; of those, the ones that change sizes or counts.',
      }),
    ),
    stem: Type.Optional(stemFields.stem),
    stemKernel: Type.Optional(stemFields.stemKernel),
    width: Type.Optional(Type.Integer({ description: 'Channels of the first stage, or of a DenseNet’s stem.' })),
    growth: Type.Optional(Type.Integer({ description: 'Channels that each layer of a DenseNet adds.' })),
    blocks: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]?(,[1-9][0-9]?){0,5}$',
        description:
          'Residuals or layers of each stage, as 3,4,6,3: 1 to 6 whole numbers with commas between them, each at most 36 for a ResNet and 64 for a DenseNet.',
      }),
    ),
    batchSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 8_192,
        description:
          'Images per step: the answer then has the memory that training needs, with Adam in float32 on Fashion-MNIST. `input` must be square.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type SummaryQuery = Static<typeof SummaryQuery>;
