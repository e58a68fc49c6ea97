/** Client of trainyard for Node.js, browsers, Deno and Bun. It has no dependencies. */
import { Access } from './access-client.js';
import { resolveSettings, type TrainyardOptions } from './client-settings.js';
import { Datasets } from './datasets-client.js';
import { Evaluations } from './evaluations-client.js';
import { Jobs } from './jobs-client.js';
import { Models } from './models-client.js';
import { Networks, Service, Workers } from './operation-client.js';
import { createTransport } from './transport.js';

export type { Access } from './access-client.js';
export type { ArchiveAddress, ArchiveInput, OnProgress } from './archive-input.js';
export {
  ConnectionError,
  isTrainyardError,
  TimeoutError,
  TrainyardError,
  type WrongField,
} from './client-errors.js';
export type { TrainyardOptions } from './client-settings.js';
export type * from './client-types.js';
export type { Datasets, ImportOptions } from './datasets-client.js';
export {
  type EvaluationName,
  type Evaluations,
  type EvaluationWaitOptions,
  waitForEvaluation,
} from './evaluations-client.js';
export type { ImageInput, ImportSamples } from './image-input.js';
export { type FollowOptions, positionOf } from './job-frames.js';
export type { Jobs, SubmitOptions, WaitOptions } from './jobs-client.js';
export type { Listing } from './listing.js';
export type {
  DrawMapOptions,
  ExportOptions,
  ModelExport,
  ModelImportOptions,
  Models,
  PredictOptions,
  WeightsInput,
} from './models-client.js';
export type { Networks, Service, Workers } from './operation-client.js';
export type { components, operations, paths } from './schema.js';
export type { FollowAllOptions, FollowNewOptions, StreamMessage } from './several-jobs.js';
export { verifyWebhook, WebhookError, type WebhookInput } from './verify-webhook.js';

/** A client of one service. Every method takes a `signal`, and rejects with the signal's reason as soon as it aborts. */
export class Trainyard {
  /** Address of the service. */
  readonly url: string;
  readonly jobs: Jobs;
  readonly models: Models;
  readonly evaluations: Evaluations;
  readonly datasets: Datasets;
  readonly networks: Networks;
  readonly workers: Workers;
  readonly service: Service;
  readonly access: Access;

  constructor(options: TrainyardOptions = {}) {
    const transport = createTransport(resolveSettings(options));
    this.url = transport.settings.url;
    this.jobs = new Jobs(transport);
    this.models = new Models(transport);
    this.evaluations = new Evaluations(transport);
    this.datasets = new Datasets(transport);
    this.networks = new Networks(transport);
    this.workers = new Workers(transport);
    this.service = new Service(transport);
    this.access = new Access(transport);
  }
}
