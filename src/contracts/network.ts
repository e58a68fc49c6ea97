/** The network contract: a layer table, as the tutorial prints it. */
import { type Static, Type } from 'typebox';
import { NetworkName } from './job.js';
import { TrainingMemory } from './memory.js';

const shape = Type.Array(Type.Integer(), { description: 'Batch, channels, height, width (as PyTorch prints it).' });

export const NetworkLayer = Type.Object(
  { name: Type.String(), outputShape: shape, parameters: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

export const NetworkSummary = Type.Object(
  {
    network: NetworkName,
    input: shape,
    classes: Type.Integer({ minimum: 2 }),
    layers: Type.Array(NetworkLayer),
    parameters: Type.Integer({ description: 'Trainable parameters.' }),
    runningValues: Type.Integer({ description: 'Running means and variances of the BatchNorm layers.' }),
    memory: Type.Optional(TrainingMemory),
  },
  { additionalProperties: false },
);
export type NetworkSummary = Static<typeof NetworkSummary>;

export const NetworkInfo = Type.Object(
  {
    name: NetworkName,
    title: Type.String(),
    paper: Type.String(),
    minimumResize: Type.Integer({ description: 'Smallest side in pixels the network takes.' }),
  },
  { additionalProperties: false },
);
export type NetworkInfo = Static<typeof NetworkInfo>;

export const DatasetInfo = Type.Object(
  {
    name: Type.String(),
    height: Type.Integer(),
    width: Type.Integer(),
    channels: Type.Integer(),
    trainSamples: Type.Integer(),
    testSamples: Type.Integer(),
    classes: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type DatasetInfo = Static<typeof DatasetInfo>;

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
