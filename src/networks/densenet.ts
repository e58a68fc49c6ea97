/** DenseNet (Huang et al. 2016, arXiv:1608.06993) as the tutorial writes it: 4 dense blocks of 4 layers, growth 32, no bottleneck. */
import { layer, type Tensor } from '../graph/graph.js';
import { batchNorm, conv2d } from '../graph/layers.js';
import { channels, concat, globalAvgPool, relu } from '../graph/ops.js';
import { avgPool } from '../graph/window.js';
import { classifier, stem } from './parts.js';

const GROWTH = 32;
const LAYERS_PER_BLOCK = 4;
const BLOCKS = 4;

/** N×H×W×C images → N×classes logits. Sizes in the comments are for 96×96 pixels. */
export function densenet(x: Tensor, classes: number): Tensor {
  let y = stem(x, 64); //                                                24×24×64
  for (let i = 0; i < BLOCKS; i++) {
    y = layer(`DenseBlosk_${i}`, y, denseBlock); //                      24×24×192, 12×12×224, 6×6×240, 3×3×248
    if (i === BLOCKS - 1) break;
    y = layer(`transition_block_${i}`, y, (z) => transition(z, channels(z) / 2)); // 12×12×96, 6×6×112, 3×3×120
  }
  y = layer('BN', y, batchNorm);
  y = layer('relu', y, relu);
  y = layer('global_avg_pool', y, globalAvgPool); //                     1×1×248
  return classifier(y, classes);
}

/** Each layer sees the outputs of all before it: N×H×W×C → N×H×W×(C + 4·32). */
function denseBlock(x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < LAYERS_PER_BLOCK; i++) {
    y = concat(
      y,
      layer('net', y, (z) => layer(`${i}`, z, (input) => normalizedConv(input, GROWTH, 3))),
    );
  }
  return y;
}

/** Fewer channels, half the size: N×H×W×C → N×⌊H/2⌋×⌊W/2⌋×channels. */
export function transition(x: Tensor, channels: number): Tensor {
  const y = normalizedConv(x, channels, 1);
  return layer('3', y, (z) => avgPool(z, { kernel: 2, stride: 2 }));
}

/** BatchNorm, ReLU, convolution: the order of "pre-activation". */
function normalizedConv(x: Tensor, channels: number, kernel: number): Tensor {
  const y = relu(layer('0', x, batchNorm));
  return layer('2', y, (z) => conv2d(z, { channels, kernel }));
}
