/** What both networks begin and end with. Layer names are those of the tutorial's PyTorch modules. */
import { layer, type Tensor } from '../graph/graph.js';
import { batchNorm, conv2d, dense } from '../graph/layers.js';
import { flatten, relu } from '../graph/ops.js';
import { maxPool } from '../graph/window.js';

/** 7×7 convolution and 3×3 max pool, each at stride 2: N×H×W×C → N×H/4×W/4×channels. */
export function stem(x: Tensor, channels: number): Tensor {
  let y = layer('0', x, (z) => conv2d(z, { channels, kernel: 7, stride: 2 }));
  y = layer('1', y, batchNorm);
  y = layer('2', y, relu);
  return layer('3', y, (z) => maxPool(z, { kernel: 3, stride: 2, padding: 1 }));
}

/** Flatten and linear layer: N×1×1×C → N×classes. */
export function classifier(x: Tensor, classes: number): Tensor {
  return layer('fc', x, (y) => layer('1', flatten(y), (z) => dense(z, classes)));
}
