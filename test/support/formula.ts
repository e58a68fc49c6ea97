/** Weights, images and labels as closed formulas of name and index: what bench/reference/formula.py says, in this engine's layout. */
import { crc32 } from 'node:zlib';
import { elements, type Shape } from '../../src/graph/graph.js';

const SIDE = 28;
const CLASSES = 10;

/** Numbers in [−1, 1): the fraction of 43758.5453 · sin(12.9898 · i + phase), the phase a whole number from the name. */
function noise(name: string, count: number): Float64Array {
  const phase = crc32(name) % 1000;
  const values = new Float64Array(count); // loops here and below: there are 23 million numbers in a ResNet-50
  for (let i = 0; i < count; i++) {
    const wave = Math.sin(12.9898 * i + phase) * 43758.5453;
    values[i] = 2 * (wave - Math.floor(wave)) - 1;
  }
  return values;
}

/** The shape of a weight in PyTorch: height × width × in × out → out × in × height × width, in × out → out × in. */
const pyTorchShape = (shape: Shape): Shape =>
  shape.length < 2 ? shape : [shape.at(-1) ?? 1, shape.at(-2) ?? 1, ...shape.slice(0, -2)];

/**
 * A weight or running value of this engine's shape; the formula counts in PyTorch's order of elements. `normalizes`: it
 * belongs to a BatchNorm, whose bias keeps the values behind it away from 0, where the ReLU's gradient jumps.
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

/** The place in this engine's array of each element in PyTorch's order. */
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

/** Numbers of this engine's layout in PyTorch's order of elements. */
export function toPyTorch(values: ArrayLike<number>, shape: Shape): Float64Array {
  const target = places(shape);
  const result = new Float64Array(target.length);
  for (let i = 0; i < target.length; i++) result[i] = values[target[i] ?? 0] ?? Number.NaN;
  return result;
}

/** The formula's weights and running values for these shapes. */
export const formulaWeights = (shapes: ReadonlyMap<string, Shape>): Map<string, Float32Array> =>
  new Map(
    [...shapes].map(([name, shape]) => {
      const layer = name.slice(0, name.lastIndexOf('.'));
      return [name, parameter(name, shape, shapes.has(`${layer}.running_mean`))];
    }),
  );

/** Images number `start` and on, as bytes: noise of 0 to 127, brighter by 12 for each step of the label. */
export function formulaImages(start: number, count: number): Uint8Array {
  const size = SIDE * SIDE;
  return Uint8Array.from({ length: count * size }, (_, offset) => {
    const i = start * size + offset;
    const mixed = Math.imul(i, 0x9e3779b1);
    const hash = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 25;
    return hash + 12 * (Math.floor(i / size) % CLASSES);
  });
}

/** The label of image i is i modulo 10. */
export const formulaLabels = (start: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (start + i) % CLASSES);
