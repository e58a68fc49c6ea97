/** Calls about the service itself: networks, workers and health. */
import type { Answer, CallOptions, NetworkInfo, NetworkSummary, Query, Readiness, WorkerInfo } from './client-types.js';
import { json, pathOf, type Transport } from './transport.js';

export type Networks = ReturnType<typeof createNetworks>;

export function createNetworks({ request }: Transport) {
  return {
    /** Lists the networks, with their variants and the schema of their options. */
    list: async (options: CallOptions = {}): Promise<NetworkInfo[]> =>
      (await request({ ...options, path: '/networks', read: json<Answer<'listNetworks'>> })).networks,

    /** Returns layers, output shapes, parameters, and the memory that training needs. */
    summary: (name: string, { signal, timeoutMs, ...query }: Query<'summarizeNetwork'> & CallOptions = {}) =>
      request({ signal, timeoutMs, path: pathOf`/networks/${name}/summary`, query, read: json<NetworkSummary> }),
  };
}

export type Workers = ReturnType<typeof createWorkers>;

export function createWorkers({ request }: Transport) {
  return {
    /** Lists the live workers. */
    list: async (options: CallOptions = {}): Promise<WorkerInfo[]> =>
      (await request({ ...options, path: '/workers', read: json<Answer<'listWorkers'>> })).workers,
  };
}

export type Service = ReturnType<typeof createService>;

export function createService({ request }: Transport) {
  return {
    /** Returns whether the service is ready, and every check. A service that is not ready is an answer too, not an error. */
    ready: ({ signal, timeoutMs, ...query }: Query<'getReadiness'> & CallOptions = {}): Promise<Readiness> =>
      request({ signal, timeoutMs, path: '/readyz', query, accept: [503], read: json<Readiness> }),
  };
}
