/** What the API is built from: `server.ts` makes these, routes take what they need of them. */
import type { FastifyBaseLogger } from 'fastify';
import type { DatasetName } from '../contracts/job.js';
import type { Architecture, DatasetInfo, NetworkInfo, NetworkSummary } from '../contracts/network.js';
import type { EventReader } from '../events/index.js';
import type { Classifier } from '../inference/classifier.js';
import type { Jobs } from '../queue/index.js';
import type { ModelStore } from '../store/index.js';
import type { ReadinessCheck } from './readiness.js';

export type Networks = Readonly<{
  describe: () => readonly NetworkInfo[];
  summarize: (
    architecture: Architecture,
    input: Readonly<{ channels: number; height: number; width: number }>,
    classes: number,
  ) => NetworkSummary;
}>;

export type AppDeps = Readonly<{
  logger: FastifyBaseLogger;
  jobs: Jobs;
  events: EventReader;
  store: Pick<ModelStore, 'get' | 'list'>;
  classifier: Classifier;
  networks: Networks;
  datasets: Readonly<{ infos: Readonly<Record<DatasetName, DatasetInfo>> }>;
  checks: readonly ReadinessCheck[];
  /** Largest body in bytes where a route sets no limit of its own. */
  maxBodyBytes: number;
}>;
