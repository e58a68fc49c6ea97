/** Parts that both networks share: the stem and the tutorial's classifier. */
import { layer, type Tensor } from '../graph/graph.js';
import { batchNorm, type Conv2dOptions, conv2d, dense } from '../graph/layers.js';
import { dropout, flatten, relu } from '../graph/ops.js';
import { maxPool } from '../graph/window.js';

export type StemOptions = Readonly<{ stem: 'classic' | 'small'; stemKernel: number; width: number }>;

/** Names of the convolution, the BatchNorm, the ReLU and the pool. */
type StemNames = readonly [convolution: string, norm: string, relu: string, pool: string];

/**
 * Classic: a convolution and a 3×3 max pool, each at stride 2: N×H×W×C → N×H/4×W/4×width.
 * Small: a convolution alone, for small images: N×H×W×C → N×H×W×width.
 */
export function stem(
  x: Tensor,
  { stem, stemKernel: kernel, width: channels }: StemOptions,
  [convolution, norm, activation, pool]: StemNames,
  others: Pick<Conv2dOptions, 'bias' | 'initial'> = {},
): Tensor {
  const stride = stem === 'classic' ? 2 : 1;
  let y = layer(convolution, x, (z) => conv2d(z, { channels, kernel, stride, ...others }));
  y = layer(norm, y, (z) => batchNorm(z));
  y = layer(activation, y, relu);
  return stem === 'classic' ? layer(pool, y, (z) => maxPool(z, { kernel: 3, stride: 2, padding: 1 })) : y;
}

/** The tutorial's classifier: flatten, dropout, linear layer. N×1×1×C → N×classes. */
export function tutorialClassifier(x: Tensor, classes: number, dropRate = 0): Tensor {
  return layer('fc', x, (y) => layer('1', dropout(flatten(y), dropRate), (z) => dense(z, classes)));
}

/** Names of the stem's layers in the tutorial. */
export const TUTORIAL_STEM: StemNames = ['0', '1', '2', '3'];
