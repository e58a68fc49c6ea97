/**
 * DenseNet (Huang et al. 2016, arXiv:1608.06993) in two forms: the tutorial's (no bottleneck, convolutions with a bias) and
 * torchvision's (a bottleneck of four times the growth, no biases). Names are those of the PyTorch modules.
 */
import type { DensenetOptions } from '../contracts/networks/densenet-options.js';
import { layer, type Tensor } from '../graph/graph.js';
import { kaimingNormal, zeros } from '../graph/initializers.js';
import { batchNorm, type Conv2dOptions, conv2d, dense } from '../graph/layers.js';
import { channels, concat, dropout, flatten, globalAvgPool, relu } from '../graph/ops.js';
import { avgPool } from '../graph/window.js';
import { stem, TUTORIAL_STEM, tutorialClassifier } from './parts.js';

/** Share of the channels that a transition keeps. */
const COMPRESSION = 0.5;
/** Channels of torchvision's 1×1 convolutions, relative to the growth. */
const BOTTLENECK = 4;

/** N×H×W×C images → N×classes logits. */
export function densenet(x: Tensor, classes: number, options: DensenetOptions): Tensor {
  return options.variant === 'tutorial' ? tutorial(x, classes, options) : torchvision(x, classes, options);
}

/** Returns the smallest side in pixels with which each transition can halve the image. The classic stem keeps ⌈side / 4⌉. */
export function smallestDensenetSide({ stem, blocks }: DensenetOptions): number {
  const afterStem = 2 ** (blocks.length - 1);
  return stem === 'classic' ? 4 * (afterStem - 1) + 1 : afterStem;
}

/** Returns the names of the layers that begin a stage, each a dense block with its transition; the last is the head. */
export const densenetStages = ({ variant, blocks }: DensenetOptions): string[] => [
  ...blocks.map((_, i) => blockName(variant, i)),
  variant === 'tutorial' ? 'fc' : 'classifier',
];

const blockName = (variant: DensenetOptions['variant'], block: number): string =>
  variant === 'tutorial' ? `DenseBlosk_${block}` : `features.denseblock${block + 1}`;

/** Sizes in the comments are for 96×96 pixels. */
function tutorial(x: Tensor, classes: number, options: DensenetOptions): Tensor {
  const { variant, blocks } = options;
  let y = stem(x, options, TUTORIAL_STEM); //                                           24×24×64
  for (const [i, layers] of blocks.entries()) {
    y = layer(blockName(variant, i), y, (z) => tutorialBlock(z, layers, options)); //       24×24×192, 12×12×224, 6×6×240, 3×3×248
    if (i === blocks.length - 1) break;
    y = layer(`transition_block_${i}`, y, (z) => transition(z, compressed(z))); //      12×12×96, 6×6×112, 3×3×120
  }
  y = layer('BN', y, (z) => batchNorm(z));
  y = layer('relu', y, relu);
  y = layer('global_avg_pool', y, globalAvgPool); //                                    1×1×248
  return tutorialClassifier(y, classes);
}

/** Dense block: each layer reads the outputs of all layers before it. N×H×W×C → N×H×W×(C + layers·growth). */
function tutorialBlock(x: Tensor, layers: number, { growth, dropRate }: DensenetOptions): Tensor {
  let y = x;
  for (let i = 0; i < layers; i++) {
    const added = (input: Tensor) => dropout(normalizedConv(input, growth), dropRate);
    y = concat(
      y,
      layer('net', y, (z) => layer(`${i}`, z, added)),
    );
  }
  return y;
}

/** Transition to fewer channels and half the size: N×H×W×C → N×⌊H/2⌋×⌊W/2⌋×channels. */
export const transition = (x: Tensor, channels: number): Tensor => halved(x, ['0', '3', '2'], { channels });

/**
 * BatchNorm, ReLU, average pool, 1×1 convolution. The original convolves first; average pooling and a 1×1 convolution commute, and
 * pooling first leaves a quarter of the pixels to convolve.
 */
function halved(
  x: Tensor,
  [norm, pool, convolution]: readonly [norm: string, pool: string, convolution: string],
  options: Pick<Conv2dOptions, 'channels' | 'bias' | 'initial'>,
): Tensor {
  const y = relu(layer(norm, x, (z) => batchNorm(z)));
  const pooled = layer(pool, y, (z) => avgPool(z, { kernel: 2, stride: 2 }));
  return layer(convolution, pooled, (z) => conv2d(z, { kernel: 1, shared: true, ...options }));
}

/** Pre-activation order: BatchNorm, ReLU, convolution. */
function normalizedConv(x: Tensor, channels: number): Tensor {
  const y = relu(layer('0', x, (z) => batchNorm(z)));
  return layer('2', y, (z) => conv2d(z, { channels, kernel: 3 }));
}

/** Sizes in the comments are those of `densenet121` for 224×224 pixels. */
function torchvision(x: Tensor, classes: number, options: DensenetOptions): Tensor {
  const { variant, blocks } = options;
  let y = stem(x, options, STEM, plain); //                                             56×56×64
  for (const [i, layers] of blocks.entries()) {
    y = layer(blockName(variant, i), y, (z) => denseBlock(z, layers, options)); // 56×56×256, 28×28×512, 14×14×1024, 7×7×1024
    if (i === blocks.length - 1) break;
    y = layer(
      `features.transition${i + 1}`,
      y,
      (z) => halved(z, ['norm', 'pool', 'conv'], { channels: compressed(z), ...plain }), // 28×28×128, 14×14×256, 7×7×512
    );
  }
  y = layer('features.norm5', y, (z) => batchNorm(z));
  y = layer('relu', y, relu);
  y = layer('avgpool', y, globalAvgPool); //                                            1×1×1024
  return layer('classifier', flatten(y), (z) => dense(z, classes, zeros));
}

/** Dense block whose layers begin with a bottleneck: N×H×W×C → N×H×W×(C + layers·growth). */
function denseBlock(x: Tensor, layers: number, { growth, dropRate }: DensenetOptions): Tensor {
  let y = x;
  for (let i = 0; i < layers; i++) {
    const added = layer(`denselayer${i + 1}`, y, (z) => {
      const narrow = preactivated(z, 'norm1', 'conv1', BOTTLENECK * growth, 1); //      H×W×(4·growth)
      return dropout(preactivated(narrow, 'norm2', 'conv2', growth, 3), dropRate); //   H×W×growth
    });
    y = concat(y, added);
  }
  return y;
}

/** Pre-activation order without a bias: BatchNorm, ReLU, convolution. */
function preactivated(x: Tensor, norm: string, convolution: string, channels: number, kernel: number): Tensor {
  const y = relu(layer(norm, x, (z) => batchNorm(z)));
  return layer(convolution, y, (z) => conv2d(z, { channels, kernel, ...plain }));
}

const STEM = ['features.conv0', 'features.norm0', 'features.relu0', 'features.pool0'] as const;

/** Options of all convolutions in torchvision's DenseNets. */
const plain = { bias: false, initial: kaimingNormal('fanIn') };

const compressed = (x: Tensor): number => Math.floor(channels(x) * COMPRESSION);
