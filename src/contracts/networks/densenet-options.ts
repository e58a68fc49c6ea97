/** Options of a DenseNet: schema, defaults and checks. */
import { type Static, Type } from 'typebox';
import {
  blocks,
  checkBlocks,
  checkStem,
  dropRate,
  type NetworkContract,
  STEM_DEFAULTS,
  stemFields,
  stemKernelOf,
  strict,
  variantField,
  width,
} from './option-fields.js';

/** Channels of the stem, channels per layer, and layers of each dense block, by variant. */
const DENSENETS = {
  tutorial: { width: 64, growth: 32, blocks: [4, 4, 4, 4] },
  densenet121: { width: 64, growth: 32, blocks: [6, 12, 24, 16] },
  densenet161: { width: 96, growth: 48, blocks: [6, 12, 36, 24] },
  densenet169: { width: 64, growth: 32, blocks: [6, 12, 32, 32] },
  densenet201: { width: 64, growth: 32, blocks: [6, 12, 48, 32] },
} as const;

/** Size of the largest published DenseNet for ImageNet: DenseNet-264 with 6, 12, 64 and 48 layers (Huang et al. 2016, arXiv:1608.06993). */
const MAX_LAYERS = { ofBlock: 64, ofNetwork: 130 };

export const DensenetOptions = Type.Object(
  {
    variant: variantField(
      DENSENETS,
      '`tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others follow torchvision: a 1×1 convolution to four times the growth precedes the 3×3 convolution, and there are no biases.',
    ),
    ...stemFields,
    width: width(
      'Channels of the stem. Default: those of the variant, which are 96 for `densenet161` and 64 for the others.',
    ),
    growth: Type.Integer({
      title: 'Growth',
      minimum: 4,
      maximum: 128,
      description:
        'Channels that each layer adds. Default: those of the variant, which are 48 for `densenet161` and 32 for the others.',
      'x-unit': 'channels',
      examples: [16],
    }),
    blocks: blocks(
      MAX_LAYERS.ofBlock,
      `Layers of each dense block: 1–6 blocks with 1–${MAX_LAYERS.ofBlock} layers each, at most ${MAX_LAYERS.ofNetwork} in total. Default: those of the variant.`,
      [4, 4, 4, 4],
    ),
    dropRate: dropRate('after the last convolution of each layer'),
  },
  strict,
);
export type DensenetOptions = Static<typeof DensenetOptions>;

const DEFAULTS = { variant: 'tutorial', ...STEM_DEFAULTS, dropRate: 0 } as const;

export const densenetContract = {
  schema: DensenetOptions,
  defaults: DEFAULTS,
  resolve({ variant = DEFAULTS.variant, stem = DEFAULTS.stem, ...request } = {}) {
    const { blocks: layers, ...sizes } = DENSENETS[variant];
    return { ...DEFAULTS, variant, stem, stemKernel: stemKernelOf(stem), ...sizes, blocks: [...layers], ...request };
  },
  check: (options) => [
    ...checkStem(options),
    ...checkBlocks(options.blocks, MAX_LAYERS.ofNetwork, 'layers (as DenseNet-264)'),
  ],
} satisfies NetworkContract<DensenetOptions>;
