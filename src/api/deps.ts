/** Dependencies of the API. `server.ts` creates them; each route plugin picks the ones it uses. */
import type { FastifyBaseLogger } from 'fastify';
import type { Access, ProjectRegistry } from '../access/index.js';
import type { WebhookRequest } from '../contracts/jobs/webhook.js';
import type { Setting } from '../contracts/service/setting.js';
import type { Datasets } from '../datasets/dataset-service.js';
import type { EventReader } from '../events/index.js';
import type { Exports, Imports } from '../exports/index.js';
import type { Classifier } from '../inference/classifier.js';
import type { DatasetEvaluations } from '../inference/evaluations-on-data.js';
import type { PredictorPool } from '../inference/predictor-pool.js';
import type { Resolver } from '../inference/resolver.js';
import type { Evaluations } from '../inference/stored-evaluations.js';
import type { BuildQueue } from '../processes/builder-process.js';
import type { Estimates, EvaluationJobs, Pauses, ProjectJobs, Workers } from '../queue/index.js';
import type { ModelStore } from '../store/index.js';
import type { StartingPoints } from '../store/starting-points.js';
import type { UsedSpace } from '../store/used-space.js';
import type { DeliveryLog } from '../webhooks/index.js';
import type { Identify } from './access/route-scopes.js';
import type { BodyPace } from './http/slow-body.js';
import type { UploadLimits } from './http/upload-limits.js';
import type { ReadinessCheck } from './readiness.js';
import type { ReaderLimits } from './streams/slow-reader.js';
import type { StreamLimits } from './streams/stream-limit.js';

export type Webhooks = Readonly<{
  /** Yields the invalid fields of a webhook, each with a message. */
  check(webhook: WebhookRequest): Iterable<Readonly<{ field: string; message: string }>>;
  deliveries: DeliveryLog['list'];
}>;

/** What a request sees of the service: everything of its project, and nothing of other projects. */
export type ProjectParts = Readonly<{
  name: string;
  jobs: ProjectJobs;
  pauses: Pauses;
  /** Resolves model references. */
  resolver: Pick<Resolver, 'resolve'>;
  store: Pick<
    ModelStore,
    | 'get'
    | 'list'
    | 'page'
    | 'describe'
    | 'versions'
    | 'models'
    | 'names'
    | 'inspect'
    | 'remove'
    | 'labels'
    | 'nameFault'
    | 'holds'
  >;
  evaluations: Evaluations;
  /** Evaluations on data sets in the queue. */
  evaluationJobs: Pick<EvaluationJobs, 'submit' | 'find' | 'list' | 'isDeleted' | 'delete'>;
  /** Stored evaluations on data sets. */
  datasetEvaluations: DatasetEvaluations;
  exports: Pick<Exports, 'open'>;
  imports: Imports;
  classifier: Classifier;
  datasets: Pick<
    Datasets,
    | 'find'
    | 'images'
    | 'imports'
    | 'list'
    | 'splits'
    | 'leftOut'
    | 'begin'
    | 'fetch'
    | 'checkSource'
    | 'remove'
    | 'verify'
  >;
  storage: UsedSpace;
}>;

/** Projects of the service. */
export type Projects = Pick<ProjectRegistry, 'list' | 'create' | 'require'> &
  Readonly<{
    /** Returns what requests of a project see. Throws `project_not_found`. */
    open(name: string): Promise<ProjectParts>;
  }>;

/** The parts of the project `default`, and what all projects share. */
export type AppDeps = Omit<ProjectParts, 'name'> &
  Readonly<{
    logger: FastifyBaseLogger;
    /** Default: there is no project but `default`. */
    projects?: Projects;
    workers: Pick<Workers, 'list'>;
    estimates: Estimates;
    events: EventReader;
    /** Checkpoints that jobs can start from, and the files linked for jobs that do. */
    starts: StartingPoints;
    predictor: Pick<PredictorPool, 'ready' | 'statistics' | 'waitingImages' | 'loadedModels' | 'stateOf' | 'unload'>;
    /** Builds networks and training graphs in the builder process. */
    builds: Pick<BuildQueue, 'run' | 'graphsBuilt'>;
    /** Largest archive of a data set import, in bytes. */
    maxDatasetBytes: number;
    webhooks: Webhooks;
    settings: readonly Setting[];
    checks: readonly ReadinessCheck[];
    /** Throws `insufficient_storage` if the disk is nearly full. Default: never throws. */
    requireSpace?: () => Promise<void>;
    /** Buffer size and stall time for clients that read a stream slowly. Default `READER_LIMITS`. */
    readerLimits?: ReaderLimits;
    /** Maximum number of open streams, per client and in total. Default `STREAM_LIMITS`. */
    streamLimits?: StreamLimits;
    /** Origins whose pages may call the API besides the service's own pages. Default none. */
    allowedOrigins?: readonly string[];
    /** Keys, sessions and the audit log. Undefined: the service does not authenticate. */
    access?: Access;
    /** Identifies the sender of a request. Default: by `access`; without it anyone, who has all scopes. */
    identify?: Identify;
    /** Maximum number of concurrent uploads. Default `UPLOAD_LIMITS`. */
    uploadLimits?: UploadLimits;
    /** Slowest rate at which request bodies may arrive. Default `BODY_PACE`. */
    bodyPace?: Partial<BodyPace>;
    /** Largest body of a prediction request, in bytes. */
    maxBodyBytes: number;
    /** Largest weights file of a model import, in bytes. */
    maxImportBytes: number;
    /** Memory that the bodies of all prediction requests may take together, in bytes. */
    maxBodiesBytes: number;
    /** Deadline of a prediction request, in ms from its arrival. */
    predictTimeoutMs: number;
  }>;
