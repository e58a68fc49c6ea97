/** Augmentation as its papers define it, within its bounds, and reproducible from seed and step. */
import { describe, expect, it } from 'vitest';
import { type AugmentationSpec, resolveAugmentation } from '../../../src/contracts/training/augmentation.js';
import { Graph, type Tensor } from '../../../src/graph/graph.js';
import { cast } from '../../../src/graph/ops.js';
import { DRAW, drawOf as drawnBy } from '../../../src/graph/random.js';
import type { Feed } from '../../../src/graph/session.js';
import { cropAndFlip } from '../../../src/training/augmentation/crop-and-flip.js';
import { cutOut, eraseRectangles } from '../../../src/training/augmentation/masks.js';
import { mixup } from '../../../src/training/augmentation/mixing.js';
import { networkInput, trainingInput } from '../../../src/training/step/preprocessing.js';
import { openGraph, runGraph } from '../../support/run-graph.js';

const drawOf = (step: number, microBatch = 0): Record<string, Feed> => ({
  [DRAW]: { dtype: 'int32', shape: [2], values: drawnBy(microBatch, step) },
});
const bytes = (shape: number[], values: Uint8Array): Record<string, Feed> => ({
  x: { dtype: 'uint8', shape, values },
});
const floats = (shape: number[], values: Float32Array): Record<string, Feed> => ({
  x: { dtype: 'float32', shape, values },
});

/** Rows of `size` numbers, one per image. */
const rowsOf = (values: ArrayLike<number> | undefined, size: number): number[][] => {
  const list = Array.from(values ?? []);
  return Array.from({ length: list.length / size }, (_, row) => list.slice(row * size, (row + 1) * size));
};

/** 5 standard deviations of a binomial count. */
const expectShare = (count: number, total: number, share: number): void => {
  expect(Math.abs(count - total * share)).toBeLessThan(5 * Math.sqrt(total * share * (1 - share)));
};

const HEIGHT = 4;
const WIDTH = 5;
const CHANNELS = 3;
/** An image whose values all differ, and none is 0, which is black. */
const picture = Uint8Array.from({ length: HEIGHT * WIDTH * CHANNELS }, (_, index) => index + 1);

/** The picture from `top`, `left` on, black beyond its border, mirrored if `mirror` is set. */
function moved(top: number, left: number, mirror: boolean): number[] {
  const result: number[] = [];
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const row = y + top;
      const column = (mirror ? WIDTH - 1 - x : x) + left;
      const inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
      for (let c = 0; c < CHANNELS; c++) {
        result.push(inside ? (picture[(row * WIDTH + column) * CHANNELS + c] ?? 0) : 0);
      }
    }
  }
  return result;
}

/** `copies` of the picture, cropped and flipped in one step. */
function cropPictures(spec: Pick<AugmentationSpec, 'crop' | 'flip'>, copies: number, seed = 0, step = 1): string[] {
  const graph = new Graph({ seed });
  const y = cropAndFlip(graph.placeholder('x', 'uint8', [-1, HEIGHT, WIDTH, CHANNELS]), spec);
  expect(y.dtype).toBe('uint8');
  expect(y.shape).toEqual([-1, HEIGHT, WIDTH, CHANNELS]);
  const batch = Uint8Array.from(
    { length: copies * picture.length },
    (_, index) => picture[index % picture.length] ?? 0,
  );
  const feeds = { ...bytes([copies, HEIGHT, WIDTH, CHANNELS], batch), ...drawOf(step) };
  const [values] = runGraph(graph, [cast(y, 'float32')], feeds);
  return rowsOf(values, picture.length).map((row) => row.join());
}

describe('random crop', () => {
  it.each([1, 2, 3])('by %i shifts each image to a random position with equal probability', (crop) => {
    const shifts = Array.from({ length: 2 * crop + 1 }, (_, index) => index - crop);
    const all = shifts.flatMap((top) => shifts.map((left) => moved(top, left, false).join()));
    expect(new Set(all).size).toBe((2 * crop + 1) ** 2);
    const found = cropPictures({ crop, flip: false }, 20_000);
    for (const shift of all) expectShare(found.filter((image) => image === shift).length, 20_000, 1 / all.length);
    expect(new Set(found)).toEqual(new Set(all));
  });

  it('combined with a flip yields every shift of the image and of its mirror image', () => {
    const shifts = [-1, 0, 1];
    const all = [false, true].flatMap((mirror) =>
      shifts.flatMap((top) => shifts.map((left) => moved(top, left, mirror).join())),
    );
    expect(new Set(all).size).toBe(18);
    const found = cropPictures({ crop: 1, flip: true }, 10_000);
    for (const shift of all) expectShare(found.filter((image) => image === shift).length, 10_000, 1 / 18);
    expect(new Set(found)).toEqual(new Set(all));
  });

  it('rejects a crop that could leave nothing, and a cutout larger than the image', () => {
    const graph = new Graph();
    const pixels = graph.placeholder('x', 'uint8', [-1, 28, 28, 1]);
    const image = { height: 28, width: 28, channels: 1 };
    const build = (change: Partial<AugmentationSpec>) => () =>
      trainingInput(pixels, { dataset: { resize: 96 }, augmentation: resolveAugmentation(change) }, image);
    expect(build({ crop: 28 })).toThrow(
      expect.objectContaining({
        code: 'invalid_shape',
        message: expect.stringMatching(/crop of 28 pixels .* 28×28: it must be below 28/),
      }),
    );
    expect(build({ cutout: 29 })).toThrow(
      expect.objectContaining({
        code: 'invalid_shape',
        message: expect.stringMatching(/cutout of 29 pixels .* 28×28: it may be at most 28/),
      }),
    );
    expect(build({ crop: 27, cutout: 28 })).not.toThrow();
  });
});

describe('random flip', () => {
  it('mirrors half of the images', () => {
    const [plain, mirror] = [moved(0, 0, false).join(), moved(0, 0, true).join()];
    const found = cropPictures({ crop: 0, flip: true }, 10_000);
    expect(new Set(found)).toEqual(new Set([plain, mirror]));
    expectShare(found.filter((image) => image === mirror).length, 10_000, 0.5);
  });
});

/** Finds the rectangle of zeros in each image of ones: first and last row and column, or undefined. */
function rectangles(values: ArrayLike<number> | undefined, side: number) {
  return rowsOf(values, side * side).map((image) => {
    if (!image.every((value) => value === 0 || value === 1)) throw new Error('A value is neither 0 nor 1.');
    const zeros: number[] = [];
    for (const [place, value] of image.entries()) if (value === 0) zeros.push(place);
    if (zeros.length === 0) return undefined;
    const rows = zeros.map((place) => Math.floor(place / side));
    const columns = zeros.map((place) => place % side);
    const [top, bottom] = [Math.min(...rows), Math.max(...rows) + 1];
    const [left, right] = [Math.min(...columns), Math.max(...columns) + 1];
    expect(zeros).toHaveLength((bottom - top) * (right - left)); // all of its pixels are 0
    return { top, left, height: bottom - top, width: right - left };
  });
}

/** Applies `change` to `copies` images of ones. */
function changeOnes(change: (images: Tensor) => Tensor, copies: number, side: number) {
  const graph = new Graph({ seed: 3 });
  const y = change(graph.placeholder('x', 'float32', [-1, side, side, 1]));
  expect(y.shape).toEqual([-1, side, side, 1]);
  const ones = new Float32Array(copies * side * side).fill(1);
  const [values] = runGraph(graph, [y], { ...floats([copies, side, side, 1], ones), ...drawOf(7) });
  return rectangles(values, side);
}

describe('random erasing', () => {
  const SIDE = 32;
  it('sets one rectangle of 2 to 33 % of the area and a ratio of 0.3 to 3.3 to 0 in the given share of images', () => {
    const found = changeOnes((images) => eraseRectangles(images, 0.4), 5_000, SIDE);
    const erased = found.filter((rectangle) => rectangle !== undefined);
    expectShare(erased.length, 5_000, 0.4);
    for (const { height, width } of erased) {
      // A side is rounded to whole pixels, so the exact side differs by up to half a pixel.
      expect((height + 0.5) * (width + 0.5)).toBeGreaterThanOrEqual(0.02 * SIDE * SIDE);
      expect((height - 0.5) * (width - 0.5)).toBeLessThanOrEqual(0.33 * SIDE * SIDE);
      expect((height + 0.5) / (width - 0.5)).toBeGreaterThanOrEqual(0.3);
      expect((height - 0.5) / (width + 0.5)).toBeLessThanOrEqual(1 / 0.3);
    }
    const areas = erased.map(({ height, width }) => (height * width) / (SIDE * SIDE));
    expect(Math.min(...areas)).toBeLessThan(0.03);
    expect(Math.max(...areas)).toBeGreaterThan(0.31);
    expect(areas.reduce((sum, area) => sum + area, 0) / areas.length).toBeCloseTo(0.175, 2); // (0.02 + 0.33) / 2
    expectShare(
      erased.filter(({ height, width }) => height > width).length,
      erased.filter(({ height, width }) => height !== width).length,
      0.5,
    );
  });

  it('places it anywhere, at opposite borders equally often', () => {
    const found = changeOnes((images) => eraseRectangles(images, 1), 3_000, SIDE);
    expect(found.every((rectangle) => rectangle !== undefined)).toBe(true);
    const erased = found.filter((rectangle) => rectangle !== undefined);
    const touching = (where: (rectangle: (typeof erased)[number]) => boolean) => erased.filter(where).length;
    const pairs = [
      [touching(({ top }) => top === 0), touching(({ top, height }) => top + height === SIDE)],
      [touching(({ left }) => left === 0), touching(({ left, width }) => left + width === SIDE)],
    ] as const;
    for (const [first, last] of pairs) {
      expect(first).toBeGreaterThan(50);
      expectShare(first, first + last, 0.5);
    }
  });

  it('erases all channels of a pixel, and no other value', () => {
    const graph = new Graph();
    const y = eraseRectangles(graph.placeholder('x', 'float32', [-1, 8, 8, 3]), 1);
    const before = Float32Array.from({ length: 8 * 8 * 3 }, (_, index) => Math.fround(-1.7 + index * 0.013));
    const [after] = runGraph(graph, [y], { ...floats([1, 8, 8, 3], before), ...drawOf(1) });
    const kept = rowsOf(after, 3).map((pixel, place) => {
      if (pixel.every((value) => Math.abs(value) === 0)) return false;
      expect(pixel).toEqual(Array.from(before.subarray(place * 3, place * 3 + 3)));
      return true;
    });
    expect(new Set(kept)).toEqual(new Set([true, false]));
  });
});

describe('cutout', () => {
  it('erases a square around a random pixel of every image, cut off at the border', () => {
    const [side, cutout] = [12, 4];
    const found = changeOnes((images) => cutOut(images, cutout, { height: side, width: side }), 20_000, side);
    const edges = Array.from({ length: side }, (_, centre) => {
      const [start, end] = [Math.max(0, centre - 2), Math.min(side, centre + 2)];
      return { start, length: end - start };
    });
    const all = edges.flatMap((row) =>
      edges.map((column) => ({ top: row.start, left: column.start, height: row.length, width: column.length })),
    );
    const counts = new Map(all.map((square) => [JSON.stringify(square), 0]));
    for (const square of found) {
      const key = JSON.stringify(square);
      expect(counts.has(key), key).toBe(true);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, count] of counts) {
      const share = all.filter((square) => JSON.stringify(square) === key).length / all.length;
      expectShare(count, 20_000, share);
    }
  });

  it('has exactly its side away from the border if the side is odd', () => {
    const found = changeOnes((images) => cutOut(images, 3, { height: 9, width: 9 }), 500, 9);
    const inner = found.filter((square) => square !== undefined && square.top > 0 && square.left > 0);
    expect(inner.some((square) => square?.height === 3 && square.width === 3)).toBe(true);
    expect(Math.max(...found.map((square) => square?.height ?? 0))).toBe(3);
  });

  it('scales with the resize', () => {
    const found = changeOnes((images) => cutOut(images, 4, { height: 8, width: 8 }), 500, 24);
    expect(Math.max(...found.map((square) => square?.height ?? 0))).toBe(12);
    expect(Math.max(...found.map((square) => square?.width ?? 0))).toBe(12);
  });

  it('is at least one pixel after the resize', () => {
    const found = changeOnes((images) => cutOut(images, 4, { height: 96, width: 96 }), 200, 8);
    for (const square of found) expect(square).toMatchObject({ height: 1, width: 1 });
  });
});

describe('mixup', () => {
  /** The mixup shares of `steps` steps. */
  function shares(alpha: number, steps: number): number[] {
    const graph = new Graph({ seed: 11 });
    const { share } = mixup(graph.placeholder('x', 'float32', [-1, 2, 2, 1]), alpha);
    const { run, session } = openGraph(graph, [share]);
    try {
      return Array.from({ length: steps }, (_, step) => run(drawOf(step + 1))[0]?.[0] ?? Number.NaN);
    } finally {
      session.close();
    }
  }

  it('takes one image or the other if alpha is nearly 0', () => {
    for (const alpha of [1e-3, 1e-39]) expect(shares(alpha, 20).every((share) => share > 0.999)).toBe(true);
  });

  it('adds share · image and (1 − share) · partner', () => {
    const graph = new Graph();
    const x = graph.placeholder('x', 'float32', [-1, 2, 2, 1]);
    const { images, share } = mixup(x, 1);
    const before = Float32Array.from({ length: 5 * 4 }, (_, index) => Math.fround(Math.sin(index)));
    const [after, drawn] = runGraph(graph, [images, share], { ...floats([5, 2, 2, 1], before), ...drawOf(2) });
    const first = drawn?.[0] ?? Number.NaN;
    const rest = Math.fround(1 - first);
    const [own, mixed] = [rowsOf(before, 4), rowsOf(after, 4)];
    expect(mixed).toHaveLength(5);
    for (const [image, values] of mixed.entries()) {
      for (const [place, value] of values.entries()) {
        const [a, b] = [own[image]?.[place] ?? Number.NaN, own[4 - image]?.[place] ?? Number.NaN];
        expect(value).toBe(Math.fround(Math.fround(a * first) + Math.fround(b * rest)));
      }
    }
  });

  // For λ ~ Beta(1, 1), uniform, E max(λ, 1 − λ) is 3/4; for Beta(2, 2), of density 6λ(1 − λ), it is 11/16.
  it.each([
    [1, 0.75, Math.sqrt(1 / 48)],
    [2, 11 / 16, Math.sqrt(1 / 4 + 3 / 16 + 1 / 20 - (11 / 16) ** 2)],
  ])('draws a share per step whose mean for alpha %d is the closed form %d', (alpha, mean, deviation) => {
    const steps = 4_000;
    const found = shares(alpha, steps);
    expect(found.every((share) => share >= 0.5 && share <= 1)).toBe(true);
    const average = found.reduce((sum, share) => sum + share, 0) / steps;
    expect(Math.abs(average - mean)).toBeLessThan((5 * deviation) / Math.sqrt(steps));
  });

  it.each([0.001, 0.01, 10])('has a share between 0.5 and 1 for alpha %d', (alpha) => {
    const found = shares(alpha, 500);
    expect(found.filter((share) => !(share >= 0.5 && share <= 1))).toEqual([]);
    const average = found.reduce((sum, share) => sum + share, 0) / 500;
    if (alpha < 1) expect(average).toBeGreaterThan(0.98);
    else expect(average).toBeLessThan(0.65);
  });
});

describe('the input of a training graph', () => {
  const image = { height: 8, width: 8, channels: 1, mean: [0.3], std: [0.4] };
  const everything = { crop: 2, flip: true, erasing: 0.5, cutout: 3, mixup: 0.4 };

  function open(augmentation: AugmentationSpec, seed: number) {
    const graph = new Graph({ seed });
    const spec = { dataset: { resize: 12 }, augmentation, normalization: 'dataset' as const };
    const { images, plain } = trainingInput(graph.placeholder('x', 'uint8', [-1, 8, 8, 1]), spec, image);
    const { run, session } = openGraph(graph, [images, plain]);
    const pixels = Uint8Array.from({ length: 6 * 64 }, (_, index) => (index * 37) % 256);
    const at = (step: number, microBatch = 0) =>
      run({ ...bytes([6, 8, 8, 1], pixels), ...drawOf(step, microBatch) }).map((values) => [...values]);
    return { at, close: () => session.close() };
  }

  it('depends on seed, step and micro batch alone', () => {
    const [first, second, other] = [open(everything, 5), open(everything, 5), open(everything, 6)];
    const [images, plain] = first.at(3);
    expect(second.at(3)[0]).toEqual(images);
    expect(first.at(3)[0]).toEqual(images);
    for (const different of [first.at(4), first.at(3, 1), other.at(3)]) {
      expect(different[0]).not.toEqual(images);
      expect(different[1]).toEqual(plain);
    }
    for (const { close } of [first, second, other]) close();
  });

  it('draws each change independently of the others', () => {
    const off = resolveAugmentation();
    const [alone, both] = [open({ ...off, erasing: 1 }, 5), open({ ...off, erasing: 1, cutout: 3 }, 5)];
    const [[erased = []], [masked = []]] = [alone.at(1), both.at(1)];
    expect(masked).not.toEqual(erased);
    for (const [place, value] of masked.entries()) {
      if (value !== 0) expect(value).toBe(erased[place]);
      if (erased[place] === 0) expect(Math.abs(value)).toBe(0);
    }
    for (const { close } of [alone, both]) close();
  });

  it('is the tensor of the evaluation if all augmentation is off', () => {
    const graph = new Graph();
    const spec = { dataset: { resize: 12 }, augmentation: resolveAugmentation(), normalization: 'none' as const };
    const input = trainingInput(graph.placeholder('x', 'uint8', [-1, 8, 8, 1]), spec, image);
    expect(input.images).toBe(input.plain);
    expect(input.share).toBeUndefined();
    expect([...graph.nodes.values()].map(({ op }) => op)).toEqual([
      'Placeholder',
      'Cast',
      'Const',
      'ResizeBilinear',
      'Const',
      'Mul',
    ]);
  });

  it('is normalized per channel after the division by 255', () => {
    const graph = new Graph();
    const numbers = { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] };
    const y = networkInput(graph.placeholder('x', 'uint8', [-1, 1, 1, 3]), 1, numbers);
    const [values] = runGraph(graph, [y], bytes([1, 1, 1, 3], Uint8Array.of(0, 51, 255)));
    const expected = [(0 - 0.1) / 0.5, (0.2 - 0.2) / 0.25, (1 - 0.3) / 2];
    for (const [channel, value] of expected.entries()) expect(values?.[channel]).toBeCloseTo(value, 6);
  });

  it('rejects a normalization with another number of channels', () => {
    const spec = { dataset: { resize: 8 }, normalization: { mean: [0.1, 0.2], std: [1, 1] } };
    expect(() => trainingInput(new Graph().placeholder('x', 'uint8', [-1, 8, 8, 1]), spec, image)).toThrow(
      expect.objectContaining({ code: 'invalid_shape', message: expect.stringMatching(/2 numbers as mean.*need 1\./) }),
    );
  });

  it('erases to 0 after the normalization, which is the mean', () => {
    const { at, close } = open({ ...resolveAugmentation(), erasing: 1 }, 1);
    const [images = [], plain = []] = at(1);
    const changed = images.filter((value, place) => value !== plain[place]);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.every((value) => Math.abs(value) === 0)).toBe(true);
    close();
  });
});
