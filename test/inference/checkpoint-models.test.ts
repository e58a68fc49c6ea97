/** Predictions of a running job: its best and its last checkpoint are served with the outputs of its program. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Job, type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { fromShortForm } from '../../src/contracts/json-schema/short-form.js';
import { describeDataset, loadDataset } from '../../src/datasets/index.js';
import { type CheckpointModels, openCheckpointModels } from '../../src/inference/checkpoint-models.js';
import { createPredictorPool, type PredictorPool } from '../../src/inference/predictor-pool.js';
import { type Converter, createConverter } from '../../src/processes/converter-process.js';
import { readCheckpoint } from '../../src/store/checkpoint-file.js';
import { checkpointPaths } from '../../src/store/checkpoints.js';
import { createStartingPoints } from '../../src/store/starting-points.js';
import { stateOfCheckpoint } from '../../src/training/run/checkpointing.js';
import { openProgram } from '../../src/training/step/program.js';
import { captureLog } from '../support/capture-log.js';
import { idOf } from '../support/ids.js';
import { runJob } from '../support/runs.js';

const dist = (file: string): URL => pathToFileURL(join(import.meta.dirname, '../../dist', file));

/** The job id that `runJob` uses. */
const jobId = idOf('a-job');
const request: JobRequest = {
  network: 'densenet',
  name: 'stripes',
  dataset: { name: 'synthetic', resize: 32, trainSamples: 96, testSamples: 8, validationSamples: 32 },
  batchSize: 32,
  epochs: 3,
  emaDecay: 0.9,
};

let folder: string;
let predictor: PredictorPool;
const open: (CheckpointModels | Converter)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-in-flight-'));
  predictor = createPredictorPool({ logger: captureLog().logger, predictorUrl: dist('predictor.js') });
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
afterAll(async () => {
  await predictor.close();
  await rm(folder, { recursive: true });
});

const jobOf = (asked: JobRequest): Job => {
  const createdAt = new Date().toISOString();
  const spec = resolveJob(asked);
  const record = {
    id: jobId,
    project: 'default',
    status: 'running',
    priority: 0,
    metadata: {},
    createdAt,
    attempt: 1,
  } as const;
  return { ...record, changes: [], spec, request: asked };
};

async function start(checkpointsDir: string) {
  const log = captureLog();
  const converter = createConverter({ logger: log.logger, converterUrl: dist('converter.js') });
  const models = await openCheckpointModels({
    logger: log.logger,
    list: createStartingPoints(checkpointsDir).list,
    paths: (id) => checkpointPaths(checkpointsDir, id),
    converter,
    findDataset: ({ spec }) => describeDataset(spec.dataset.name, {}),
  });
  open.push(converter, models);
  const conversions = () => log.lines.filter(({ msg }) => msg === 'checkpoint converted to a model').length;
  return { models, conversions };
}

describe('a running job', () => {
  let checkpointsDir: string;
  beforeAll(async () => {
    checkpointsDir = join(folder, 'trained');
    await runJob(request, { checkpointsDir });
  });

  it('predicts with its best and its last checkpoint as its program does, and converts each once', async () => {
    const { models, conversions } = await start(checkpointsDir);
    const job = jobOf(request);
    const { info, test } = await loadDataset(job.spec.dataset, job.spec.seed, { datasetsDir: '' });
    const program = openProgram(job.spec, info, info.classes.length);
    for (const choice of ['last', 'best'] as const) {
      const model = await models.open(job, choice);
      expect((await models.open(job, choice)).folder).toBe(model.folder);
      const { steps } = model.source as { steps: number };
      const [path = ''] = (await checkpointPaths(checkpointsDir, jobId)).filter((p) =>
        p.endsWith(`/${steps}.safetensors`),
      );
      const checkpoint = await readCheckpoint(path, jobId);
      if (typeof checkpoint === 'string') throw new Error(checkpoint);
      program.restore(stateOfCheckpoint(checkpoint));
      const expected = program.logits(test.images);
      const { logits } = await predictor.predict(model, test.images, test.samples);
      for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 3);
      expect(model).toMatchObject({
        source: { job: jobId, name: 'stripes', epoch: checkpoint.header.position.epoch - 1, steps },
        manifest: { classes: info.classes, scores: { epoch: checkpoint.header.position.epoch - 1 } },
      });
      if (choice === 'last') expect(steps).toBe(6);
      else expect(steps).toBe(checkpoint.header.best?.steps);
      expect((await readdir(model.folder)).sort()).toEqual(['model.onnx', 'saved_model', 'weights.safetensors']);
    }
    program.close();
    expect(conversions()).toBeLessThanOrEqual(2);
  });

  it('is converted once for concurrent requests', async () => {
    const { models, conversions } = await start(checkpointsDir);
    const asked = await Promise.all(Array.from({ length: 10 }, () => models.open(jobOf(request), 'last')));
    expect(new Set(asked.map((model) => model.folder)).size).toBe(1);
    expect(conversions()).toBe(1);
  });

  it('leaves no folder behind after close', async () => {
    const { models } = await start(checkpointsDir);
    const { folder: served } = await models.open(jobOf(request), 'last');
    await models.close();
    await expect(readdir(served)).rejects.toThrow('ENOENT');
    await expect(models.open(jobOf(request), 'best')).rejects.toMatchObject({ code: expect.any(String) });
  });
});

it('uses the checkpoint before a damaged one, and fails if none is valid', async () => {
  const checkpointsDir = join(folder, 'damaged');
  await runJob(request, { checkpointsDir });
  const { models } = await start(checkpointsDir);
  const paths = await checkpointPaths(checkpointsDir, jobId);
  const damage = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = 255 - (bytes.at(-1) ?? 0);
    await writeFile(path, bytes);
  };
  await damage(paths.at(-1) ?? '');
  expect((await models.open(jobOf(request), 'last')).source).toMatchObject({ epoch: 2 });
  for (const path of paths.slice(0, -1)) await damage(path);
  const { models: fresh } = await start(checkpointsDir);
  await expect(fresh.open(jobOf(request), 'last')).rejects.toMatchObject({
    code: 'model_corrupt',
    message: expect.stringContaining('its digest does not match'),
  });
});

it('explains why a job has no last or no best checkpoint', async () => {
  const { models } = await start(join(folder, 'none'));
  await expect(models.open(jobOf(request), 'last')).rejects.toMatchObject({
    code: 'checkpoint_not_found',
    message: expect.stringContaining('has no checkpoint yet'),
  });
  const checkpointsDir = join(folder, 'unvalidated');
  const plain: JobRequest = {
    ...request,
    epochs: 1,
    dataset: { ...fromShortForm(request.dataset ?? {}), validationSamples: 0 },
  };
  await runJob(plain, { checkpointsDir });
  const { models: unvalidated } = await start(checkpointsDir);
  await expect(unvalidated.open(jobOf(plain), 'best')).rejects.toMatchObject({
    code: 'checkpoint_not_found',
    message: expect.stringContaining(`Use job:${idOf('a-job')}@last`),
  });
});
