/** Augmentation next to torchvision's transforms: the same parameters give the same pixels, and the parameters the same distribution. */
import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import { overAugmentation, resolveAugmentation } from '../../../src/contracts/training/augmentation.js';
import { Graph, neededBy, type Tensor } from '../../../src/graph/graph.js';
import { DRAW, drawOf } from '../../../src/graph/random.js';
import type { Feed } from '../../../src/graph/session.js';
import { drawRandAugment, drawTrivialAugment } from '../../../src/training/augmentation/automatic-augmentation.js';
import { changeColors, drawColors } from '../../../src/training/augmentation/color-jitter.js';
import { applyOperations, OPERATIONS } from '../../../src/training/augmentation/image-operations.js';
import { drawBox, mixImages } from '../../../src/training/augmentation/mixing.js';
import { drawCrops, resizeCrops } from '../../../src/training/augmentation/resized-crop.js';
import { drawAffine, inverseOf, warp } from '../../../src/training/augmentation/warp.js';
import golden from '../../golden/augmentation.json' with { type: 'json' };
import { openGraph, runGraph } from '../../support/run-graph.js';

const { height: HEIGHT, width: WIDTH, side: SIDE } = golden.sizes;
/** torchvision rounds bytes between two steps; the graph rounds at the end. */
const ONE_LEVEL = 1;

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

type Size = Readonly<{ height: number; width: number; channels: number }>;
const SQUARE: Size = { height: SIDE, width: SIDE, channels: 3 };

/** Feeds `count` copies of an image as `images`, and a column of numbers for each named parameter. */
function feedsOf(image: Buffer, { height, width, channels }: Size, cases: readonly Readonly<Record<string, number>>[]) {
  const values = Float32Array.from(cases.flatMap(() => [...image]));
  const names = Object.keys(cases[0] ?? {});
  const columns = names.map((name): [string, Feed] => [
    name,
    {
      dtype: 'float32',
      shape: [cases.length, 1],
      values: Float32Array.from(cases, (each) => each[name] ?? Number.NaN),
    },
  ]);
  const images: Feed = { dtype: 'float32', shape: [cases.length, height, width, channels], values };
  return { images, ...Object.fromEntries(columns) };
}

/** Runs `change` on copies of an image with the parameters of each case, and compares each result with that of torchvision. */
function expectPixels<Parameters extends Readonly<Record<string, number>>>(
  image: Buffer,
  size: Size,
  cases: readonly Readonly<{ parameters: Parameters; pixels: string }>[],
  change: (images: Tensor, parameters: { [Name in keyof Parameters]: Tensor }) => Tensor,
): void {
  const graph = new Graph();
  const { height, width, channels } = size;
  const images = graph.placeholder('images', 'float32', [-1, height, width, channels]);
  const names = Object.keys(cases[0]?.parameters ?? {}) as (keyof Parameters & string)[];
  const columns = names.map((name) => [name, graph.placeholder(name, 'float32', [-1, 1])]);
  const changed = change(images, Object.fromEntries(columns) as { [Name in keyof Parameters]: Tensor });
  const parameters = cases.map((each) => each.parameters);
  const used = new Set(neededBy([changed]).map(({ name }) => name));
  const feeds = Object.entries(feedsOf(image, size, parameters)).filter(([name]) => used.has(name));
  const [found = []] = runGraph(graph, [changed], Object.fromEntries(feeds));
  const expected = cases.map(({ pixels }) => bytesOf(pixels));
  const length = found.length / cases.length;
  for (const [index, pixels] of expected.entries()) {
    const own = [...found.slice(index * length, (index + 1) * length)].map((value) => Math.round(value));
    expect(pixels).toHaveLength(own.length);
    const worst = own.reduce((most, value, place) => Math.max(most, Math.abs(value - (pixels[place] ?? 0))), 0);
    expect(worst, JSON.stringify(parameters[index])).toBeLessThanOrEqual(ONE_LEVEL);
  }
}

describe('the pixels of torchvision', () => {
  it('come from a resized crop, enlarged or reduced, mirrored or not', () => {
    const cases = golden.resizedCrops.map(({ pixels, ...parameters }) => ({ parameters, pixels }));
    const size = { height: HEIGHT, width: WIDTH, channels: 3 };
    expectPixels(bytesOf(golden.images.image), size, cases, (images, { flip, verticalFlip, ...crops }) =>
      resizeCrops(images, crops, SIDE, { horizontal: flip, vertical: verticalFlip }),
    );
  });

  it('come from an affine map', () => {
    const cases = golden.affine.map(({ angle, translate, scale, shear, pixels }) => {
      const [translateX = 0, translateY = 0] = translate;
      const [shearX = 0, shearY = 0] = shear.map(radians);
      return { parameters: { angle: radians(angle), translateX, translateY, scale, shearX, shearY }, pixels };
    });
    expectPixels(bytesOf(golden.images.square), SQUARE, cases, (images, change) =>
      warp(images, inverseOf(change, SIDE, SIDE)),
    );
  });

  it.each([
    ['colour', golden.colors, golden.images.square, 3],
    ['grey', golden.greyColors, golden.images.grey, 1],
  ] as const)(
    'come from changes of brightness, contrast, saturation and hue in any order: %s images',
    (_, all, image, channels) => {
      const cases = all.map(({ order, pixels, ...factors }) => {
        const at = (kind: string) => order.indexOf(kind);
        const places = { first: at('brightness'), second: at('contrast'), third: at('saturation'), fourth: at('hue') };
        return { parameters: { ...factors, ...places }, pixels };
      });
      expectPixels(
        bytesOf(image),
        { ...SQUARE, channels },
        cases,
        (images, { first, second, third, fourth, ...factors }) =>
          changeColors(images, {
            ...factors,
            place: { brightness: first, contrast: second, saturation: third, hue: fourth },
          }),
      );
    },
  );

  it.each([
    ['colour', golden.operations, golden.images.square, 3],
    ['grey', golden.greyOperations, golden.images.grey, 1],
  ] as const)('come from each of the 14 operations: %s images', (_, all, image, channels) => {
    const cases = all.map(({ pixels, ...parameters }) => ({ parameters, pixels }));
    expect(new Set(all.map(({ operation }) => operation)).size).toBe(OPERATIONS.length);
    expectPixels(bytesOf(image), { ...SQUARE, channels }, cases, applyOperations);
  });
});

describe('the magnitudes of torchvision', () => {
  type Space = Readonly<Record<string, Readonly<{ signed: boolean; magnitudes: readonly number[] | null }>>>;
  const STRENGTHS = 31;

  /** Draws operations until each of them was drawn with both signs. Returns the magnitudes by operation. */
  function drawnMagnitudes(draw: (images: Tensor) => Readonly<Record<string, Tensor>>): Map<number, Set<number>> {
    const { operation = [], magnitude = [] } = drawParameters(40_000, [SIDE, SIDE], draw);
    const found = new Map<number, Set<number>>();
    for (const [index, each] of Array.from(operation).entries()) {
      const values = found.get(each) ?? new Set();
      found.set(each, values.add(Math.fround((magnitude[index] ?? Number.NaN) + 0)));
    }
    for (const count of OPERATIONS.map((_, each) => Array.from(operation).filter((other) => other === each).length)) {
      expect(Math.abs(count - 40_000 / 14)).toBeLessThan(5 * Math.sqrt((40_000 * 13) / 14 ** 2));
    }
    return found;
  }

  /** Returns the magnitudes that torchvision has for an operation, with both signs if it is signed. */
  const expectedOf = (space: Space, operation: number, strengths: readonly number[]): number[] => {
    const { signed = false, magnitudes = null } = space[operation] ?? {};
    const plain = magnitudes === null ? [0] : strengths.map((strength) => magnitudes[strength] ?? Number.NaN);
    return signed ? plain.flatMap((value) => [value, -value + 0]) : plain;
  };

  const expectSame = (found: ReadonlySet<number> | undefined, expected: readonly number[]): void => {
    const [own, other] = [[...(found ?? [])], [...new Set(expected.map((value) => Math.fround(value)))]].map((values) =>
      values.toSorted((a, b) => a - b),
    ) as [number[], number[]];
    expect(own).toHaveLength(other.length);
    for (const [index, value] of own.entries()) expect(value).toBeCloseTo(other[index] ?? Number.NaN, 4);
  };

  it('are those of TrivialAugmentWide, for each operation equally often', () => {
    const found = drawnMagnitudes((images) => drawTrivialAugment(images));
    const strengths = Array.from({ length: STRENGTHS }, (_, strength) => strength);
    for (const operation of OPERATIONS.keys()) {
      expectSame(found.get(operation), expectedOf(golden.magnitudes.trivialAugmentWide, operation, strengths));
    }
  });

  it.each([0, 9, 17, 30])('are those of RandAugment at %i', (strength) => {
    const found = drawnMagnitudes((images) => drawRandAugment(images, strength, 'test'));
    for (const operation of OPERATIONS.keys()) {
      expectSame(found.get(operation), expectedOf(golden.magnitudes.randAugment, operation, [strength]));
    }
  });
});

type Histogram = Readonly<{ from: number; to: number; counts: readonly number[] }>;

/**
 * Two-sample Kolmogorov–Smirnov test at the borders of the bins. The bound has a significance of 1e-6 for each parameter (Smirnov 1948);
 * the draws are seeded, so the result is always the same.
 */
function expectSameDistribution(name: string, values: ArrayLike<number>, { from, to, counts }: Histogram): void {
  const drawn = Array.from(values);
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(Math.min(...drawn), name).toBeGreaterThanOrEqual(from - 1e-5);
  expect(Math.max(...drawn), name).toBeLessThanOrEqual(to + 1e-5);
  let [below, largest] = [0, 0];
  for (const [bin, count] of counts.entries()) {
    below += count;
    const edge = from + ((bin + 1) * (to - from)) / counts.length;
    const own = drawn.filter((value) => value < edge).length / drawn.length;
    largest = Math.max(largest, Math.abs(own - below / total));
  }
  const bound = Math.sqrt((-Math.log(1e-6 / 2) / 2) * ((total + drawn.length) / (total * drawn.length)));
  expect(largest, name).toBeLessThan(bound);
}

/** Draws parameters for `count` images of the given size in one step. */
function drawParameters(
  count: number,
  [height, width]: readonly [number, number],
  draw: (images: Tensor) => Readonly<Record<string, Tensor>>,
): Record<string, ArrayLike<number>> {
  const graph = new Graph({ seed: 17 });
  const drawn = draw(graph.placeholder('images', 'float32', [-1, height, width, 1]));
  const images: Feed = {
    dtype: 'float32',
    shape: [count, height, width, 1],
    values: new Float32Array(count * height * width),
  };
  const step: Feed = { dtype: 'int32', shape: [2], values: drawOf(0, 1) };
  const values = runGraph(graph, Object.values(drawn), { images, [DRAW]: step });
  return Object.fromEntries(Object.keys(drawn).map((name, i) => [name, values[i] ?? []]));
}

function expectSameDraws(
  drawn: Record<string, ArrayLike<number>>,
  histograms: Readonly<Record<string, Histogram>>,
): void {
  expect(Object.keys(drawn).sort()).toEqual(Object.keys(histograms).sort());
  for (const [name, histogram] of Object.entries(histograms))
    expectSameDistribution(name, drawn[name] ?? [], histogram);
}

describe('the distribution of torchvision', () => {
  const DRAWS = 20_000;

  it.each(golden.draws.resizedCrop)(
    'has each number of a resized crop of scale $scale and ratio $ratio',
    ({ scale, ratio, histograms }) => {
      expectSameDraws(
        drawParameters(DRAWS, [HEIGHT, WIDTH], (images) => drawCrops(images, { scale, ratio })),
        histograms,
      );
    },
  );

  it('has each number of an affine map', () => {
    const spec = { degrees: 25, translate: [0.2, 0.1], scale: [0.7, 1.2], shear: [10, 5] };
    const drawn = drawParameters(DRAWS, [SIDE, SIDE], (images) => drawAffine(images, spec));
    const inDegrees = (name: string) => Array.from(drawn[name] ?? [], (value) => (value * 180) / Math.PI);
    const { angle: _, shearX: __, shearY: ___, ...others } = drawn;
    const angles = { angle: inDegrees('angle'), shearX: inDegrees('shearX'), shearY: inDegrees('shearY') };
    expectSameDraws({ ...others, ...angles }, golden.draws.affine);
  });

  it('draws each change of colour, and its place in the order of the changes', () => {
    const spec = { brightness: 0.4, contrast: 0.3, saturation: 1.5, hue: 0.2 };
    const drawn = drawParameters(DRAWS, [2, 2], (images) => {
      const { place, ...factors } = drawColors(images, spec);
      const places = Object.entries(place).map(([name, each]) => [`place of ${name}`, each]);
      return { ...factors, ...Object.fromEntries(places) };
    });
    expectSameDraws(drawn, golden.draws.colorJitter);
  });

  it('cuts the box of CutMix, and weights the own label by the area outside the box', () => {
    const graph = new Graph({ seed: 5 });
    const images = graph.placeholder('images', 'float32', [-1, HEIGHT, WIDTH, 1]);
    const box = drawBox(images, 1);
    const { share } = mixImages(images, { mixup: 0, cutmix: 1 });
    if (share === undefined) throw new Error('CutMix returned no share.');
    const { run, session } = openGraph(graph, [...Object.values(box), share]);
    const rows = Array.from({ length: 4_000 }, (_, step) =>
      run({ [DRAW]: { dtype: 'int32', shape: [2], values: drawOf(0, step + 1) } }).map(([value = Number.NaN]) => value),
    );
    session.close();
    const names = [...Object.keys(box), 'share'];
    const drawn = Object.fromEntries(names.map((name, column) => [name, rows.map((row) => row[column] ?? Number.NaN)]));
    expectSameDraws(drawn, golden.draws.cutmix);
  });
});

describe('CutMix', () => {
  const images = Float32Array.from({ length: 4 * 36 }, (_, index) => index + 1);
  const feed: Feed = { dtype: 'float32', shape: [4, 6, 6, 1], values: images };

  it('takes the pixels of the box from the partner, and the share of the label from the rest', () => {
    const graph = new Graph({ seed: 2 });
    const x = graph.placeholder('x', 'float32', [-1, 6, 6, 1]);
    const { images: mixed, share } = mixImages(x, { mixup: 0, cutmix: 1 });
    if (share === undefined) throw new Error('CutMix returned no share.');
    const { run, session } = openGraph(graph, [mixed, share]);
    const shares = Array.from({ length: 30 }, (_, step) => {
      const [after = [], [part = Number.NaN] = []] = run({
        x: feed,
        [DRAW]: { dtype: 'int32', shape: [2], values: drawOf(0, step) },
      });
      const own = Array.from(after, (value, place) => value === images[place]);
      const partner = Array.from(
        after,
        (value, place) => value === images[(3 - Math.floor(place / 36)) * 36 + (place % 36)],
      );
      expect(own.every((isOwn, place) => isOwn || partner[place])).toBe(true);
      const kept = own.filter(Boolean).length / own.length;
      expect(part).toBeCloseTo(kept, 6);
      return part;
    });
    session.close();
    expect(new Set(shares).size).toBeGreaterThan(5);
  });

  it('alternates with mixup at random, about as often', () => {
    const graph = new Graph({ seed: 2 });
    const x = graph.placeholder('x', 'float32', [-1, 6, 6, 1]);
    const { images: mixed } = mixImages(x, { mixup: 1, cutmix: 1 });
    const { run, session } = openGraph(graph, [mixed]);
    const steps = 400;
    const cut = Array.from({ length: steps }, (_, step) => {
      const [after = []] = run({ x: feed, [DRAW]: { dtype: 'int32', shape: [2], values: drawOf(0, step) } });
      return Array.from(after).every(Number.isInteger);
    }).filter(Boolean).length;
    session.close();
    expect(Math.abs(cut - steps / 2)).toBeLessThan(5 * Math.sqrt(steps / 4));
  });
});

describe('the augmentation of a request', () => {
  it('may be a preset, with the label smoothing that belongs to it', () => {
    const photos = {
      ...{ crop: 0, flip: true, erasing: 0.1, cutout: 0, mixup: 0.2, cutmix: 1, trivialAugmentWide: true },
      randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    };
    const request = { network: 'resnet', augmentation: 'photos' } as const;
    expect(resolveJob(request)).toMatchObject({ augmentation: photos, labelSmoothing: 0.1 });
    expect(resolveJob({ ...request, labelSmoothing: 0 }).labelSmoothing).toBe(0);
    expect(overAugmentation(resolveAugmentation({ crop: 2 }), 'photos')).toBe('photos');
    const changed = { name: 'photos', mixup: 0 } as const;
    expect(overAugmentation(resolveAugmentation({ crop: 2 }), changed)).toEqual(changed);
    expect(overAugmentation(resolveAugmentation('photos'), { mixup: 0 })).toEqual({ ...photos, mixup: 0 });
  });

  it('overrides the fields of an object one by one', () => {
    const source = resolveAugmentation({
      crop: 2,
      affine: { degrees: 10, scale: [0.5, 1] },
      colorJitter: { hue: 0.1 },
    });
    const over = overAugmentation(source, { affine: { degrees: 20 }, colorJitter: null, randAugment: {} });
    expect(resolveAugmentation(over)).toEqual({
      ...resolveAugmentation({ crop: 2 }),
      affine: { degrees: 20, translate: [0, 0], scale: [0.5, 1], shear: [0, 0] },
      randAugment: { operations: 2, magnitude: 9 },
    });
  });

  it('has only the options that are on', () => {
    const off = { crop: 0, flip: false, erasing: 0, cutout: 0, mixup: 0 };
    expect(
      resolveAugmentation({ randomResizedCrop: null, affine: null, colorJitter: null, cutmix: 0, verticalFlip: false }),
    ).toEqual(off);
    expect(resolveAugmentation({ randomResizedCrop: { scale: [0.5, 1] } })).toEqual({
      ...off,
      randomResizedCrop: { scale: [0.5, 1], ratio: [3 / 4, 4 / 3] },
    });
  });
});
