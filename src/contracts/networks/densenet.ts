/** What a job may say of a DenseNet. */
import { type Static, Type } from 'typebox';
import {
  blocks,
  checkBlocks,
  checkStem,
  dropRate,
  type NetworkContract,
  oneOf,
  stemFields,
  stemKernelOf,
  strict,
  width,
} from './option-fields.js';

/** Channels of the stem, channels that each layer adds, and layers of each dense block, by variant. */
const DENSENETS = {
  tutorial: { width: 64, growth: 32, blocks: [4, 4, 4, 4] },
  densenet121: { width: 64, growth: 32, blocks: [6, 12, 24, 16] },
  densenet161: { width: 96, growth: 48, blocks: [6, 12, 36, 24] },
  densenet169: { width: 64, growth: 32, blocks: [6, 12, 32, 32] },
  densenet201: { width: 64, growth: 32, blocks: [6, 12, 48, 32] },
} as const;

/** As the largest published DenseNet for ImageNet has: DenseNet-264 (Huang et al. 2016, arXiv:1608.06993), of 6, 12, 64 and 48. */
const MOST_LAYERS = { ofBlock: 64, ofNetwork: 130 };

export const DensenetOptions = Type.Object(
  {
    variant: oneOf(
      DENSENETS,
      '`tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others are torchvision’s: a 1×1 convolution to four times the growth comes before the 3×3, and there are no biases. Default `tutorial`.',
    ),
    ...stemFields,
    width: width('Channels of the stem, 8 to 256. Default the variant’s: 64, and 96 of `densenet161`.'),
    growth: Type.Integer({
      minimum: 4,
      maximum: 128,
      description: 'Channels that each layer adds, 4 to 128. Default the variant’s: 32, and 48 of `densenet161`.',
    }),
    blocks: blocks(
      MOST_LAYERS.ofBlock,
      `Layers of each dense block: 1 to 6 blocks of 1 to ${MOST_LAYERS.ofBlock}, at most ${MOST_LAYERS.ofNetwork} in all. Default the variant’s, as [4, 4, 4, 4].`,
    ),
    dropRate: dropRate('after the last convolution of each layer'),
  },
  strict,
);
export type DensenetOptions = Static<typeof DensenetOptions>;

export const densenetContract = {
  schema: DensenetOptions,
  resolve({ variant = 'tutorial', stem = 'classic', ...request } = {}) {
    const { blocks: layers, ...sizes } = DENSENETS[variant];
    return { variant, stem, stemKernel: stemKernelOf(stem), ...sizes, blocks: [...layers], dropRate: 0, ...request };
  },
  check: (options) => [
    ...checkStem(options),
    ...checkBlocks(options.blocks, MOST_LAYERS.ofNetwork, 'layers, those of DenseNet-264,'),
  ],
} satisfies NetworkContract<DensenetOptions>;
