/** Options of a ResNet: schema, defaults and checks. */
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

/** Residuals of each stage, by variant. */
const RESNETS = {
  tutorial: [2, 2, 2, 2],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
  resnet152: [3, 8, 36, 3],
} as const;

/** Size of the largest published ResNet for ImageNet: ResNet-200 with 3, 24, 36 and 3 residuals (He et al. 2016, arXiv:1603.05027). */
const MAX_RESIDUALS = { ofStage: 36, ofNetwork: 66 };

export const ResnetOptions = Type.Object(
  {
    variant: variantField(
      RESNETS,
      '`tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others follow torchvision: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1.',
    ),
    ...stemFields,
    width: width('Channels of the first stage. Each further stage has twice as many.'),
    blocks: blocks(
      MAX_RESIDUALS.ofStage,
      `Residuals of each stage: 1–6 stages with 1–${MAX_RESIDUALS.ofStage} residuals each, at most ${MAX_RESIDUALS.ofNetwork} in total. Default: those of the variant.`,
      [2, 2, 2, 2],
    ),
    zeroInitResidual: Type.Boolean({
      title: 'Zero-initialized residuals',
      description:
        'Initializes the last BatchNorm weight of each residual with 0, so that each residual begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677).',
      examples: [true],
    }),
    dropRate: dropRate('before the last layer'),
  },
  strict,
);
export type ResnetOptions = Static<typeof ResnetOptions>;

const DEFAULTS = { variant: 'tutorial', ...STEM_DEFAULTS, width: 64, zeroInitResidual: false, dropRate: 0 } as const;

export const resnetContract = {
  schema: ResnetOptions,
  defaults: DEFAULTS,
  resolve({ variant = DEFAULTS.variant, stem = DEFAULTS.stem, ...request } = {}) {
    return {
      ...DEFAULTS,
      variant,
      stem,
      stemKernel: stemKernelOf(stem),
      blocks: [...RESNETS[variant]],
      ...request,
    };
  },
  check: (options) => [
    ...checkStem(options),
    ...checkBlocks(options.blocks, MAX_RESIDUALS.ofNetwork, 'residuals (as ResNet-200)'),
  ],
} satisfies NetworkContract<ResnetOptions>;
