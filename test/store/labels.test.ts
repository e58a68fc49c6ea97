/** Labels: atomic moves between processes, history and rollback, and protection of labelled versions. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EpochScores } from '../../src/contracts/jobs/outcome.js';
import type { EvaluationResult, EvaluationScores } from '../../src/contracts/models/dataset-evaluation.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { openModelEvaluations } from '../../src/store/model-evaluations.js';
import { describeModel } from '../support/models.js';

const files = { weights: Buffer.from('weights'), savedModel: Buffer.from('graph') };

let modelsDir: string;
let store: ModelStore;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-labels-'));
  store = await openModelStore(modelsDir);
});
afterEach(() => rm(modelsDir, { recursive: true, force: true }));

/** Saves versions 1, 2, … of `boots` with these scores. */
async function saveVersions(...scores: Partial<EpochScores>[]): Promise<void> {
  for (const [index, changes] of scores.entries()) {
    const description = describeModel({ jobId: `job-${index}` });
    await store.save({ ...description, scores: { ...description.scores, ...changes } }, files);
  }
}
const accuracies = (...values: number[]) => saveVersions(...values.map((testAccuracy) => ({ testAccuracy })));
const move = (version: number, rest: object = {}) => store.labels.move('boots', 'stable', { version, ...rest });
const versionsOf = (history: readonly { version: number | null }[]) => history.map(({ version }) => version);

describe('a label', () => {
  it('moves between versions and returns its history', async () => {
    await accuracies(0.5, 0.6);
    expect(await move(1)).toMatchObject({ name: 'boots', label: 'stable', version: 1 });
    const state = await move(2);
    expect(state.version).toBe(2);
    expect(versionsOf(state.history)).toEqual([2, 1]);
    expect(await store.labels.get('boots', 'stable')).toEqual(state);
    await store.labels.move('boots', 'canary', { version: 2 });
    expect(await store.labels.list('boots')).toEqual({ canary: 2, stable: 2 });
    expect((await store.describe('boots')).labels).toEqual({ canary: 2, stable: 2 });
    expect((await store.inspect({ name: 'boots', version: 2 })).labels).toEqual(['canary', 'stable']);
    expect(await store.list()).toHaveLength(1);
  });

  it('records no change when it is moved to its present version', async () => {
    await accuracies(0.5);
    await move(1);
    expect((await move(1)).history).toHaveLength(1);
  });

  it('is refused for an unknown version, an unknown name and malformed labels', async () => {
    await accuracies(0.5);
    await expect(move(7)).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(store.labels.move('shoes', 'stable', { version: 1 })).rejects.toMatchObject({
      code: 'model_not_found',
    });
    for (const label of ['latest', '3', '../x', 'a\0b', 'Stable', 'x'.repeat(65), '%2e%2e', '', '.'])
      await expect(store.labels.move('boots', label, { version: 1 })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    expect((await readdir(join(modelsDir, 'boots'))).sort()).toEqual(['1']);
    for (const label of ['never', '../1', 'x'.repeat(10_000)])
      await expect(store.labels.get('boots', label)).rejects.toMatchObject({ code: 'label_not_found' });
  });

  it('moves once per number when many processes move it concurrently', async () => {
    await accuracies(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8);
    const stores = await Promise.all(Array.from({ length: 8 }, () => openModelStore(modelsDir)));
    await Promise.all(stores.map(({ labels }, index) => labels.move('boots', 'stable', { version: index + 1 })));
    const { history, version } = await store.labels.get('boots', 'stable');
    expect(history.map(({ number }) => number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(versionsOf(history).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(version).toBe(history[0]?.version);
    expect((await readdir(modelsDir)).sort()).toEqual(['boots']);
  });

  it('moves only from the expected version', async () => {
    await accuracies(0.5, 0.6);
    await move(1, { expected: null });
    await expect(move(2, { expected: 2 })).rejects.toMatchObject({
      code: 'label_moved',
      message:
        '"stable" is at boots@1, not at boots@2. If it should still move, send `expected: 1`, or leave `expected` out.',
      errors: [
        { pointer: '/expected', message: 'does not match: the label is at boots@1, not at boots@2', suggestion: 1 },
      ],
    });
    expect((await move(2, { expected: 1 })).version).toBe(2);
  });

  it('throws model_corrupt if a change cannot be read', async () => {
    await accuracies(0.5);
    await move(1);
    await writeFile(join(modelsDir, 'boots/labels/stable/1.json'), '{');
    await expect(store.labels.get('boots', 'stable')).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});

/** Stores an evaluation of a version as an evaluator does. */
async function evaluated(version: number, scores: Partial<EvaluationScores>, on: object = {}): Promise<void> {
  const perfect = { images: 9, accuracy: 1, loss: 0, balancedAccuracy: 1, macroF1: 1, expectedCalibrationError: 0 };
  const time = { createdAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:01.000Z' };
  await openModelEvaluations(modelsDir).save({
    evaluation: {
      ...{ id: randomUUID(), model: { name: 'boots', version }, dataset: 'shoes', split: 'test', priority: 0 },
      ...{ state: 'succeeded', attempt: 1, sha256: 'a'.repeat(64), scores: { ...perfect, ...scores }, ...time, ...on },
    },
    result: {} as EvaluationResult,
    predictions: Buffer.from(''),
  });
}

describe('a label gate on a data set', () => {
  const gate = { metric: 'accuracy', dataset: 'shoes' } as const;
  const plan = (version: number, rest: object = {}) => store.labels.plan('boots', 'stable', { version, gate, ...rest });

  it('compares the evaluations of both versions, and not the scores of their trainings', async () => {
    await accuracies(0.9, 0.1, 0.99);
    await move(1, { gate }); // nobody has the label: there is nothing to beat
    for (const [version, accuracy] of [0.5, 0.6, 0.4].entries()) await evaluated(version + 1, { accuracy });
    expect((await move(2, { gate })).history[0]?.gate).toEqual({ ...gate, minDelta: 0, split: 'test' });
    const message = expect.stringContaining('accuracy 0.4 of boots@3 does not beat 0.6 of boots@2');
    await expect(move(3, { gate })).rejects.toMatchObject({ code: 'label_gate', message });
    const scores = { metric: 'accuracy', dataset: 'shoes', split: 'test', from: 0.6, to: 0.4 };
    expect(await plan(3)).toMatchObject({ moves: false, code: 'label_gate', reason: message, scores });
  });

  it.each(['loss', 'expectedCalibrationError'] as const)('takes the smaller %s', async (metric) => {
    await accuracies(0.5, 0.5);
    await move(1);
    await evaluated(1, { [metric]: 0.2 });
    await evaluated(2, { [metric]: 0.3 });
    const byError = { gate: { metric, dataset: 'shoes' } };
    await expect(move(2, byError)).rejects.toMatchObject({ code: 'label_gate' });
    await move(2);
    expect((await move(1, byError)).version).toBe(1);
  });

  it('names the version that has no evaluation, and what to run', async () => {
    await accuracies(0.5, 0.5);
    await move(1);
    const missing = (version: number) =>
      `boots@${version} has no finished evaluation on the test images of shoes. Run one: POST /models/boots@${version}/evaluations with {"dataset": "shoes", "split": "test"}.`;
    await evaluated(1, {}, { split: 'train' });
    await evaluated(2, { accuracy: 0.8 });
    await expect(move(2, { gate })).rejects.toMatchObject({
      ...{ code: 'evaluation_not_found', message: missing(1), errors: [{ pointer: '/gate/dataset' }] },
    });
    expect(await plan(2)).toMatchObject({
      ...{ moves: false, code: 'evaluation_not_found', reason: missing(1), scores: { from: null, to: 0.8 } },
    });
    await evaluated(1, {}, { sha256: 'b'.repeat(64) });
    await expect(move(2, { gate })).rejects.toMatchObject({ code: 'evaluation_mismatch' });
    expect(await plan(2)).toMatchObject({ code: 'evaluation_mismatch', scores: { from: 1, to: 0.8 } });
    await evaluated(1, { accuracy: 0.7 });
    expect(await plan(2)).toMatchObject({ moves: true, scores: { from: 0.7, to: 0.8 } });
    expect((await move(2, { gate })).version).toBe(2);
  });

  it('is not passed by a score that the evaluation lacks', async () => {
    await accuracies(0.5, 0.5);
    await move(1);
    await evaluated(1, {});
    await evaluated(2, {});
    await expect(move(2, { gate: { ...gate, metric: 'top5Accuracy' } })).rejects.toMatchObject({
      code: 'label_gate',
      message: expect.stringContaining('boots@2 has no top5Accuracy'),
    });
  });
});

describe('a label gate', () => {
  const gate = { metric: 'testAccuracy' } as const;

  it('accepts a better version and refuses an equal or worse one', async () => {
    await accuracies(0.8, 0.9, 0.9, 0.7);
    await move(1, { gate }); // nobody has the label: there is nothing to beat
    expect((await move(2, { gate })).history[0]).toMatchObject({ version: 2, gate: { ...gate, minDelta: 0 } });
    for (const version of [3, 4])
      await expect(move(version, { gate })).rejects.toMatchObject({
        code: 'label_gate',
        errors: [{ pointer: '/gate' }],
        message: expect.stringMatching(
          /^"stable" stays at boots@2: testAccuracy 0\.[79] of boots@[34] does not beat 0\.9/,
        ),
      });
    expect((await store.labels.get('boots', 'stable')).version).toBe(2);
    expect((await move(4)).version).toBe(4); // without a gate it moves
  });

  it('requires a margin, and a lower value if the metric is a loss', async () => {
    await saveVersions({ testLoss: 0.5 }, { testLoss: 0.45 }, { testLoss: 0.3 });
    await move(1);
    const byLoss = { metric: 'testLoss', minDelta: 0.1 } as const;
    await expect(move(2, { gate: byLoss })).rejects.toMatchObject({ code: 'label_gate' });
    expect((await move(3, { gate: byLoss })).version).toBe(3);
  });

  it.each(['validationMacroF1', 'validationBalancedAccuracy', 'validationTop5Accuracy', 'testTop5Accuracy'] as const)(
    'compares %s, of which more is better',
    async (metric) => {
      await saveVersions({ [metric]: 0.8 }, { [metric]: 0.7 }, { [metric]: 0.9 });
      await move(1);
      await expect(move(2, { gate: { metric } })).rejects.toMatchObject({ code: 'label_gate' });
      expect((await move(3, { gate: { metric } })).version).toBe(3);
    },
  );

  it('compares only existing scores on the same images', async () => {
    await saveVersions({ validationAccuracy: 0.5 }, {});
    await move(1);
    await expect(move(2, { gate: { metric: 'validationAccuracy' } })).rejects.toMatchObject({
      message: expect.stringContaining('boots@2 has no validationAccuracy'),
    });
    const description = describeModel({ jobId: 'other' });
    const spec = { ...description.spec, dataset: { ...description.spec.dataset, testSamples: 10 } };
    await store.save({ ...description, spec, scores: { ...description.scores, testAccuracy: 1 } }, files);
    await expect(move(3, { gate })).rejects.toMatchObject({
      code: 'label_gate',
      message: expect.stringContaining('10 test images of synthetic'),
    });
  });
});

describe('an imported model', () => {
  const { network, networkOptions, normalization, name, dataset } = describeModel().spec;
  const unknown = { name: 'unknown' as const, resize: dataset.resize };
  const { jobId: _, scores: __, ...description } = describeModel();
  const imported = {
    ...description,
    imported: { sha256: '0'.repeat(64), bytes: 1 },
    spec: { network, networkOptions, normalization, name, dataset: unknown, precision: 'float32' as const },
  };

  const gate = { metric: 'testAccuracy' } as const;

  it('passes no gate and blocks none', async () => {
    await accuracies(0.1);
    await store.save(imported, files);
    await move(1);
    await expect(move(2, { gate })).rejects.toMatchObject({
      message: expect.stringContaining('boots@2 has no testAccuracy'),
    });
    await move(2);
    await move(1, { gate });
    expect((await store.get({ name: 'boots', version: 2 })).manifest.spec).toEqual(imported.spec);
  });
});

describe('a rollback', () => {
  it('goes back one move, and further when repeated', async () => {
    await accuracies(0.1, 0.2, 0.3);
    for (const version of [1, 2, 3]) await move(version);
    expect((await store.labels.rollback('boots', 'stable')).version).toBe(2);
    expect((await store.labels.rollback('boots', 'stable')).version).toBe(1);
    await expect(store.labels.rollback('boots', 'stable')).rejects.toMatchObject({ code: 'label_moved' });
    await move(3);
    expect((await store.labels.rollback('boots', 'stable')).version).toBe(1);
    expect(versionsOf((await store.labels.get('boots', 'stable')).history)).toEqual([1, 3, 1, 2, 3, 2, 1]);
  });

  it('skips removed versions and restores a removed label', async () => {
    await accuracies(0.1, 0.2, 0.3);
    for (const version of [1, 2, 3]) await move(version);
    await store.remove({ name: 'boots', version: 2 });
    expect((await store.labels.rollback('boots', 'stable')).version).toBe(1);
    expect((await store.labels.remove('boots', 'stable')).version).toBeNull();
    expect((await store.labels.remove('boots', 'stable')).history).toHaveLength(5);
    expect(await store.labels.list('boots')).toEqual({});
    expect((await store.labels.rollback('boots', 'stable')).version).toBe(1);
  });

  it('is refused for an unknown label', async () => {
    await accuracies(0.1);
    await expect(store.labels.rollback('boots', 'stable')).rejects.toMatchObject({ code: 'label_not_found' });
    await expect(store.labels.remove('boots', 'stable')).rejects.toMatchObject({ code: 'label_not_found' });
  });
});

describe('the history of a label', () => {
  const moveOften = async (moves: number): Promise<void> => {
    for (let count = 0; count < moves; count++) await move(1 + (count % 3));
  };
  const filesOf = async () => (await readdir(join(modelsDir, 'boots/labels/stable'))).length;
  const numbersOf = (history: readonly { number: number }[]) => history.map(({ number }) => number);

  it('is paged, and a page reads only its own changes', async () => {
    await accuracies(0.1, 0.2, 0.3);
    await moveOften(9);
    for (const broken of [1, 2, 3]) await writeFile(join(modelsDir, `boots/labels/stable/${broken}.json`), '{');
    const first = await store.labels.get('boots', 'stable', { limit: 4 });
    expect(numbersOf(first.history)).toEqual([9, 8, 7, 6]);
    expect(first).toMatchObject({ version: 3, nextCursor: '6' });
    const second = await store.labels.get('boots', 'stable', { limit: 2, cursor: first.nextCursor });
    expect(numbersOf(second.history)).toEqual([5, 4]);
    expect(second).toMatchObject({ version: 3, nextCursor: '4' });
    await expect(store.labels.get('boots', 'stable', { cursor: '4' })).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  it('keeps the latest changes and removes older ones', async () => {
    store = await openModelStore(modelsDir, { labelHistory: 5 });
    await accuracies(0.1, 0.2, 0.3);
    await moveOften(12);
    expect(await filesOf()).toBe(5);
    expect(numbersOf((await store.labels.get('boots', 'stable')).history)).toEqual([12, 11, 10, 9, 8]);
    expect(await store.labels.get('boots', 'stable')).not.toHaveProperty('nextCursor');
  });

  it('is shown up to its limit, and cut at the next change, if an earlier version kept more', async () => {
    await accuracies(0.1, 0.2, 0.3);
    await moveOften(12);
    store = await openModelStore(modelsDir, { labelHistory: 5 });
    expect((await store.labels.get('boots', 'stable', { limit: 100 })).history).toHaveLength(5);
    await move(1);
    expect(await filesOf()).toBe(5);
  });

  it('allows a rollback within it, even past a rollback to a removed change', async () => {
    store = await openModelStore(modelsDir, { labelHistory: 4 });
    await accuracies(0.1, 0.2, 0.3);
    const rollback = async () => (await store.labels.rollback('boots', 'stable')).version;
    await moveOften(6); // 3, 1, 2, 3 are kept
    expect(await rollback()).toBe(2);
    expect(await rollback()).toBe(1);
    await move(3); // 3, rollback to 2, rollback to 1, 3
    expect(await rollback()).toBe(1);
    await expect(rollback()).rejects.toMatchObject({
      code: 'label_moved',
      message:
        '"stable" cannot be rolled back: in its last 4 changes it was at no other version that still exists. Move it to a version with PUT /models/boots/labels/stable.',
    });
  });

  it('stays intact while many processes move and read the label', async () => {
    await accuracies(0.1, 0.2, 0.3);
    const stores = await Promise.all(Array.from({ length: 4 }, () => openModelStore(modelsDir, { labelHistory: 3 })));
    const moves = stores.map(async ({ labels }, index) => {
      for (let count = 0; count < 10; count++)
        await labels.move('boots', 'stable', { version: 1 + ((index + count) % 3) });
    });
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const { history, version } = await store.labels
          .get('boots', 'stable')
          .catch(() => ({ history: [], version: 0 }));
        if (history.length > 0) expect(version).toBe(history[0]?.version);
      }
    })();
    await Promise.all(moves);
    isOver = true;
    await reading;
    const { history } = await store.labels.get('boots', 'stable');
    expect(history).toHaveLength(3);
    expect(await filesOf()).toBe(3);
  });
});

describe('a name', () => {
  it('has at most 100 labels; a new label replaces one that is at no version', async () => {
    await accuracies(0.1);
    const give = (label: string) => store.labels.move('boots', label, { version: 1 });
    for (let count = 0; count < 100; count++) await give(`label-${count}`);
    await expect(give('one-more')).rejects.toMatchObject({
      code: 'label_limit',
      message:
        'Model "boots" has 100 labels, and at most 100 are allowed. Remove one with DELETE /models/boots/labels/{label}.',
    });
    await store.labels.remove('boots', 'label-7');
    await give('one-more');
    expect(Object.keys(await store.labels.list('boots'))).toHaveLength(100);
    await expect(store.labels.get('boots', 'label-7')).rejects.toMatchObject({ code: 'label_not_found' });
  });
});

describe('a version', () => {
  it('is not deleted while it has a label, and neither is its model', async () => {
    await accuracies(0.1, 0.2);
    await move(2);
    const held = {
      code: 'label_held',
      message: expect.stringMatching(/^boots@2 has the label "stable"/),
    };
    await expect(store.remove({ name: 'boots', version: 2 })).rejects.toMatchObject(held);
    await expect(store.remove({ name: 'boots' })).rejects.toMatchObject(held);
    await store.remove({ name: 'boots', version: 1 });
    expect((await store.describe('boots')).versions).toEqual([2]);
    await store.labels.remove('boots', 'stable');
    await store.remove({ name: 'boots' });
    expect(await store.list()).toEqual([]);
    await expect(store.get({ name: 'boots' })).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(store.remove({ name: 'boots' })).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('keeps its number unused after deletion, even if it was the last of its name', async () => {
    await accuracies(0.1, 0.2);
    await store.remove({ name: 'boots', version: 2 });
    await expect(store.remove({ name: 'boots', version: 2 })).rejects.toMatchObject({ code: 'model_not_found' });
    expect(await store.save(describeModel({ jobId: 'next' }), files)).toEqual({ name: 'boots', version: 3 });
    await store.remove({ name: 'boots' });
    expect(await store.save(describeModel({ jobId: 'after' }), files)).toEqual({ name: 'boots', version: 4 });
  });

  it('is either deleted or labelled when both happen at once', async () => {
    for (let round = 1; round <= 20; round++) {
      await store.save(describeModel({ jobId: `round-${round}` }), files);
      const label = { version: round };
      const results = await Promise.allSettled([
        store.labels.move('boots', 'stable', label),
        store.remove({ name: 'boots', version: round }),
      ]);
      const there = await store.get({ name: 'boots', version: round }).then(
        () => true,
        () => false,
      );
      const holder = await store.labels.holderOf('boots', 'stable');
      expect(holder === undefined || holder === round).toBe(true);
      expect(holder === undefined || there).toBe(true);
      expect(results[0]?.status === 'fulfilled').toBe(holder === round);
      expect(results[1]?.status === 'fulfilled').toBe(!there);
      if (holder === round) await store.labels.remove('boots', 'stable');
    }
  });

  it('is listed next to folders that are not models', async () => {
    await accuracies(0.1);
    await mkdir(join(modelsDir, 'boots', 'notes'));
    expect((await store.describe('boots')).versions).toEqual([1]);
    expect((await store.inspect({ name: 'boots', version: 1 })).files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['weights.safetensors', 7],
      ['saved_model/saved_model.pb', 5],
    ]);
  });
});
