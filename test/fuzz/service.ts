/** Service under fuzzing: the real API, predictor and Redis with trained models, and fixture trainers that train nothing. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { call, submit, waitForFrame } from '../../bench/support/jobs.js';
import { startTrainyard } from '../../bench/support/service.js';
import { childEnvironment, loadConfig } from '../../src/config.js';
import type { JobRequest } from '../../src/contracts/jobs/job.js';
import { openEmbeddedRedis } from '../../src/embedded/index.js';
import { createLogger } from '../../src/logging/logger.js';
import { startService } from '../../src/processes/service-process.js';

const root = join(import.meta.dirname, '../..');
const logger = createLogger('fuzz', 'warn');
const STOP_MS = 20_000;

/** A job of about half a second: a network for 8 × 8 grey pixels, with an evaluation and a temperature. */
const request: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 8, trainSamples: 64, testSamples: 32, validationSamples: 32 },
  batchSize: 32,
  epochs: 1,
};

/** Trains two versions of the models `fuzzed` and `removable`, and labels the first of `fuzzed`. Returns the id of the last job. */
async function trainModels(dataDir: string): Promise<string> {
  const service = await startTrainyard(dataDir, { LOG_LEVEL: 'error' });
  try {
    const requests = ['fuzzed', 'removable'].flatMap((name) => [0, 1].map((seed) => ({ ...request, name, seed })));
    const jobs = await Promise.all(requests.map((each) => submit(service.address, each)));
    await Promise.all(jobs.map(({ id }) => waitForFrame(service.address, id, 'end')));
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ version: 1 });
    await call(`${service.address}/models/fuzzed/labels/stable`, { method: 'PUT', headers, body });
    return jobs.at(-1)?.id ?? '';
  } finally {
    await service.close();
  }
}

/** Starts the service. Its trainers only pretend to train, since the random jobs would take hours. */
export async function startFuzzedService(dataDir: string) {
  const jobId = await trainModels(dataDir);
  const redis = await openEmbeddedRedis({
    binary: join(root, '.runtime/valkey/valkey-server'),
    folder: join(dataDir, 'redis'),
    logger,
  });
  const worker = fork(join(root, 'test/fixtures/worker.js'), [redis.url, join(dataDir, 'trained')]);
  const api = await startService({
    name: 'api',
    entry: pathToFileURL(join(root, 'dist/server.js')),
    env: childEnvironment({
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: dataDir,
      DATASETS_DIR: loadConfig().datasetsDir,
      REDIS_URL: redis.url,
      LOG_LEVEL: 'error',
      PREDICT_TIMEOUT_MS: '5000',
      IMPORT_DIR: join(dataDir, 'models/fuzzed/1'),
    }),
    logger,
    signal: new AbortController().signal,
  });
  return {
    address: String(api.ready['address']),
    jobId,
    async close(): Promise<void> {
      await api.close(STOP_MS);
      const gone = once(worker, 'exit');
      worker.kill('SIGKILL');
      await gone;
      await redis.close();
    },
  };
}
