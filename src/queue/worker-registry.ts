/** Live workers: each sends heartbeats, and is removed when they stop. */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { WorkerInfo } from '../contracts/service/live-worker.js';
import { TrainyardError } from '../errors/errors.js';
import {
  execute,
  keys,
  onRedis,
  type Redis,
  type ReportCorruptRecord,
  readOrReport,
  requireValid,
} from '../events/index.js';

/** A worker without a heartbeat for this long is removed. */
const TTL_SECONDS = 15;

/** Accepts more fields, because workers of a newer version may send them. */
const schema = Compile(Type.Object(WorkerInfo.properties));

export type Workers = ReturnType<typeof createWorkers>;

/** `report` is called for entries that are not workers. */
export function createWorkers(redis: Redis, report?: ReportCorruptRecord) {
  function infoOf(value: string | null): WorkerInfo | undefined {
    if (value === null) return undefined;
    const what = `The worker entry ${value.slice(0, 80)}`;
    return readOrReport(what, () => requireValid(schema, JSON.parse(value)), report);
  }

  async function list(): Promise<WorkerInfo[]> {
    const names = (await onRedis(() => redis.smembers(keys.workers))).sort();
    if (names.length === 0) return [];
    const values = await onRedis(() => redis.mget(names.map(keys.worker)));
    const gone = names.filter((_, index) => values[index] === null);
    if (gone.length > 0) await onRedis(() => redis.srem(keys.workers, ...gone));
    return values.map(infoOf).filter((worker) => worker !== undefined);
  }

  return {
    /** Returns the workers with a heartbeat in the last 15 seconds, sorted by host and process id. */
    list,

    async heartbeat(worker: Omit<WorkerInfo, 'seenAt'>): Promise<void> {
      const value = JSON.stringify({ ...worker, seenAt: new Date().toISOString() } satisfies WorkerInfo);
      const name = nameOf(worker);
      await execute(redis.multi().sadd(keys.workers, name).set(keys.worker(name), value, 'EX', TTL_SECONDS));
    },

    /** Removes a worker that stops. */
    async remove(worker: Pick<WorkerInfo, 'host' | 'pid'>): Promise<void> {
      const name = nameOf(worker);
      await execute(redis.multi().srem(keys.workers, name).del(keys.worker(name)));
    },

    /** Resolves with a fault of this host: it has no live worker, or one that takes no jobs. Undefined if there is none. */
    async faultOn(host: string): Promise<string | undefined> {
      const own = (await list()).filter((worker) => worker.host === host);
      if (own.length === 0) return `No worker of ${host} has sent a heartbeat in the last ${TTL_SECONDS} seconds.`;
      return own.find(({ fault }) => fault !== undefined)?.fault;
    },

    /**
     * Throws `worker_unfit` if there are workers and none of them takes jobs. Resolves with the faults of some workers, if others are
     * fit. Does not throw without Redis: then the workers are unknown, which is not their fault.
     */
    async requireFit(): Promise<string | undefined> {
      const all = await list().catch((error: unknown) => {
        if (error instanceof TrainyardError && error.code === 'redis_unavailable') return undefined;
        throw error;
      });
      if (all === undefined) return 'The workers are unknown while Redis is away.';
      const faults = all.flatMap(({ host, pid, fault }) => (fault === undefined ? [] : [`${host}:${pid}: ${fault}`]));
      if (faults.length === 0) return undefined;
      const sentence = `${faults.length} of ${all.length} workers take no jobs. ${faults.join(' ')}`;
      if (faults.length === all.length) throw new TrainyardError('worker_unfit', sentence);
      return sentence;
    },
  };
}

/** Includes the process id, because several workers can run on one host. */
const nameOf = ({ host, pid }: Pick<WorkerInfo, 'host' | 'pid'>): string => `${host}:${pid}`;
