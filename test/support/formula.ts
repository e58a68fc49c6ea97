/** Weights, images and labels as closed formulas of name and index: same as bench/reference/formula.py, in this engine's layout. */
import { crc32 } from 'node:zlib';
import { elements, type Shape } from '../../src/graph/graph.js';

const SIDE = 28;
const CLASSES = 10;

/** Returns `count` numbers in [−1, 1): the fraction of 43758.5453 · sin(12.9898 · i + phase), the phase a whole number from the name. */
function noise(name: string, count: number): Float64Array {
  const phase = crc32(name) % 1000;
  const values = new Float64Array(count); // loops, here and below, because a ResNet-50 has 23 million numbers
  for (let i = 0; i < count; i++) {
    const wave = Math.sin(12.9898 * i + phase) * 43758.5453;
    values[i] = 2 * (wave - Math.floor(wave)) - 1;
  }
  return values;
}

/** Returns the shape of a weight in PyTorch: height × width × in × out → out × in × height × width, in × out → out × in. */
const pyTorchShape = (shape: Shape): Shape =>
  shape.length < 2 ? shape : [shape.at(-1) ?? 1, shape.at(-2) ?? 1, ...shape.slice(0, -2)];

/**
 * Returns a weight or running value in this engine's layout; the formula counts in PyTorch's order of elements. `normalizes`: it
 * belongs to a BatchNorm, whose bias keeps the inputs of the next ReLU away from 0, where the gradient jumps.
 */
function parameter(name: string, shape: Shape, normalizes: boolean): Float32Array {
  const values = noise(name, elements(shape));
  if (shape.length >= 2) {
    const bound = Math.sqrt(3 / elements(shape.slice(0, -1))); // variance 1 / fan in
    const result = new Float32Array(values.length);
    const target = places(shape);
    for (let i = 0; i < values.length; i++) result[target[i] ?? 0] = (values[i] ?? Number.NaN) * bound;
    return result;
  }
  const kind = name.slice(name.lastIndexOf('.') + 1);
  if (kind === 'weight') return Float32Array.from(values, (value) => 1 + 0.2 * value);
  if (kind === 'running_var') return Float32Array.from(values, (value) => 1 + 0.5 * value);
  if (kind === 'bias' && normalizes)
    return Float32Array.from(values, (value) => (value < 0 ? -2.5 : 2.5) + 0.1 * value);
  return Float32Array.from(values, (value) => 0.1 * value);
}

/** Returns the index in this engine's array for each element in PyTorch's order. */
export function places(shape: Shape): Int32Array {
  const [outputs = 1, inputs = 1, ...window] = pyTorchShape(shape);
  if (shape.length < 2) return Int32Array.from({ length: elements(shape) }, (_, i) => i);
  const pixels = elements(window);
  const result = new Int32Array(elements(shape));
  let i = 0;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let pixel = 0; pixel < pixels; pixel++) result[i++] = (pixel * inputs + input) * outputs + output;
    }
  }
  return result;
}

/** Reorders values from this engine's layout to PyTorch's order of elements. */
export function toPyTorch(values: ArrayLike<number>, shape: Shape): Float64Array {
  const target = places(shape);
  const result = new Float64Array(target.length);
  for (let i = 0; i < target.length; i++) result[i] = values[target[i] ?? 0] ?? Number.NaN;
  return result;
}

/** Returns the formula's weights and running values for these shapes. */
export const formulaWeights = (shapes: ReadonlyMap<string, Shape>): Map<string, Float32Array> =>
  new Map(
    [...shapes].map(([name, shape]) => {
      const layer = name.slice(0, name.lastIndexOf('.'));
      return [name, parameter(name, shape, shapes.has(`${layer}.running_mean`))];
    }),
  );

/** Returns `count` images from number `start` on, as bytes: noise of 0–127, plus 12 times the label. */
export function formulaImages(start: number, count: number): Uint8Array {
  const size = SIDE * SIDE;
  return Uint8Array.from({ length: count * size }, (_, offset) => {
    const i = start * size + offset;
    const mixed = Math.imul(i, 0x9e3779b1);
    const hash = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 25;
    return hash + 12 * (Math.floor(i / size) % CLASSES);
  });
}

/** Returns the labels: image i has the label i modulo 10. */
export const formulaLabels = (start: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (start + i) % CLASSES);
