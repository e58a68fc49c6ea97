/** The log of deliveries: a Redis stream per job, the newest lines of it. It goes with the job's record. */
import type { DeliveryPage, WebhookDelivery } from '../contracts/jobs/webhook.js';
import { keys, MEASURE, onRedis, PREFIX, type Redis, type ReportCorruptRecord, readOrReport } from '../events/index.js';

/** Lines kept of one job. */
const LINES = 1_000;

/** ARGV: prefix, id, line. Of a job that was removed nothing is kept. */
const NOTE = `${MEASURE}
local prefix, id, line = unpack(ARGV)
local job = prefix .. 'job:' .. id
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('XADD', prefix .. 'deliveries:' .. id, 'MAXLEN', '=', ${LINES}, '*', 'delivery', line)
if redis.call('HEXISTS', job, 'bytes') == 1 then measure(prefix, id) end
return 1
`;

type Scripts = Redis & { trainyardNote(...args: string[]): Promise<number> };

export type DeliveryLog = ReturnType<typeof createDeliveryLog>;

export function createDeliveryLog(redis: Redis, report?: ReportCorruptRecord) {
  redis.defineCommand('trainyardNote', { numberOfKeys: 0, lua: NOTE });
  const scripts = redis as Scripts;

  return {
    async note(jobId: string, delivery: Omit<WebhookDelivery, 'id'>): Promise<void> {
      await onRedis(() => scripts.trainyardNote(PREFIX, jobId, JSON.stringify(delivery)));
    },

    /** Newest first; `cursor` is the `nextCursor` of the page before. */
    async list(jobId: string, limit: number, cursor?: string): Promise<DeliveryPage> {
      const from = cursor === undefined ? '+' : `(${cursor}`;
      const entries = await onRedis(() => redis.xrevrange(keys.deliveries(jobId), from, '-', 'COUNT', limit + 1));
      const deliveries = entries.slice(0, limit).flatMap(([id, [, text = '{}']]) => {
        const line = readOrReport(
          `A delivery of job ${jobId}`,
          () => JSON.parse(text) as Omit<WebhookDelivery, 'id'>,
          report,
        );
        return line === undefined ? [] : [{ id, ...line }];
      });
      const last = entries.slice(0, limit).at(-1);
      return { deliveries, ...(entries.length > limit && last !== undefined && { nextCursor: last[0] }) };
    },
  };
}
