/**
 * Convolution as one matrix product for each tap (position) of its kernel: kn2row (Anderson et al. 2017, arXiv:1709.03395). A tap
 * reads only pixels of the image, so padding is never multiplied.
 */
import type { Shape, Tensor } from './graph.js';
import { batch, cast, channels, pad, product, reshape, slice } from './ops.js';
import type { Window } from './window.js';

/** A convolution and its gradients. Each call adds nodes to the graph. */
export type Convolution = Readonly<{
  output(): Tensor;
  inputGradient(dy: Tensor): Tensor;
  weightGradient(dy: Tensor): Tensor;
}>;

/** A part of an image: `rows` × `columns` pixels from `row` and `column` on, at a distance of `step`. */
type Part = Readonly<{ row: number; column: number; rows: number; columns: number; step: number }>;
/** The part of the input that a tap reads, and the part of the output to which it adds. */
type Tap = Readonly<{ input: Part; output: Part }>;

/** Returns whether every tap reads at least one pixel of the image, which `tapConvolution` requires. */
export const canTap = (input: Shape, kernel: Shape, window: Window, output: Shape): boolean =>
  tapsOf(input, kernel, window, output).every(({ input: { rows, columns } }) => rows > 0 && columns > 0);

/** Returns the convolution of x by w, which have the same dtype. `shape` is the shape of the output. */
export function tapConvolution(x: Tensor, w: Tensor, window: Window, shape: Shape): Convolution {
  const { graph, dtype: T } = x;
  const taps = tapsOf(x.shape, w.shape, window, shape);
  const grown = grow(x, window.stride);
  const matrix = [channels(x), channels(w)];
  const withWeights = (): (Tap & { weight: Tensor })[] => {
    const matrices = reshape(w, [taps.length, ...matrix]);
    const unpacked = graph.op('Unpack', [matrices], { T, num: taps.length, axis: 0 }, matrix);
    return taps.map((tap, i) => ({ ...tap, weight: graph.output(unpacked, i, matrix) }));
  };
  return {
    output: () =>
      sum(withWeights().map(({ input, output, weight }) => place(product(pick(grown, input), weight), output, shape))),
    inputGradient(dy) {
      const parts = withWeights().map(({ input, output, weight }) =>
        place(product(pick(dy, output), weight, 'second'), input, grown.shape),
      );
      return grown === x ? sum(parts) : slice(sum(parts), [0, 0, 0, 0], x.shape);
    },
    weightGradient(dy) {
      const gradients = taps.map(({ input, output }) => product(pick(grown, input), pick(dy, output), 'first'));
      const count = gradients.length;
      return reshape(graph.op('Pack', gradients, { T, N: count, axis: 0 }, [count, ...matrix]), w.shape);
    },
  };
}

/** Returns the taps of a kernel, row by row. */
function tapsOf(input: Shape, kernel: Shape, { stride, padding }: Window, output: Shape): Tap[] {
  /** Returns, for each tap along an axis, its outputs: `count` of them from `to` on. The first one reads the pixel `from`. */
  const meetings = (axis: 1 | 2) =>
    Array.from({ length: kernel[axis - 1] ?? 0 }, (_, place) => {
      const [inputs = 0, outputs = 0] = [input[axis], output[axis]];
      const to = Math.max(0, Math.ceil((padding - place) / stride));
      const last = Math.min(outputs - 1, Math.floor((inputs - 1 + padding - place) / stride));
      return { from: to * stride + place - padding, to, count: last - to + 1 };
    });
  return meetings(1).flatMap((row) =>
    meetings(2).map((column): Tap => {
      const counts = { rows: row.count, columns: column.count };
      return {
        input: { row: row.from, column: column.from, ...counts, step: stride },
        output: { row: row.to, column: column.to, ...counts, step: 1 },
      };
    }),
  );
}

/** Pads x with zeros below and to the right, so that `step` divides its sides. Has no gradient: gradients use it. */
function grow(x: Tensor, step: number): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const [below, beside] = [height, width].map((size) => (step - (size % step)) % step) as [number, number];
  if (below === 0 && beside === 0) return x;
  return pad(x, [
    [0, 0],
    [0, below],
    [0, beside],
    [0, 0],
  ]);
}

/** Returns the pixels of a part as rows of a matrix: N×H×W×C → (N·rows·columns)×C. */
function pick(x: Tensor, part: Part): Tensor {
  if (isWhole(part, x.shape)) return reshape(x, [-1, channels(x)]);
  const grid = reshape(x, gridOf(x.shape, part));
  const { row, column, rows, columns, step } = part;
  const start = [0, Math.floor(row / step), row % step, Math.floor(column / step), column % step, 0];
  return reshape(slice(grid, start, [batch(x), rows, 1, columns, 1, channels(x)]), [-1, channels(x)]);
}

/** Inverse of `pick`: returns an image of the given shape that has the pixels in the part and zeros elsewhere. */
function place(pixels: Tensor, part: Part, shape: Shape): Tensor {
  if (isWhole(part, shape)) return reshape(pixels, shape);
  const { row, column, rows, columns, step } = part;
  const [n = -1, high = 0, , wide = 0, , outputs = 0] = gridOf(shape, part);
  const around = (start: number, count: number, size: number) => {
    const [before, within] = [Math.floor(start / step), start % step];
    return [[before, size - before - count] as const, [within, step - 1 - within] as const];
  };
  const grid = reshape(pixels, [n, rows, 1, columns, 1, outputs]);
  return reshape(pad(grid, [[0, 0], ...around(row, rows, high), ...around(column, columns, wide), [0, 0]]), shape);
}

const isWhole = ({ rows, columns, step }: Part, [, height, width]: Shape): boolean =>
  step === 1 && rows === height && columns === width;

/** Returns the shape in which pixels at a distance of `step` are neighbours along an axis: N × H/step × step × W/step × step × C. */
const gridOf = ([n = -1, height = 0, width = 0, c = 0]: Shape, { step }: Part): Shape => [
  n,
  height / step,
  step,
  width / step,
  step,
  c,
];

/** Sums tensors of one shape. Adds in float32 and returns their dtype. */
function sum(parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor];
  if (parts.length === 1) return first;
  const floats = parts.map((part) => cast(part, 'float32'));
  const total = first.graph.op('AddN', floats, { T: 'float32', N: floats.length }, first.shape);
  return cast(total, first.dtype);
}
