/** Detection of hanging trainers: they are killed and their jobs resume. Slow trainers are not killed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProjectParts } from '../../src/api/deps.js';
import { createMonitoring } from '../../src/api/routes/monitoring.js';
import { HANG_BOUNDS, type HangBounds } from '../../src/processes/hang-watch.js';
import { createTrainerStarter, type TrainerOutcome } from '../../src/processes/trainer-process.js';
import { createHeartbeat } from '../../src/training/run/heartbeat.js';
import { captureLog } from '../support/capture-log.js';
import { idOf } from '../support/ids.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, specOf, summarizeFrames } from '../support/running-service.js';

const soon = { timeout: 60_000 };
const bounds: HangBounds = {
  ...HANG_BOUNDS,
  tickMs: 50,
  steps: { floorMs: 1_500, times: 5 },
  stall: { floorMs: 300, times: 2 },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-hang-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const starter = (hangBounds: HangBounds) =>
  createTrainerStarter({
    datasetsDir: '',
    modelsDir: folder,
    checkpointsDir: folder,
    trainerUrl: new URL('../fixtures/trainer.js', import.meta.url),
    hangBounds,
  });

/** Calls `onBegun` with the pid of the trainer after its first step. */
function start(behaviour: string, onBegun: (pid: number) => void = () => undefined) {
  const log = captureLog();
  let stalls = 0;
  let begin: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => (begin = resolve));
  let outcome: TrainerOutcome | undefined;
  const trainer = starter(bounds)({
    jobId: idOf(`${behaviour} ${Math.random()}`),
    spec: specOf(behaviour),
    attempt: 1,
    logger: log.logger,
    onEvent() {
      onBegun(Number(log.lines.find(({ msg }) => msg === 'trainer started')?.['trainerPid']));
      begin();
    },
    onStall: () => (stalls += 1),
  });
  trainer.outcome.then((found) => (outcome = found));
  return { trainer, hasBegun, stalls: () => stalls, outcome: () => outcome };
}

describe('a trainer', () => {
  test.each([
    ['is stopped', 'hangs'],
    ['computes without end', 'hangs-busy'],
  ])('is detected by its own step times and killed if it %s', async (_, behaviour) => {
    const { trainer, stalls } = start(behaviour);
    expect(await trainer.outcome).toEqual({
      type: 'died',
      error: {
        code: 'trainer_hung',
        message: expect.stringMatching(
          /^The trainer process hung in a step: it did nothing for \d+ s, its longest recent step took 0\.020 s\. It was killed; /,
        ),
      },
    });
    expect(stalls()).toBe(1);
  });

  test('is not killed if its steps take long', async () => {
    const slow = start('plods');
    expect(await slow.trainer.outcome).toMatchObject({ type: 'trained' });
  });

  const canIdle = spawnSync('chrt', ['--version']).status === 0;
  test.runIf(canIdle)('is not killed if other processes take all the CPU', async () => {
    const busy: ChildProcess[] = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    try {
      const idle = (pid: number): void => void spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)]);
      const starved = start('hangs-busy', idle);
      await starved.hasBegun;
      await delay(4 * bounds.steps.floorMs);
      expect(starved.outcome()).toBeUndefined();
      starved.trainer.kill();
    } finally {
      for (const each of busy) each.kill('SIGKILL');
    }
  });
});

test('reports the longest recent step in few heartbeats', () => {
  const sent: object[] = [];
  const pulse = createHeartbeat((beat) => sent.push(beat), 0);
  pulse('compiling');
  for (const ms of [9_000, 10, 20, 10, 10, 10]) pulse('training', ms);
  expect(sent.at(0)).toEqual({ phase: 'compiling', longestStepMs: 0 });
  expect(sent.at(1)).toEqual({ phase: 'training', longestStepMs: 9_000 });
  expect(sent.at(-1)).toEqual({ phase: 'training', longestStepMs: 20 });

  const rare: object[] = [];
  const slow = createHeartbeat((beat) => rare.push(beat), 60_000);
  for (let step = 0; step < 1_000; step++) slow('training', 1);
  slow('evaluating');
  expect(rare).toHaveLength(2);
});

describe('a job whose trainer hangs', () => {
  let server: TestRedis;
  let service: Service;
  beforeAll(async () => {
    server = await startRedis();
    service = await openService(server);
  });
  afterAll(async () => {
    await service.close();
    await server.close();
  });

  const figures = () =>
    createMonitoring({
      builds: { graphsBuilt: () => 0 },
      predictor: { statistics: () => [], waitingImages: () => 0, loadedModels: () => 0 },
    } as unknown as Parameters<typeof createMonitoring>[0]).print([
      { name: 'default', jobs: service.jobs, store: { models: async () => [] } as unknown as ProjectParts['store'] },
    ]);

  test('continues from its checkpoint and reports the reason, and its old rate leaves the metrics', async () => {
    await service.work({ startTrainer: starter({ ...bounds, steps: { floorMs: 6_000, times: 5 } }) });
    const { id } = await service.submit('hangs');
    await service.frame(id, isStep);
    await expect.poll(async () => (await service.jobs.get(id)).progress, soon).toEqual({ epoch: 1, step: 1, steps: 4 });
    expect(await figures()).not.toContain(`job="${id}"`);
    expect(await service.estimates.withEstimate(await service.jobs.get(id))).not.toHaveProperty('estimate');
    expect(summarizeFrames(await service.history(id)).slice(0, 5)).toEqual([
      'queued 0',
      'running 1',
      'step',
      'queued 1 trainer_hung',
      'running 2',
    ]);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });
});
