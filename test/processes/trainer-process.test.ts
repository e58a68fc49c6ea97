/** A trainer as a child process, and what becomes of each way it can end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainerEvent } from '../../src/contracts/jobs/frame.js';
import { createTrainerStarter, type Trainer } from '../../src/processes/trainer-process.js';
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
    onEvent = (_: TrainerEvent): void => undefined,
    oomCounters,
  }: { graceMs?: number; url?: URL; onEvent?: (event: TrainerEvent) => void; oomCounters?: readonly string[] } = {},
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
  test('tells its events in order, and then its model', async () => {
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

  test('that dies is named with its signal and its last output, which is in the log as well', async () => {
    const { trainer, log } = start('dies');
    expect(await trainer.outcome).toEqual({
      type: 'died',
      error: { code: 'trainer_died', message: expect.stringMatching(/died \(SIGKILL\).*the last words/) },
    });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ msg: 'trainer output', line: 'the last words', stream: 'stderr' }),
    );
  });

  test('that an allocator has ended has run out of memory', async () => {
    expect(await start('gets-no-memory').trainer.outcome).toMatchObject({
      type: 'died',
      error: { code: 'out_of_memory', message: expect.stringMatching(/SIGABRT.*'std::bad_alloc'/) },
    });
  });

  test.each([
    ['has run out of memory where the kernel counts it', 4, 'kill', 'out_of_memory'],
    ['has died where the kernel does not', 3, 'kill', 'trainer_died'],
    ['has died where it was us, whatever the kernel counts', 4, 'cancel', 'trainer_died'],
  ] as const)('that is killed %s', async (_title, kills, by, code) => {
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

  test('that fails says why', async () => {
    const { trainer } = start('fails');
    expect(await trainer.outcome).toEqual({
      type: 'failed',
      error: { code: 'diverged', message: 'Batch 256 does not fit.' },
    });
  });

  test('has its warnings in the log, with its job', async () => {
    const { trainer, log } = start('warns');
    expect(await log.line('CUDA_VISIBLE_DEVICES is undefined')).toMatchObject({ level: 40 });
    trainer.cancel();
    expect(await trainer.outcome).toEqual({ type: 'cancelled' });
  });

  test('sees one GPU, that with the fewest trainers', async () => {
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

  test('that says it is done and stays is ended, and has done its work', async () => {
    expect(await start('lingers').trainer.outcome).toMatchObject({ type: 'trained' });
  });

  test('stops when it is told to, and is killed when it does not', async () => {
    const obedient = await firstEvent('waits');
    obedient.cancel();
    expect(await obedient.outcome).toEqual({ type: 'cancelled' });
    for (const behaviour of ['ignores', 'blocks']) {
      const deaf = await firstEvent(behaviour);
      deaf.cancel();
      expect(await deaf.outcome).toMatchObject({ type: 'died', error: { message: expect.stringMatching(/SIGKILL/) } });
    }
  });

  test('checkpoints and stops when it is told to, and is killed when it does not', async () => {
    const obedient = await firstEvent('waits');
    obedient.stop();
    expect(await obedient.outcome).toEqual({ type: 'stopped' });
    const deaf = await firstEvent('ignores');
    deaf.stop();
    expect(await deaf.outcome).toMatchObject({ type: 'died', error: { message: expect.stringMatching(/SIGKILL/) } });
  });

  test('whose program is not there is named so', async () => {
    const { trainer } = start('succeeds', { url: new URL('../fixtures/nowhere.js', import.meta.url) });
    expect(await trainer.outcome).toMatchObject({
      type: 'died',
      error: { message: expect.stringMatching(/exit code 1.*nowhere\.js/) },
    });
  });
});
