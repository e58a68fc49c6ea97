/** What the API is built from: `server.ts` makes these, routes take what they need of them. */
import type { FastifyBaseLogger } from 'fastify';
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import type { Datasets } from '../datasets/dataset-service.js';
import type { EventReader } from '../events/index.js';
import type { Exports, Imports } from '../exports/index.js';
import type { Classifier } from '../inference/classifier.js';
import type { PredictorPool } from '../inference/predictor-pool.js';
import type { Resolver } from '../inference/resolver.js';
import type { Evaluations } from '../inference/stored-evaluations.js';
import type { BuildQueue } from '../processes/builder-process.js';
import type { Estimates, Jobs, Pauses, Workers } from '../queue/index.js';
import type { ModelStore } from '../store/index.js';
import type { StartingPoints } from '../store/starting-points.js';
import type { DeliveryLog } from '../webhooks/index.js';
import type { BodyPace } from './http/slow-body.js';
import type { UploadLimits } from './http/upload-limits.js';
import type { ReadinessCheck } from './readiness.js';
import type { ReaderLimits } from './streams/slow-reader.js';
import type { StreamLimits } from './streams/stream-limit.js';

export type Webhooks = Readonly<{
  /** The fields of a webhook that cannot be, each with a sentence. */
  check(webhook: WebhookRequest): Iterable<Readonly<{ field: string; message: string }>>;
  deliveries: DeliveryLog['list'];
}>;

export type AppDeps = Readonly<{
  logger: FastifyBaseLogger;
  jobs: Jobs;
  pauses: Pauses;
  workers: Pick<Workers, 'list'>;
  estimates: Estimates;
  events: EventReader;
  /** What a reference means. */
  resolver: Pick<Resolver, 'resolve'>;
  /** What jobs can start from, and what they keep of it. */
  starts: StartingPoints;
  store: Pick<
    ModelStore,
    'get' | 'page' | 'describe' | 'versions' | 'models' | 'names' | 'inspect' | 'remove' | 'labels'
  >;
  evaluations: Evaluations;
  exports: Pick<Exports, 'open'>;
  imports: Imports;
  classifier: Classifier;
  predictor: Pick<PredictorPool, 'ready' | 'statistics' | 'waitingImages' | 'loadedModels' | 'stateOf' | 'unload'>;
  /** Networks and training graphs, built by a process of its own. */
  builds: Pick<BuildQueue, 'run'>;
  datasets: Pick<Datasets, 'find' | 'list' | 'leftOut' | 'create' | 'remove' | 'verify'>;
  /** Largest archive of images that is imported, in bytes. */
  maxDatasetBytes: number;
  webhooks: Webhooks;
  checks: readonly ReadinessCheck[];
  /** Throws `insufficient_storage` on a disk that is nearly full. Default: there is space. */
  requireSpace?: () => Promise<void>;
  /** What is kept for a client that reads its stream slowly, and how long. Default `READER_LIMITS`. */
  readerLimits?: ReaderLimits;
  /** Streams that may be open at the same time. Default `STREAM_LIMITS`. */
  streamLimits?: StreamLimits;
  /** Pages of these origins may read answers, change things and open streams, beside those of this service. Default none. */
  allowedOrigins?: readonly string[];
  /** Uploads at once. Default `UPLOAD_LIMITS`. */
  uploadLimits?: UploadLimits;
  /** How fast bodies must come. Default `BODY_PACE`. */
  bodyPace?: Partial<BodyPace>;
  /** Largest body of a prediction, in bytes. */
  maxBodyBytes: number;
  /** Largest weights file that is imported, in bytes. */
  maxImportBytes: number;
  /** What bodies of predictions may need of memory at once, in bytes. */
  maxBodiesBytes: number;
  /** From a prediction's arrival to its answer, in ms. */
  predictTimeoutMs: number;
}>;
