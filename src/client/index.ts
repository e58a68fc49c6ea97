/** Client of trainyard for Node.js, browsers, Deno and Bun. It has no dependencies. */
import { resolveSettings, type TrainyardOptions } from './client-settings.js';
import { createDatasets, type Datasets } from './datasets-client.js';
import { createJobs, type Jobs } from './jobs-client.js';
import { createModels, type Models } from './models-client.js';
import {
  createNetworks,
  createService,
  createWorkers,
  type Networks,
  type Service,
  type Workers,
} from './service-client.js';
import { createTransport } from './transport.js';

export {
  ConnectionError,
  isTrainyardError,
  TimeoutError,
  TrainyardError,
  type WrongField,
} from './client-errors.js';
export type { TrainyardOptions } from './client-settings.js';
export type * from './client-types.js';
export type { ArchiveInput, Datasets, ImportOptions } from './datasets-client.js';
export { type FollowOptions, positionOf } from './follow-job.js';
export type { ImageInput } from './image-input.js';
export type { Jobs, SubmitOptions, WaitOptions } from './jobs-client.js';
export type { Listing } from './listing.js';
export type { Models, PredictOptions } from './models-client.js';
export type { components, operations, paths } from './schema.js';
export type { Networks, Service, Workers } from './service-client.js';

/** A client of one service. Every method takes a `signal`, and rejects with the signal's reason as soon as it aborts. */
export class Trainyard {
  /** Address of the service. */
  readonly url: string;
  readonly jobs: Jobs;
  readonly models: Models;
  readonly datasets: Datasets;
  readonly networks: Networks;
  readonly workers: Workers;
  readonly service: Service;

  constructor(options: TrainyardOptions = {}) {
    const transport = createTransport(resolveSettings(options));
    this.url = transport.settings.url;
    this.jobs = createJobs(transport);
    this.models = createModels(transport);
    this.datasets = createDatasets(transport);
    this.networks = createNetworks(transport);
    this.workers = createWorkers(transport);
    this.service = createService(transport);
  }
}
