/** What a job may say of a ResNet. */
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

/** Residuals of each stage, by variant. */
const RESNETS = {
  tutorial: [2, 2, 2, 2],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
  resnet152: [3, 8, 36, 3],
} as const;

/** As the largest published ResNet for ImageNet has: ResNet-200 (He et al. 2016, arXiv:1603.05027), of 3, 24, 36 and 3. */
const MOST_RESIDUALS = { ofStage: 36, ofNetwork: 66 };

export const ResnetOptions = Type.Object(
  {
    variant: oneOf(
      RESNETS,
      '`tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others are torchvision’s: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1. Default `tutorial`.',
    ),
    ...stemFields,
    width: width('Channels of the first stage, 8 to 256; each further stage has twice as many. Default 64.'),
    blocks: blocks(
      MOST_RESIDUALS.ofStage,
      `Residuals of each stage: 1 to 6 stages of 1 to ${MOST_RESIDUALS.ofStage}, at most ${MOST_RESIDUALS.ofNetwork} in all. Default the variant’s, as [2, 2, 2, 2].`,
    ),
    zeroInitResidual: Type.Boolean({
      description:
        'Start the last BatchNorm of each residual with weight 0, so that each begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677). Default false.',
    }),
    dropRate: dropRate('before the last layer'),
  },
  strict,
);
export type ResnetOptions = Static<typeof ResnetOptions>;

export const resnetContract = {
  schema: ResnetOptions,
  resolve({ variant = 'tutorial', stem = 'classic', ...request } = {}) {
    const stemKernel = stemKernelOf(stem);
    const residuals: number[] = [...RESNETS[variant]];
    return {
      variant,
      stem,
      stemKernel,
      width: 64,
      blocks: residuals,
      zeroInitResidual: false,
      dropRate: 0,
      ...request,
    };
  },
  check: (options) => [
    ...checkStem(options),
    ...checkBlocks(options.blocks, MOST_RESIDUALS.ofNetwork, 'residuals, those of ResNet-200,'),
  ],
} satisfies NetworkContract<ResnetOptions>;
