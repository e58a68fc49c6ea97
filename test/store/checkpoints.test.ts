/** Checkpoints on disk: intact or skipped, the last and the best kept, only the newest attempt writes. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BestEpoch } from '../../src/contracts/processes/checkpoint-header.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import {
  type Checkpoint,
  jobsWithCheckpoints,
  openCheckpoints,
  removeCheckpoints,
} from '../../src/store/checkpoints.js';
import { idOf } from '../support/ids.js';

const jobId = idOf('a-job');
let checkpointsDir: string;

beforeEach(async () => {
  checkpointsDir = await mkdtemp(join(tmpdir(), 'trainyard-checkpoints-'));
});
afterEach(() => rm(checkpointsDir, { recursive: true, force: true }));

const begin = (attempt: number) => openCheckpoints({ checkpointsDir, jobId, attempt });
const files = async (attempt: number) =>
  (await readdir(join(checkpointsDir, jobId, String(attempt)))).sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  );
const pathOf = (attempt: number, steps: number) => join(checkpointsDir, jobId, String(attempt), `${steps}.safetensors`);

/** Returns a checkpoint after `steps` steps with values that depend on them. */
function checkpointAfter(steps: number, attempt = 1, best?: BestEpoch): Checkpoint {
  const totals = { loss: 0.1 * steps, correct: steps, images: 8 * steps, seconds: 1.5 };
  return {
    header: {
      jobId,
      attempt,
      steps,
      position: { epoch: 1, step: steps, totals, seconds: 0 },
      events: [],
      ...(best && { best }),
    },
    tensors: new Map([
      ['a.weight', { shape: [2, 3], values: Float32Array.from({ length: 6 }, (_, i) => steps + i / 7) }],
      ['a.odd', { shape: [1], values: Float32Array.of(-steps) }],
      ['a.weight.average', { shape: [], values: Float32Array.of(1 / steps) }],
    ]),
  };
}

describe('a checkpoint', () => {
  test('is read back bit for bit', async () => {
    const checkpoint = checkpointAfter(3);
    await (await begin(1)).save(checkpoint);
    expect(await (await begin(2)).load()).toEqual({ checkpoint, faults: [] });
  });

  test('is a safetensors file with the shapes of its tensors', async () => {
    await (await begin(1)).save(checkpointAfter(3));
    const { metadata, tensors } = decodeSafetensors(await readFile(pathOf(1, 3)));
    expect(metadata).toMatchObject({
      format: 'trainyard-checkpoint/1',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['a.weight', 'F32', [2, 3]],
      ['a.odd', 'F32', [1]],
      ['a.weight.average', 'F32', []],
    ]);
  });

  test('is kept if it is one of the last two or the best; the others are removed', async () => {
    const checkpoints = await begin(1);
    await checkpoints.save(checkpointAfter(10));
    const best = { epoch: 2, steps: 20, value: 0.9 };
    for (const steps of [20, 30, 40, 100]) await checkpoints.save(checkpointAfter(steps, 1, best));
    expect(await files(1)).toEqual(['20.safetensors', '40.safetensors', '100.safetensors']);
    await checkpoints.save(checkpointAfter(110, 1, { epoch: 11, steps: 110, value: 0.95 }));
    expect(await files(1)).toEqual(['100.safetensors', '110.safetensors']);
  });

  test('is kept at the end of each of the last epochs, whatever is saved in between', async () => {
    const checkpoints = await openCheckpoints({ checkpointsDir, jobId, attempt: 1, checkpointsKept: 3 });
    // Each epoch has ten steps and two checkpoints.
    for (let done = 1; done <= 5; done++) {
      for (const step of [4, 7, 10]) {
        const { header, tensors } = checkpointAfter(10 * (done - 1) + step);
        const place = step === 10 ? { epoch: done + 1, step: 0 } : { epoch: done, step };
        await checkpoints.save({ header: { ...header, position: { ...header.position, ...place } }, tensors });
      }
      const ends = [1, 2, 3, 4, 5].filter((epoch) => epoch <= done && epoch > done - 3).map((epoch) => 10 * epoch);
      const kept = [...ends, 10 * done - 3].sort((a, b) => a - b);
      expect(await files(1)).toEqual(kept.map((steps) => `${steps}.safetensors`));
    }
  });

  test('is removed with the other checkpoints of its job only', async () => {
    await (await begin(1)).save(checkpointAfter(1));
    await openCheckpoints({ checkpointsDir, jobId: idOf('another'), attempt: 1 });
    expect((await jobsWithCheckpoints(checkpointsDir)).sort()).toEqual([idOf('a-job'), idOf('another')].sort());
    await removeCheckpoints(checkpointsDir, jobId);
    expect(await jobsWithCheckpoints(checkpointsDir)).toEqual([idOf('another')]);
    expect(await jobsWithCheckpoints(join(checkpointsDir, 'nowhere'))).toEqual([]);
  });
});

describe('a damaged checkpoint', () => {
  test('is skipped and reported after any flipped bit, and the checkpoint before it is used', async () => {
    const checkpoints = await begin(1);
    await checkpoints.save(checkpointAfter(1));
    await checkpoints.save(checkpointAfter(2));
    const whole = await readFile(pathOf(1, 2));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (place, bit) => {
        const flipped = Buffer.from(whole);
        flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << bit), place);
        await writeFile(pathOf(1, 2), flipped);
        const { checkpoint, faults } = await checkpoints.load();
        expect(checkpoint).toEqual(checkpointAfter(1));
        expect(faults).toEqual([expect.stringMatching(/after step 2 is skipped: .*digest/)]);
      }),
      { numRuns: 60 },
    );
  });

  test('is skipped if it is cut off anywhere, or empty', async () => {
    const checkpoints = await begin(1);
    await checkpoints.save(checkpointAfter(1));
    await checkpoints.save(checkpointAfter(2));
    const whole = await readFile(pathOf(1, 2));
    for (const length of [0, 7, 8, 40, 100, whole.length - 4, whole.length - 1]) {
      await writeFile(pathOf(1, 2), whole);
      await truncate(pathOf(1, 2), length);
      expect((await checkpoints.load()).checkpoint, `${length} bytes`).toEqual(checkpointAfter(1));
    }
  });

  test('lets the job begin from the start if there is no checkpoint before it', async () => {
    const checkpoints = await begin(1);
    await checkpoints.save(checkpointAfter(2));
    await truncate(pathOf(1, 2), 50);
    expect(await checkpoints.load()).toEqual({ checkpoint: undefined, faults: [expect.stringMatching(/step 2/)] });
    expect(await checkpoints.load()).toEqual({ checkpoint: undefined, faults: [] });
  });

  test('is skipped if it belongs to another job', async () => {
    const { header, tensors } = checkpointAfter(2);
    const checkpoints = await begin(1);
    await checkpoints.save({ header: { ...header, jobId: idOf('another') }, tensors });
    expect((await checkpoints.load()).faults).toEqual([
      expect.stringContaining(`it belongs to job ${idOf('another')}`),
    ]);
  });
});

describe('an attempt', () => {
  const overtaken = { code: 'worker_stopped', message: expect.stringContaining(`Attempt 1 of job ${jobId} is over`) };

  test('takes over the checkpoints of earlier attempts, whatever their numbers', async () => {
    await (await begin(1)).save(checkpointAfter(5));
    const fourth = await begin(4);
    expect((await fourth.load()).checkpoint).toEqual(checkpointAfter(5));
    await fourth.save(checkpointAfter(6, 4));
    expect(await files(4)).toEqual(['5.safetensors', '6.safetensors']);
    expect(await readdir(join(checkpointsDir, jobId))).toEqual(['4']);
  });

  test('writes and removes nothing after a later attempt has begun', async () => {
    const first = await begin(1);
    for (const steps of [10, 20]) await first.save(checkpointAfter(steps));
    const second = await begin(2);
    await expect(first.save(checkpointAfter(900))).rejects.toMatchObject(overtaken);
    expect((await second.load()).checkpoint).toEqual(checkpointAfter(20));
    await second.save(checkpointAfter(30, 2));
    await expect(first.save(checkpointAfter(30))).rejects.toMatchObject(overtaken);
    const third = await begin(3);
    expect((await third.load()).checkpoint).toEqual(checkpointAfter(30, 2));
  });

  test('cannot begin again after a later attempt has begun, even without checkpoints', async () => {
    const first = await begin(1);
    await begin(2);
    await expect(first.save(checkpointAfter(1))).rejects.toMatchObject(overtaken);
    await expect(begin(1)).rejects.toMatchObject(overtaken);
    expect((await (await begin(3)).load()).checkpoint).toBeUndefined();
  });

  test('is not read by the next attempt if it created its folder after a later attempt had begun', async () => {
    await (await begin(2)).save(checkpointAfter(7, 2));
    // The first attempt listed the folders, was frozen, and creates its folder now.
    await mkdir(join(checkpointsDir, jobId, '1'));
    await writeFile(pathOf(1, 900), 'late');
    const third = await begin(3);
    expect(await third.load()).toEqual({ checkpoint: checkpointAfter(7, 2), faults: [] });
    expect(await readdir(join(checkpointsDir, jobId))).toEqual(['3']);
  });

  test('gets the checkpoints if it is the latest of several that begin concurrently', async () => {
    await (await begin(1)).save(checkpointAfter(5));
    const attempts = await Promise.allSettled([2, 3, 4, 5, 6].map(begin));
    const [last] = attempts.slice(-1);
    if (last?.status !== 'fulfilled') throw new Error('The last attempt did not begin.');
    expect((await last.value.load()).checkpoint).toEqual(checkpointAfter(5));
    expect(await readdir(join(checkpointsDir, jobId))).toContain('6');
  });

  test('removes a file whose writer died', async () => {
    await begin(1);
    const file = await open(join(checkpointsDir, jobId, '1', '.writing-9'), 'w');
    await file.close();
    const { checkpoint } = await (await begin(2)).load();
    expect(checkpoint).toBeUndefined();
    expect(await files(2)).toEqual([]);
  });
});

/** A file system of 1 MiB in the mount namespace of the test's process. Not every machine allows one. */
const SMALL_DISK = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'];
const smallDisk = spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true']).status === 0;
if (!smallDisk) console.log('Skipped: the test of a full disk needs a user namespace that may mount a tmpfs.');

describe.skipIf(!smallDisk)('a full disk', () => {
  test('refuses the checkpoint with insufficient_storage and leaves the one before it intact', async () => {
    const script = `
      const [, store, checkpointsDir] = process.argv;
      const { openCheckpoints } = await import(store);
      const { readdir } = await import('node:fs/promises');
      const jobId = '${jobId}';
      const checkpoints = await openCheckpoints({ checkpointsDir, jobId, attempt: 1 });
      const position = { epoch: 1, step: 1, totals: { loss: 0, correct: 0, images: 0, seconds: 0 }, seconds: 0 };
      const save = (steps, count) => checkpoints.save({
        header: { jobId, attempt: 1, steps, position, events: [] },
        tensors: new Map([['w', { shape: [count], values: new Float32Array(count).fill(steps) }]]),
      });
      await save(1, 100_000);
      const error = await save(2, 200_000).catch((error) => error);
      const left = await readdir(checkpointsDir + '/${jobId}/1');
      const { checkpoint, faults } = await checkpoints.load();
      console.log(JSON.stringify({ code: error.code, message: error.message, left, steps: checkpoint.header.steps, faults }));`;
    const store = pathToFileURL(join(import.meta.dirname, '../../dist/store/checkpoints.js')).href;
    const node = [process.execPath, '--input-type=module', '-e', script, store, checkpointsDir];
    const { stdout } = await promisify(execFile)('unshare', [...SMALL_DISK, checkpointsDir, ...node]);
    expect(JSON.parse(stdout)).toEqual({
      code: 'insufficient_storage',
      message: expect.stringMatching(/checkpoint of job \S+ after step 2 could not be written: the disk of .* is full/),
      left: ['1.safetensors'],
      steps: 1,
      faults: [],
    });
  });
});
