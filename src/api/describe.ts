/** The text of openapi.yaml, from an app that serves nobody: its routes are registered and never called. */
import { pino } from 'pino';
import { buildApp } from './app.js';
import type { AppDeps } from './deps.js';

/** Stands where a part would be that describing the API does not touch. */
const untouched = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`Describing the API needs no ${String(name)}.`);
    },
  },
);

export async function describeApi(): Promise<string> {
  const app = await buildApp({
    logger: pino({ level: 'silent' }),
    jobs: untouched as AppDeps['jobs'],
    pauses: untouched as AppDeps['pauses'],
    workers: untouched as AppDeps['workers'],
    estimates: untouched as AppDeps['estimates'],
    events: untouched as AppDeps['events'],
    store: untouched as AppDeps['store'],
    starts: untouched as AppDeps['starts'],
    resolver: untouched as AppDeps['resolver'],
    evaluations: untouched as AppDeps['evaluations'],
    exports: untouched as AppDeps['exports'],
    imports: untouched as AppDeps['imports'],
    classifier: untouched as AppDeps['classifier'],
    predictor: untouched as AppDeps['predictor'],
    builds: untouched as AppDeps['builds'],
    datasets: untouched as AppDeps['datasets'],
    webhooks: untouched as AppDeps['webhooks'],
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
