/** Trainers as child processes, and the outcome of each way they can end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainerEvent, Usage } from '../../src/contracts/jobs/frame.js';
import { createTrainerStarter, type Trainer, type TrainerOptions } from '../../src/processes/trainer-process.js';
import { captureLog } from '../support/capture-log.js';
import { specOf } from '../support/running-service.js';

const trainerUrl = new URL('../fixtures/trainer.js', import.meta.url);
let modelsDir: string;

beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-trainer-'));
});
afterAll(() => rm(modelsDir, { recursive: true, force: true }));

function start(
  behaviour: string,
  {
    graceMs = 100,
    url = trainerUrl,
    onEvent = () => undefined,
    oomCounters,
  }: { graceMs?: number; url?: URL; onEvent?: TrainerOptions['onEvent']; oomCounters?: readonly string[] } = {},
) {
  const log = captureLog();
  const startTrainer = createTrainerStarter({
    datasetsDir: '',
    modelsDir,
    checkpointsDir: modelsDir,
    trainerUrl: url,
    graceMs,
    stopGraceMs: graceMs,
    ...(oomCounters && { oomCounters }),
  });
  const trainer: Trainer = startTrainer({
    jobId: 'a-job',
    spec: specOf(behaviour),
    attempt: 1,
    logger: log.logger,
    onEvent,
  });
  return { trainer, log };
}

const firstEvent = (behaviour: string) =>
  new Promise<Trainer>((resolve) => {
    const { trainer } = start(behaviour, { onEvent: () => resolve(trainer) });
  });

describe('a trainer', () => {
  test('reports its events in order, then its model', async () => {
    const events: TrainerEvent[] = [];
    const { trainer } = start('succeeds', { onEvent: (event) => events.push(event) });
    expect(await trainer.outcome).toEqual({ type: 'trained', model: { name: 'succeeds', version: 1 } });
    expect(events.map(({ type }) => type)).toEqual([
      'step',
      'step',
      'step',
      'step',
      'epoch',
      'step',
      'step',
      'step',
      'step',
      'epoch',
    ]);
  });

  test('is sampled with its first step, and not again within 2 seconds', async () => {
    const usages: (Usage | undefined)[] = [];
    const { trainer } = start('succeeds', { onEvent: (_, __, usage) => usages.push(usage) });
    await trainer.outcome;
    const [first, ...others] = usages;
    expect(first).toEqual({ cpu: expect.any(Number), memoryBytes: expect.any(Number) });
    expect(first?.memoryBytes).toBeGreaterThan(2 ** 24);
    expect(others.every((usage) => usage === undefined)).toBe(true);
  });

  test('is reported with its signal and last output if it dies, also in the log', async () => {
    const { trainer, log } = start('dies');
    expect(await trainer.outcome).toEqual({
      type: 'died',
      error: { code: 'trainer_died', message: expect.stringMatching(/died \(SIGKILL\).*the last words/) },
    });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ msg: 'trainer output', line: 'the last words', stream: 'stderr' }),
    );
  });

  test('is reported as out of memory if an allocator ended it', async () => {
    expect(await start('gets-no-memory').trainer.outcome).toMatchObject({
      type: 'died',
      error: { code: 'out_of_memory', message: expect.stringMatching(/SIGABRT.*'std::bad_alloc'/) },
    });
  });

  test.each([
    ['out of memory if the kernel counted an OOM kill', 4, 'kill', 'out_of_memory'],
    ['dead if the kernel counted no OOM kill', 3, 'kill', 'trainer_died'],
    ['dead if its worker killed it, whatever the kernel counted', 4, 'cancel', 'trainer_died'],
  ] as const)('is reported as %s', async (_title, kills, by, code) => {
    const counter = join(modelsDir, 'memory.events');
    await writeFile(counter, 'low 0\noom_kill 3\n');
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { trainer, log } = start('ignores', { oomCounters: [counter], onEvent: begin });
    await begun;
    await writeFile(counter, `low 0\noom_kill ${kills}\n`);
    if (by === 'cancel') trainer.cancel();
    else process.kill(Number((await log.line('trainer started'))['trainerPid']), 'SIGKILL');
    expect(await trainer.outcome).toMatchObject({
      type: 'died',
      error: { code, message: expect.stringMatching(/died \(SIGKILL\)/) },
    });
  });

  test('reports why it failed', async () => {
    const { trainer } = start('fails');
    expect(await trainer.outcome).toEqual({
      type: 'failed',
      error: { code: 'diverged', message: 'Batch 256 does not fit.' },
    });
  });

  test('logs its warnings with its job', async () => {
    const { trainer, log } = start('warns');
    expect(await log.line('CUDA_VISIBLE_DEVICES is undefined')).toMatchObject({ level: 40 });
    trainer.cancel();
    expect(await trainer.outcome).toEqual({ type: 'cancelled' });
  });

  test('sees only the GPU with the fewest trainers', async () => {
    const log = captureLog();
    const startTrainer = createTrainerStarter({
      datasetsDir: '',
      modelsDir,
      checkpointsDir: modelsDir,
      trainerUrl,
      environment: process.env,
      gpus: ['GPU-a', 'GPU-b'],
    });
    const begin = async (gpu: string) => {
      const before = log.lines.length;
      const spec = specOf('warns');
      const trainer = startTrainer({ jobId: 'a-job', spec, attempt: 1, logger: log.logger, onEvent: () => undefined });
      await log.line(`CUDA_VISIBLE_DEVICES is ${gpu}`, before);
      return trainer;
    };
    const end = async (trainer: Trainer) => {
      trainer.cancel();
      await trainer.outcome;
    };
    const [first, second] = [await begin('GPU-a'), await begin('GPU-b')];
    const third = await begin('GPU-a');
    await end(second);
    const fourth = await begin('GPU-b');
    for (const trainer of [first, third, fourth]) await end(trainer);
  });

  test('is ended if it stays after reporting its result, and the result counts', async () => {
    expect(await start('lingers').trainer.outcome).toMatchObject({ type: 'trained' });
  });

  test('stops on request, and is killed if it does not', async () => {
    const obedient = await firstEvent('waits');
    obedient.cancel();
    expect(await obedient.outcome).toEqual({ type: 'cancelled' });
    for (const behaviour of ['ignores', 'blocks']) {
      const deaf = await firstEvent(behaviour);
      deaf.cancel();
      expect(await deaf.outcome).toMatchObject({ type: 'died', error: { message: expect.stringMatching(/SIGKILL/) } });
    }
  });

  test('checkpoints and stops on request, and is killed if it does not', async () => {
    const obedient = await firstEvent('waits');
    obedient.stop();
    expect(await obedient.outcome).toEqual({ type: 'stopped' });
    const deaf = await firstEvent('ignores');
    deaf.stop();
    expect(await deaf.outcome).toMatchObject({ type: 'died', error: { message: expect.stringMatching(/SIGKILL/) } });
  });

  test('is reported if its program does not exist', async () => {
    const { trainer } = start('succeeds', { url: new URL('../fixtures/nowhere.js', import.meta.url) });
    expect(await trainer.outcome).toMatchObject({
      type: 'died',
      error: { message: expect.stringMatching(/exit code 1.*nowhere\.js/) },
    });
  });
});
