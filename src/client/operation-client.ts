/** Calls about the service itself: networks, workers and health. */
import type { Answer, CallOptions, NetworkInfo, NetworkSummary, Query, Readiness, WorkerInfo } from './client-types.js';
import { json, pathOf, type Transport } from './transport.js';

export class Networks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists the networks, with their variants and the schema of their options. */
  async list(options: CallOptions = {}): Promise<NetworkInfo[]> {
    const read = json<Answer<'listNetworks'>>;
    return (await this.#transport.request({ ...options, path: '/networks', read })).networks;
  }

  /** Returns layers, output shapes, parameters, and the memory that training needs. */
  summary(name: string, options: Query<'summarizeNetwork'> & CallOptions = {}): Promise<NetworkSummary> {
    const { signal, timeoutMs, ...query } = options;
    return this.#transport.request({ signal, timeoutMs, path: pathOf`/networks/${name}/summary`, query });
  }
}

export class Workers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists the live workers. */
  async list(options: CallOptions = {}): Promise<WorkerInfo[]> {
    const read = json<Answer<'listWorkers'>>;
    return (await this.#transport.request({ ...options, path: '/workers', read })).workers;
  }
}

export class Service {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Returns whether the service is ready, and every check. A service that is not ready is an answer too, not an error. */
  ready(options: Query<'getReadiness'> & CallOptions = {}): Promise<Readiness> {
    const { signal, timeoutMs, ...query } = options;
    return this.#transport.request({ signal, timeoutMs, path: '/readyz', query, accept: [503] });
  }

  /** Returns the version of the service. */
  async version(options: CallOptions = {}): Promise<string> {
    return (await this.#transport.request<{ version: string }>({ ...options, path: '/v2' })).version;
  }
}
