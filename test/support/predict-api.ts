/** HTTP API with a real predictor process, for tests of predictions. It has no queue unless `jobs` is given. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildApp } from '../../src/api/app.js';
import type { AppDeps } from '../../src/api/deps.js';
import { createFileExchange } from '../../src/exports/index.js';
import { createClassifier } from '../../src/inference/classifier.js';
import { createPredictorPool } from '../../src/inference/predictor-pool.js';
import { createEvaluations } from '../../src/inference/stored-evaluations.js';
import { createBuildQueue } from '../../src/processes/builder-process.js';
import { createConverter } from '../../src/processes/converter-process.js';
import { openModelStore } from '../../src/store/index.js';
import { captureLog } from './capture-log.js';
import { resolverOf } from './models.js';
import { weightsSources } from './weights-sources.js';

const predictorUrl = pathToFileURL(join(import.meta.dirname, '../../dist/predictor.js'));
const converterUrl = pathToFileURL(join(import.meta.dirname, '../../dist/converter.js'));

type Options = Readonly<{
  limits?: Partial<Pick<AppDeps, 'maxBodyBytes' | 'maxBodiesBytes' | 'predictTimeoutMs' | 'bodyPace'>>;
  predictor?: Partial<Parameters<typeof createPredictorPool>[0]>;
  converter?: Partial<Parameters<typeof createConverter>[0]>;
  jobs?: AppDeps['jobs'];
  findJob?: Parameters<typeof resolverOf>[1];
  testDigest?: Parameters<typeof createEvaluations>[1];
  sources?: Parameters<typeof weightsSources>[1];
}>;

export type PredictApi = Awaited<ReturnType<typeof openPredictApi>>;

export async function openPredictApi({
  limits,
  predictor: options,
  converter: conversions,
  jobs,
  findJob,
  testDigest,
  sources,
}: Options = {}) {
  const log = captureLog();
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-predict-'));
  const store = await openModelStore(folder);
  const predictor = createPredictorPool({ logger: log.logger, predictorUrl, ...options });
  const converter = createConverter({ logger: log.logger, converterUrl, ...conversions });
  const app = await buildApp({
    logger: log.logger,
    jobs,
    builds: createBuildQueue({ logger: log.logger }),
    store,
    predictor,
    evaluations: createEvaluations(store, testDigest),
    ...createFileExchange({ store, sources: weightsSources(folder, sources), converter, modelsDir: folder }),
    classifier: createClassifier({ resolver: resolverOf(store, findJob), predictor }),
    checks: [
      {
        name: 'predictor',
        for: ['predict'],
        run: async () => {
          if (!predictor.ready()) throw new Error('The predictor is not ready.');
        },
      },
    ],
    maxBodyBytes: 4 * 2 ** 20,
    maxImportBytes: 2 ** 22,
    maxBodiesBytes: 2 ** 28,
    predictTimeoutMs: 30_000,
    ...limits,
  } as unknown as AppDeps);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const { predictorPid } = await log.line('predictor ready');
  return {
    app,
    address,
    folder,
    store,
    log,
    predictorPid: Number(predictorPid),
    batches: () => log.lines.filter(({ msg }) => msg === 'batch sent').map(({ images }) => images),
    async close(): Promise<void> {
      await app.close();
      await predictor.close();
      await converter.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
