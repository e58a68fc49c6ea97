/** Calls about the service itself: networks, workers and health. */
import type {
  Answer,
  CallOptions,
  NetworkInfo,
  NetworkSummary,
  Query,
  Readiness,
  ServiceIndex,
  Setting,
  StorageUse,
  WorkerInfo,
} from './client-types.js';
import { nothing, pathOf, type Transport } from './transport.js';

export class Networks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists the networks, with their variants and the schema of their options. */
  async list(options: CallOptions = {}): Promise<NetworkInfo[]> {
    return (await this.#transport.request<Answer<'listNetworks'>>('/networks', options)).networks;
  }

  /** Returns layers, output shapes, parameters, and the memory that training needs. */
  summary(name: string, options: Query<'summarizeNetwork'> & CallOptions = {}): Promise<NetworkSummary> {
    return this.#transport.request(pathOf`/networks/${name}/summary`, options);
  }
}

export class Workers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists the live workers. */
  async list(options: CallOptions = {}): Promise<WorkerInfo[]> {
    return (await this.#transport.request<Answer<'listWorkers'>>('/workers', options)).workers;
  }
}

export class Service {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Returns whether the service is ready, and every check. A service that is not ready is an answer too, not an error. */
  ready(options: Query<'getReadiness'> & CallOptions = {}): Promise<Readiness> {
    return this.#transport.request('/readyz', options, { allow: 503 });
  }

  /** Returns the disk space by kind, with the largest models, checkpoints and data sets. */
  storage(options: CallOptions = {}): Promise<StorageUse> {
    return this.#transport.request('/storage', options);
  }

  /** Deletes the checkpoints of a job that has ended, or that the service no longer knows. */
  removeCheckpoints(job: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(pathOf`/storage/checkpoints/${job}`, options, {
      method: 'DELETE',
      read: nothing,
      retry: true,
    });
  }

  /** Deletes the TensorBoard event files of a job that has ended, or that the service no longer knows. */
  removeEventFiles(job: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(pathOf`/storage/tensorboard/${job}`, options, {
      method: 'DELETE',
      read: nothing,
      retry: true,
    });
  }

  /** Lists the settings of the API process. Secrets have no value. */
  async settings(options: CallOptions = {}): Promise<Setting[]> {
    return (await this.#transport.request<Answer<'listSettings'>>('/settings', options)).settings;
  }

  /** Returns the version and the links of the service. */
  index(options: CallOptions = {}): Promise<ServiceIndex> {
    return this.#transport.request('/', options);
  }

  /** Returns the version of the service. */
  async version(options: CallOptions = {}): Promise<string> {
    return (await this.#transport.request<{ version: string }>('/v2', options)).version;
  }
}
