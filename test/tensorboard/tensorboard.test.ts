/** Event files of jobs, read by TensorBoard itself. */
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import { createRetention } from '../../src/queue/index.js';
import { createRecorder, eventFolder } from '../../src/tensorboard/index.js';
import { pythonOf } from '../support/python.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, summarizeFrames } from '../support/running-service.js';

const run = promisify(execFile);

let server: TestRedis;
let service: Service;
let folder: string;
let python: string;

beforeAll(async () => {
  python = await pythonOf(import.meta.dirname);
  server = await startRedis();
}, 300_000);
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-tensorboard-'));
});
afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const recorder = () => createRecorder({ folder, list: service.events.list, logger: service.logger });

type Scalars = Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;

/** Returns what TensorBoard reads of a job. */
async function read(id: string, name: string): Promise<Scalars> {
  const script = join(import.meta.dirname, 'read.py');
  const { stdout } = await run(python, [script, eventFolder(folder, { id, name })]);
  return JSON.parse(stdout) as Scalars;
}

/** Returns the expected values: those of the frames, in single precision. */
function expected(frames: readonly Frame[]): Scalars {
  const scalars: Record<string, [number, number][]> = {};
  const add = (tag: string, step: number, value: number | null | undefined): void => {
    if (typeof value === 'number') scalars[tag] = [...(scalars[tag] ?? []), [step, Math.fround(value)]];
  };
  for (const frame of frames) {
    if (frame.type === 'step') {
      const step = (frame.epoch - 1) * frame.steps + frame.step;
      add('train/loss', step, frame.loss);
      add('train/accuracy', step, frame.accuracy);
      add('train/learning_rate', step, frame.learningRate);
      add('train/images_per_second', step, frame.imagesPerSecond);
    } else if (frame.type === 'epoch') {
      add('epoch/train_loss', frame.epoch, frame.trainLoss);
      add('epoch/train_accuracy', frame.epoch, frame.trainAccuracy);
      add('epoch/validation_loss', frame.epoch, frame.validationLoss);
      add('epoch/validation_accuracy', frame.epoch, frame.validationAccuracy);
      add('epoch/test_loss', frame.epoch, frame.testLoss);
      add('epoch/test_accuracy', frame.epoch, frame.testAccuracy);
      add('epoch/validation_macro_f1', frame.epoch, frame.validationMacroF1);
      add('epoch/validation_balanced_accuracy', frame.epoch, frame.validationBalancedAccuracy);
      add('epoch/validation_top5_accuracy', frame.epoch, frame.validationTop5Accuracy);
      add('epoch/test_top5_accuracy', frame.epoch, frame.testTop5Accuracy);
      add('epoch/images_per_second', frame.epoch, frame.imagesPerSecond);
    }
  }
  return scalars;
}

describe('the event file of a job', () => {
  test('contains every scalar once when the job has ended, even after its trainer died', async () => {
    await service.work({ hooks: { recordFrames: recorder() } });
    const { id } = await service.submit('stumbles', { epochs: 30 });
    const frames = await service.history(id);
    expect(summarizeFrames(frames)).toContain('queued 1 trainer_died');
    const scalars = await read(id, 'stumbles');
    expect(scalars).toEqual(expected(frames));
    expect(scalars['train/loss']?.map(([step]) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(scalars['epoch/test_accuracy']).toHaveLength(30);
  });

  test('passes `tensorboard --inspect`', async () => {
    await service.work({ hooks: { recordFrames: recorder() } });
    const { id } = await service.submit('succeeds', { epochs: 3 });
    await service.history(id);
    const tensorboard = join(python, '../tensorboard');
    const options = ['--inspect', '--logdir', folder, '--tag', 'train/loss'];
    const { stdout } = await run(tensorboard, options);
    expect(stdout).toContain(eventFolder(folder, { id, name: 'succeeds' }));
    expect(stdout).toMatch(/first_step +1\n +last_step +12\n[\s\S]*num_steps +12\n +outoforder_steps +\[\]/);
  });

  test('grows while the job runs', async () => {
    await service.work({ hooks: { recordFrames: recorder() } });
    const { id } = await service.submit('walks', { epochs: 1_000 });
    await service.frame(id, isStep);
    await expect
      .poll(() => read(id, 'walks').catch(() => ({}) as Scalars), { timeout: 20_000 })
      .toMatchObject({ 'train/loss': expect.arrayContaining([[1, 1]]) });
    await service.jobs.cancel(id);
    expect(await read(id, 'walks')).toEqual(expected(await service.history(id)));
  });

  test('is completed if its end was cut off or the file is missing', async () => {
    const { id } = await service.submit('walks', { epochs: 40 });
    const consumer = await service.work({ hooks: { recordFrames: recorder() } });
    await service.frame(id, ({ type }) => type === 'epoch');
    await consumer.close();
    const [file = ''] = await readdir(eventFolder(folder, { id, name: 'walks' }));
    const path = join(eventFolder(folder, { id, name: 'walks' }), file);
    await truncate(path, 300);
    await appendFile(path, 'torn');
    await service.work({ hooks: { recordFrames: recorder() } });
    const frames = await service.history(id);
    expect(await read(id, 'walks')).toEqual(expected(frames));
    await rm(folder, { recursive: true });
    await recorder()({ id, name: 'walks' }, 3).close();
    expect(await read(id, 'walks')).toEqual(expected(frames));
  });

  test('takes nothing more from an outdated attempt', async () => {
    const job = { id: (await service.submit('succeeds')).id, name: 'succeeds' };
    const first = recorder()(job, 1);
    await first.close();
    const second = recorder()(job, 2);
    await second.close();
    await service.work();
    const frames = await service.history(job.id);
    await first.close();
    await second.close();
    expect(await readdir(eventFolder(folder, job))).toEqual([expect.stringMatching(/\.trainyard\.000002$/)]);
    expect(await read(job.id, 'succeeds')).toEqual(expected(frames));
  });

  test('is removed with its job', async () => {
    await service.work({ hooks: { recordFrames: recorder() } });
    const { id } = await service.submit('succeeds');
    await service.history(id);
    const { redis, logger } = service;
    const removed: string[] = [];
    const onRemoved = (job: { id: string }): void => void removed.push(job.id);
    await createRetention({ redis, logger, days: 1, count: 0, onRemoved }).sweep(Date.now() + 2 * 86_400_000);
    expect(removed).toEqual([id]);
  });
});

test('completes the job if its event folder cannot be written', async () => {
  const recordFrames = createRecorder({ folder: '/dev/null/none', list: service.events.list, logger: service.logger });
  await service.work({ hooks: { recordFrames } });
  const { id } = await service.submit('succeeds');
  expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
});
