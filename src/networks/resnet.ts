/**
 * ResNet (He et al. 2015, arXiv:1512.03385) in two forms: the tutorial's (convolutions with a bias, a 1×1 shortcut without BatchNorm)
 * and torchvision's (no biases, BatchNorm on the shortcut, bottlenecks). Names are those of the PyTorch modules.
 */
import type { ResnetOptions } from '../contracts/networks/resnet-options.js';
import { layer, type Tensor } from '../graph/graph.js';
import { kaimingNormal, ones, zeros } from '../graph/initializers.js';
import { batchNorm, type Conv2dOptions, conv2d, dense } from '../graph/layers.js';
import { add, channels, dropout, flatten, globalAvgPool, relu } from '../graph/ops.js';
import { stem, TUTORIAL_STEM, tutorialClassifier } from './parts.js';

/** N×H×W×C images → N×classes logits. */
export function resnet(x: Tensor, classes: number, options: ResnetOptions): Tensor {
  return options.variant === 'tutorial' ? tutorial(x, classes, options) : torchvision(x, classes, options);
}

/** Returns the names of the layers that begin a stage; the last is the head. */
export const resnetStages = ({ variant, blocks }: ResnetOptions): string[] => [
  ...blocks.map((_, i) => stageName(variant, i)),
  'fc',
];

const stageName = (variant: ResnetOptions['variant'], stage: number): string =>
  `${variant === 'tutorial' ? 'resnet_block' : 'layer'}${stage + 1}`;

/** Sizes in the comments are for 224×224 pixels. */
function tutorial(x: Tensor, classes: number, options: ResnetOptions): Tensor {
  const { variant, blocks, width, zeroInitResidual: zeroInit, dropRate } = options;
  let y = stem(x, options, TUTORIAL_STEM); //                 56×56×64
  for (const [stage, count] of blocks.entries()) {
    const build = (z: Tensor, stride: number) =>
      residual(z, width * 2 ** stage, { project: stride > 1, stride, zeroInit });
    y = layer(stageName(variant, stage), y, (z) => residuals(z, count, stage, build)); // 56×56×64, 28×28×128, 14×14×256, 7×7×512
  }
  y = layer('global_avg_pool', y, globalAvgPool); //          1×1×512
  return tutorialClassifier(y, classes, dropRate);
}

/** The residual blocks of a stage. The first block of each stage but the first halves the size. */
function residuals(x: Tensor, count: number, stage: number, build: (x: Tensor, stride: number) => Tensor): Tensor {
  let y = x;
  for (let i = 0; i < count; i++) y = layer(`${i}`, y, (z) => build(z, i === 0 && stage > 0 ? 2 : 1));
  return y;
}

/** relu(F(x) + x). With `project`, a 1×1 convolution brings x to the shape of F(x). N×H×W×C → N×H/stride×W/stride×channels. */
export function residual(x: Tensor, channels: number, { project = false, stride = 1, zeroInit = false } = {}): Tensor {
  let y = layer('conv1', x, (z) => conv2d(z, { channels, kernel: 3, stride }));
  y = relu(layer('bn1', y, (z) => batchNorm(z)));
  y = layer('conv2', y, (z) => conv2d(z, { channels, kernel: 3 }));
  y = layer('bn2', y, (z) => batchNorm(z, zeroInit ? zeros : ones));
  const shortcut = project ? layer('conv3', x, (z) => conv2d(z, { channels, kernel: 1, stride })) : x;
  return relu(add(y, shortcut));
}

/** Sizes in the comments are those of `resnet50` for 224×224 pixels. */
function torchvision(x: Tensor, classes: number, options: ResnetOptions): Tensor {
  const { variant, blocks, width, zeroInitResidual: zeroInit, dropRate } = options;
  const block = variant === 'resnet18' || variant === 'resnet34' ? basic : bottleneck;
  let y = stem(x, options, ['conv1', 'bn1', 'relu', 'maxpool'], plain); // 56×56×64
  for (const [stage, count] of blocks.entries()) {
    const build = (z: Tensor, stride: number) => block(z, width * 2 ** stage, stride, zeroInit);
    y = layer(stageName(variant, stage), y, (z) => residuals(z, count, stage, build)); // 56×56×256, 28×28×512, 14×14×1024, 7×7×2048
  }
  y = layer('avgpool', y, globalAvgPool); //                               1×1×2048
  return layer('fc', flatten(y), (z) => dense(dropout(z, dropRate), classes));
}

/** Basic block: two 3×3 convolutions and a shortcut. N×H×W×C → N×H/stride×W/stride×width. */
function basic(x: Tensor, width: number, stride: number, zeroInit: boolean): Tensor {
  let y = relu(normalized(x, 1, { channels: width, kernel: 3, stride }));
  y = normalized(y, 2, { channels: width, kernel: 3 }, zeroInit);
  return relu(add(y, shortcut(x, width, stride)));
}

/** Bottleneck: 1×1 to `width` channels, 3×3 with the stride, 1×1 to 4·width. N×H×W×C → N×H/stride×W/stride×(4·width). */
function bottleneck(x: Tensor, width: number, stride: number, zeroInit: boolean): Tensor {
  let y = relu(normalized(x, 1, { channels: width, kernel: 1 }));
  y = relu(normalized(y, 2, { channels: width, kernel: 3, stride }));
  y = normalized(y, 3, { channels: 4 * width, kernel: 1 }, zeroInit);
  return relu(add(y, shortcut(x, 4 * width, stride)));
}

/** Returns x, brought to the block's output shape by a 1×1 convolution and a BatchNorm if the shapes differ. */
function shortcut(x: Tensor, width: number, stride: number): Tensor {
  if (channels(x) === width && stride === 1) return x;
  return layer('downsample', x, (z) => {
    const y = layer('0', z, (input) => conv2d(input, { channels: width, kernel: 1, stride, ...plain }));
    return layer('1', y, (input) => batchNorm(input));
  });
}

/** Convolution and BatchNorm number `index` of a residual. */
function normalized(x: Tensor, index: number, options: Conv2dOptions, zeroInit = false): Tensor {
  const y = layer(`conv${index}`, x, (z) => conv2d(z, { ...options, ...plain }));
  return layer(`bn${index}`, y, (z) => batchNorm(z, zeroInit ? zeros : ones));
}

/** Options of all convolutions in torchvision's ResNets. */
const plain = { bias: false, initial: kaimingNormal('fanOut') };
