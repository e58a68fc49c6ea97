/** Generates openapi.yaml from an app whose routes are registered but never called. */
import { pino } from 'pino';
import { buildApp } from './app.js';
import type { AppDeps } from './deps.js';

/** Placeholder for dependencies: throws if a route uses one while it is registered. */
const unused = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`The description of the API must not use ${String(name)}.`);
    },
  },
);

/** Returns the OpenAPI description as YAML. */
export async function describeApi(): Promise<string> {
  const app = await buildApp({
    logger: pino({ level: 'silent' }),
    jobs: unused as AppDeps['jobs'],
    pauses: unused as AppDeps['pauses'],
    workers: unused as AppDeps['workers'],
    estimates: unused as AppDeps['estimates'],
    events: unused as AppDeps['events'],
    store: unused as AppDeps['store'],
    starts: unused as AppDeps['starts'],
    resolver: unused as AppDeps['resolver'],
    evaluations: unused as AppDeps['evaluations'],
    evaluationJobs: unused as AppDeps['evaluationJobs'],
    datasetEvaluations: unused as AppDeps['datasetEvaluations'],
    exports: unused as AppDeps['exports'],
    imports: unused as AppDeps['imports'],
    classifier: unused as AppDeps['classifier'],
    predictor: unused as AppDeps['predictor'],
    builds: unused as AppDeps['builds'],
    datasets: unused as AppDeps['datasets'],
    webhooks: unused as AppDeps['webhooks'],
    storage: unused as AppDeps['storage'],
    settings: [],
    checks: [],
    maxBodyBytes: 1_048_576,
    maxImportBytes: 1_048_576,
    maxDatasetBytes: 1_048_576,
    maxBodiesBytes: 1_048_576,
    predictTimeoutMs: 30_000,
  });
  try {
    await app.ready();
    return app.swagger({ yaml: true });
  } finally {
    await app.close();
  }
}
