/** Conversion of weights between the layouts of frameworks: outputs last in TensorFlow, outputs first in PyTorch and ONNX. */
import { TrainyardError } from '../errors/errors.js';
import { elements, type Shape } from './graph.js';

/** Height × width × in × out → out × in × height × width; in × out → out × in. Other shapes stay the same. */
export const outputsFirstShape = (shape: Shape): Shape => {
  if (shape.length < 2) return shape;
  const [outputs = 1, inputs = 1] = [shape.at(-1), shape.at(-2)];
  return [outputs, inputs, ...shape.slice(0, -2)];
};

/** Reorders the numbers of a tensor of `shape` to outputs first. Throws `invalid_shape` if their count does not fit. */
export function outputsFirst(values: Float32Array, shape: Shape): Float32Array {
  const [pixels, inputs, outputs] = axesOf(values, shape);
  return reversed(values, [pixels, inputs, outputs]);
}

/** Reorders numbers with outputs first to a tensor of `shape`, outputs last. Throws `invalid_shape` if their count does not fit. */
export function outputsLast(values: Float32Array, shape: Shape): Float32Array {
  const [pixels, inputs, outputs] = axesOf(values, shape);
  return reversed(values, [outputs, inputs, pixels]);
}

/** Neighbouring numbers that are moved together, while they are in the CPU cache. */
const BLOCK = 16;

/** a × b × c → c × b × a. */
function reversed(values: Float32Array, [a, b, c]: Axes): Float32Array {
  if (b === 1 && (a === 1 || c === 1)) return values;
  const turned = new Float32Array(values.length);
  for (let first = 0; first < c; first += BLOCK) {
    const last = Math.min(first + BLOCK, c);
    for (let j = 0; j < b; j++) {
      for (let i = 0; i < a; i++) {
        const row = (i * b + j) * c;
        for (let k = first; k < last; k++) turned[(k * b + j) * a + i] = values[row + k] as number;
      }
    }
  }
  return turned;
}

type Axes = readonly [number, number, number];

/** Returns the numbers of pixels, inputs and outputs. A vector has outputs only. */
function axesOf(values: Float32Array, shape: Shape): Axes {
  if (values.length !== elements(shape)) {
    throw new TrainyardError('invalid_shape', `${values.length} numbers do not fill the shape [${shape}].`);
  }
  if (shape.length < 2) return [1, 1, values.length];
  return [elements(shape.slice(0, -2)), shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}
