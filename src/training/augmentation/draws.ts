/**
 * Draws of augmentation: a random number for each image. They depend on the run's seed, the step and the micro batch alone
 * (graph/random.ts).
 */
import { apply, combine } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, dynamicShape, slice } from '../../graph/ops.js';
import { uniform } from '../../graph/random.js';

/** Draws `count` numbers in [0, 1) for each image of `x`: N×count, default N×1. */
export function perImage(name: string, x: Tensor, count = 1): Tensor {
  const { graph } = x;
  const inputs = [slice(dynamicShape(x), [0], [1]), graph.constant([count], 'int32'), graph.constant(0, 'int32')];
  const size = graph.op('ConcatV2', inputs, { T: 'int32', N: 2, Tidx: 'int32' }, [2]);
  return uniform(name, size, [batch(x), count]);
}

/** Draws an integer from 0 to below `bound`, at most a few thousand, for each image of `x`: N×1, float32. */
export const integerBelow = (bound: number, name: string, x: Tensor): Tensor =>
  apply('Floor', combine('Mul', perImage(name, x), bound));

/** Draws a number between `least` and `most` for each image of `x`: N×count, default N×1. */
export const between = (least: number, most: number, name: string, x: Tensor, count = 1): Tensor =>
  combine('AddV2', combine('Mul', perImage(name, x, count), most - least), least);

/** Returns 0 … count − 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
