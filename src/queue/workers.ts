/** The workers that live: each shows itself now and then, and is forgotten when it has not for a while. */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { WorkerInfo } from '../contracts/service/worker.js';
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

/** A worker that has not shown itself for so long is gone. */
const TTL_SECONDS = 15;

/** Workers of a newer version may say more. */
const schema = Compile(Type.Object(WorkerInfo.properties));

export type Workers = ReturnType<typeof createWorkers>;

/** `report` is told of what is no worker. */
export function createWorkers(redis: Redis, report?: ReportCorruptRecord) {
  /** Several workers can run on one host. */
  const nameOf = ({ host, pid }: Pick<WorkerInfo, 'host' | 'pid'>): string => `${host}:${pid}`;

  function infoOf(value: string | null): WorkerInfo | undefined {
    if (value === null) return undefined;
    return readOrReport(
      `A worker that says ${value.slice(0, 80)}`,
      () => requireValid(schema, JSON.parse(value)),
      report,
    );
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
    /** Those that have shown themselves in the last 15 seconds, by host and process. */
    list,

    /** Shows that this worker lives. */
    async heartbeat(worker: Omit<WorkerInfo, 'seenAt'>): Promise<void> {
      const value = JSON.stringify({ ...worker, seenAt: new Date().toISOString() } satisfies WorkerInfo);
      const name = nameOf(worker);
      await execute(redis.multi().sadd(keys.workers, name).set(keys.worker(name), value, 'EX', TTL_SECONDS));
    },

    /** Takes a worker that stops off the list. */
    async remove(worker: Pick<WorkerInfo, 'host' | 'pid'>): Promise<void> {
      const name = nameOf(worker);
      await execute(redis.multi().srem(keys.workers, name).del(keys.worker(name)));
    },

    /** Resolves with what is wrong on this host: no live worker, or one that takes no jobs; undefined if all is well. */
    async faultOn(host: string): Promise<string | undefined> {
      const own = (await list()).filter((worker) => worker.host === host);
      if (own.length === 0) return `No worker of ${host} has shown itself in the last ${TTL_SECONDS} seconds.`;
      return own.find(({ fault }) => fault !== undefined)?.fault;
    },

    /**
     * Throws `worker_unfit` if there are workers and none of them takes jobs. Resolves with the faults of the others. Without Redis
     * the workers are not known, which is no fault of theirs.
     */
    async requireFit(): Promise<string | undefined> {
      const all = await list().catch((error: unknown) => {
        if (error instanceof TrainyardError && error.code === 'redis_unavailable') return undefined;
        throw error;
      });
      if (all === undefined) return 'The workers are not known while Redis is away.';
      const faults = all.flatMap(({ host, pid, fault }) => (fault === undefined ? [] : [`${host}:${pid}: ${fault}`]));
      if (faults.length === 0) return undefined;
      const sentence = `${faults.length} of ${all.length} workers take no jobs. ${faults.join(' ')}`;
      if (faults.length === all.length) throw new TrainyardError('worker_unfit', sentence);
      return sentence;
    },
  };
}
