/** ResNet-18 (He et al. 2015, arXiv:1512.03385) as the tutorial writes it: convolutions with a bias, a 1×1 shortcut without BatchNorm. */
import { layer, type Tensor } from '../graph/graph.js';
import { batchNorm, conv2d } from '../graph/layers.js';
import { add, globalAvgPool, relu } from '../graph/ops.js';
import { classifier, stem } from './parts.js';

/** N×H×W×C images → N×classes logits. Sizes in the comments are for 224×224 pixels. */
export function resnet(x: Tensor, classes: number): Tensor {
  let y = stem(x, 64); //                                                       56×56×64
  for (const [i, channels] of [64, 128, 256, 512].entries()) {
    y = layer(`resnet_block${i + 1}`, y, (z) => block(z, channels, i === 0)); // 56×56×64, 28×28×128, 14×14×256, 7×7×512
  }
  y = layer('global_avg_pool', y, globalAvgPool); //                            1×1×512
  return classifier(y, classes);
}

/** Two residuals; the first halves the size and changes the channels, except in the network's first block. */
function block(x: Tensor, channels: number, first: boolean): Tensor {
  const y = layer('0', x, (z) => residual(z, channels, first ? {} : { project: true, stride: 2 }));
  return layer('1', y, (z) => residual(z, channels));
}

/** relu(F(x) + x), where a 1×1 convolution brings x to F's shape if `project`: N×H×W×C → N×H/stride×W/stride×channels. */
export function residual(x: Tensor, channels: number, { project = false, stride = 1 } = {}): Tensor {
  let y = layer('conv1', x, (z) => conv2d(z, { channels, kernel: 3, stride }));
  y = relu(layer('bn1', y, batchNorm));
  y = layer('conv2', y, (z) => conv2d(z, { channels, kernel: 3 }));
  y = layer('bn2', y, batchNorm);
  const shortcut = project ? layer('conv3', x, (z) => conv2d(z, { channels, kernel: 1, stride })) : x;
  return relu(add(y, shortcut));
}
