/** Drawn splits: counts as scikit-learn's, whole groups, decided by paths and seed alone. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSplitOptions } from '../../src/contracts/datasets/dataset.js';
import { apportion } from '../../src/datasets/largest-remainder.js';
import { layoutOf, type SplitOptions } from '../../src/datasets/layout.js';
import { type Imports, openImports, tinies, tiny } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

type Image = Readonly<{ path: string }>;

/** Returns the images of a layout by split. */
const splitsOf = (paths: readonly string[], options: Partial<SplitOptions>) => {
  const images: Image[] = paths.map((path) => ({ path }));
  const {
    train,
    validation = [],
    test,
  } = layoutOf({ images, others: [], folders: [] }, { testShare: 0.2, ...options });
  const paths_ = (split: readonly Readonly<{ image: Image }>[]) => split.map(({ image }) => image.path);
  return { train: paths_(train), validation: paths_(validation), test: paths_(test) };
};
const classOf = (path: string): string => path.split('/')[0] ?? '';
const countsOf = (paths: readonly string[], classes: readonly string[]): number[] =>
  classes.map((name) => paths.filter((path) => classOf(path) === name).length);
const imagesOf = (counts: readonly number[]): string[] =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, i) => `c${label}/${i}.png`));

describe('the largest-remainder method', () => {
  /** Numbers of test images of each class by scikit-learn 1.9.1: StratifiedShuffleSplit(1, test_size=total, random_state=0). */
  it.each<[counts: number[], total: number, expected: number[]]>([
    [[100, 50, 25, 12], 37, [20, 10, 5, 2]],
    [[5, 5, 90], 10, [1, 0, 9]],
    [[33, 33, 34], 25, [8, 8, 9]],
    [[1000, 10, 3], 200, [197, 2, 1]],
    [[17, 29, 41, 53, 61], 40, [3, 6, 8, 11, 12]],
    [new Array(10).fill(7), 14, [2, 1, 1, 2, 1, 2, 1, 2, 1, 1]],
  ])('gives classes of %j images, of %i in all, what scikit-learn gives', (counts, total, expected) => {
    const shares = apportion(counts, total);
    // scikit-learn breaks ties at random, we in the order of the classes.
    const areTied = new Set(counts).size < counts.length;
    expect(areTied ? shares.toSorted() : shares).toEqual(areTied ? expected.toSorted() : expected);
  });

  it('gives all seats, and differs from the exact share by less than one', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (sizes, share) => {
        const sum = sizes.reduce((all, size) => all + size, 0);
        const total = Math.floor(share * sum);
        const shares = apportion(sizes, total);
        expect(shares.reduce((all, each) => all + each, 0)).toBe(total);
        for (const [i, each] of shares.entries()) {
          expect(Math.abs(each - (sum === 0 ? 0 : (total * (sizes[i] ?? 0)) / sum))).toBeLessThan(1);
          expect(each).toBeLessThanOrEqual(sizes[i] ?? 0);
        }
      }),
    );
  });
});

describe('a drawn split', () => {
  it('has the share of each class, in the test and in the validation split', () => {
    const { train, validation, test } = splitsOf(imagesOf([100, 50, 30]), { validationShare: 0.1 });
    const classes = ['c0', 'c1', 'c2'];
    expect(countsOf(test, classes)).toEqual([20, 10, 6]);
    expect(countsOf(validation, classes)).toEqual([10, 5, 3]);
    expect(countsOf(train, classes)).toEqual([70, 35, 21]);
    expect([...train, ...validation, ...test].sort()).toEqual(imagesOf([100, 50, 30]).sort());
  });

  it('depends on the seed, and with the same seed on the paths alone', () => {
    const paths = imagesOf([40, 40]);
    const first = splitsOf(paths, { seed: 7 });
    expect(splitsOf(paths.toReversed(), { seed: 7 })).toEqual(first);
    expect(splitsOf(paths, { seed: 8 }).test).not.toEqual(first.test);
    expect(splitsOf(paths, {}).test).not.toEqual(first.test);
  });

  it('without stratification has its share of all images, not of each class', () => {
    const { test } = splitsOf(imagesOf([60, 60, 60]), { stratified: false, seed: 3 });
    expect(test).toHaveLength(36);
    expect(countsOf(test, ['c0', 'c1', 'c2'])).not.toEqual([12, 12, 12]);
  });

  it('keeps an image of every class for training', () => {
    const { train } = splitsOf(imagesOf([2, 2, 3]), { testShare: 0.9, validationShare: 0.05 });
    expect(countsOf(train, ['c0', 'c1', 'c2']).every((count) => count > 0)).toBe(true);
  });

  it('never divides a group, comes close to the share, and keeps every class in training', () => {
    const images = fc.array(
      fc.record({ label: fc.integer({ min: 0, max: 3 }), group: fc.integer({ min: 0, max: 40 }) }),
      { minLength: 100, maxLength: 300 },
    );
    fc.assert(
      fc.property(images, fc.integer({ min: 0, max: 1000 }), (drawn, seed) => {
        const paths = drawn.map(({ label, group }, i) => `c${label}/p${group}-${i}.png`);
        fc.pre(new Set(paths.map(classOf)).size === 4);
        const { train, validation, test } = splitsOf(paths, { groups: '^(p\\d+)-', seed, validationShare: 0.2 });
        const groupsOf = (split: readonly string[]) => new Set(split.map((path) => /p\d+/.exec(path)?.[0]));
        const [inTrain, inValidation, inTest] = [groupsOf(train), groupsOf(validation), groupsOf(test)];
        expect([...inTest].filter((group) => inTrain.has(group) || inValidation.has(group))).toEqual([]);
        expect([...inValidation].filter((group) => inTrain.has(group))).toEqual([]);
        expect(new Set(train.map(classOf)).size).toBe(4);
        expect(test.length + validation.length + train.length).toBe(paths.length);
        const largest = Math.max(...[...groupsOf(paths)].map((g) => paths.filter((p) => p.includes(`/${g}-`)).length));
        expect(Math.abs(test.length - 0.2 * paths.length)).toBeLessThanOrEqual(largest + 4);
      }),
      { numRuns: 50 },
    );
  });

  it('takes groups from folders if the pattern has a slash', () => {
    const paths = Array.from({ length: 60 }, (_, i) => `c${i % 2}/patient${i % 12}/${i}.png`);
    const { train, test } = splitsOf(paths, { groups: '/(patient\\d+)/' });
    const patients = (split: readonly string[]) => new Set(split.map((path) => path.split('/')[1]));
    expect([...patients(test)].filter((name) => patients(train).has(name))).toEqual([]);
    expect(test.length).toBeGreaterThan(0);
  });
});

describe('groups that cannot be used', () => {
  let imports: Imports;
  beforeAll(async () => {
    imports = await openImports();
  });
  afterAll(() => imports.close());
  const zip = (files: Readonly<Record<string, Uint8Array>>) => rawZip(entriesOf(files));

  it('are refused with the images that have none', async () => {
    const files = { ...(await tinies(['ant', 'bee'])), 'ant/x-1.png': await tiny(20) };
    await expect(imports.import(zip(files), { groups: '^(x)-' })).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(/has no group: the pattern of `groups` does not match/),
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/ant/0.png' })]),
    });
  });

  it('are refused if the folders of the archive divide one', async () => {
    const files = { ...(await tinies(['train/ant', 'train/bee', 'test/ant', 'test/bee'])) };
    await expect(imports.import(zip(files), { groups: '^(\\d+)' })).rejects.toMatchObject({
      message: expect.stringMatching(/puts the group [01] into two splits/),
    });
  });

  it('are refused if the archive has no such column', async () => {
    await expect(imports.import(zip(await tinies(['ant', 'bee'])), { groups: 'patient' })).rejects.toMatchObject({
      errors: [{ pointer: '?groups', message: expect.stringMatching(/is patient, and the archive has no manifest/) }],
    });
  });

  it('are refused by the pattern itself, if it has no group, several, or is none', () => {
    const faults = (groups: string) => checkSplitOptions({ testShare: 0.2, groups }).map(({ message }) => message);
    expect(faults('(a)(b)')).toEqual([expect.stringMatching(/^must have one group in parentheses, and has 2/)]);
    expect(faults('(?:a)')).toEqual([expect.stringMatching(/and has 0/)]);
    expect(faults('(a')).toEqual([expect.stringMatching(/^is not a regular expression/)]);
    expect(faults('(?:x|y)(a)')).toEqual([]);
    expect(checkSplitOptions({ testShare: 0.6, validationShare: 0.4 })).toHaveLength(1);
  });

  it('are refused if the pattern backtracks without end', () => {
    const paths = [`c0/${'a'.repeat(60)}!.png`, 'c1/b.png', 'c0/c.png'];
    expect(() => splitsOf(paths, { groups: '^((?:a+)+)$' })).toThrow(/takes more than 5 s/);
  }, 30_000);
});

it('an import under another draw is another data set', async () => {
  const imports = await openImports();
  try {
    const archive = rawZip(entriesOf(await tinies(['ant', 'bee'], 10)));
    const { name, imported } = await imports.import(archive, { validationShare: 0.2, seed: 5, stratified: false });
    expect(imported).toMatchObject({ testShare: 0.25, validationShare: 0.2, seed: 5, stratified: false });
    expect(await imports.again(name, { validationShare: 0.2, seed: 5, stratified: false })).toMatchObject({ name });
    await expect(imports.again(name, { validationShare: 0.2, stratified: false })).rejects.toMatchObject({
      code: 'dataset_exists',
      errors: [{ pointer: '?seed', message: 'is 0, and was 5 at the import of the data set' }],
    });
  } finally {
    await imports.close();
  }
});
