/** Log of deliveries: a Redis stream per job with its newest lines. Retention removes it with the job. */
import type { DeliveryPage, WebhookDelivery } from '../contracts/jobs/webhook.js';
import { keys, MEASURE, onRedis, PREFIX, type Redis, type ReportCorruptRecord, readOrReport } from '../events/index.js';

/** Lines per job. */
const LINES = 1_000;

/** ARGV: prefix, id, line. Adds nothing if the job was removed. */
const NOTE = `${MEASURE}
local prefix, id, line = unpack(ARGV)
local job = prefix .. 'job:' .. id
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('XADD', prefix .. 'deliveries:' .. id, 'MAXLEN', '=', ${LINES}, '*', 'delivery', line)
if redis.call('HEXISTS', job, 'bytes') == 1 then measure(prefix, id) end
return 1
`;

type Scripts = Redis & { trainyardNote(...args: string[]): Promise<number> };
type DeliveryLine = Omit<WebhookDelivery, 'id'>;

export type DeliveryLog = ReturnType<typeof createDeliveryLog>;

export function createDeliveryLog(redis: Redis, report?: ReportCorruptRecord) {
  redis.defineCommand('trainyardNote', { numberOfKeys: 0, lua: NOTE });
  const scripts = redis as Scripts;

  return {
    async note(jobId: string, line: DeliveryLine): Promise<void> {
      await onRedis(() => scripts.trainyardNote(PREFIX, jobId, JSON.stringify(line)));
    },

    /** Returns a page, newest first. `cursor` is the `nextCursor` of the page before. */
    async list(jobId: string, limit: number, cursor?: string): Promise<DeliveryPage> {
      const from = cursor === undefined ? '+' : `(${cursor}`;
      const entries = await onRedis(() => redis.xrevrange(keys.deliveries(jobId), from, '-', 'COUNT', limit + 1));
      const page = entries.slice(0, limit);
      const deliveries = page.flatMap(([id, [, text = '{}']]) => {
        const line = readOrReport(`A delivery of job ${jobId}`, () => JSON.parse(text) as DeliveryLine, report);
        return line === undefined ? [] : [{ id, ...line }];
      });
      const last = page.at(-1);
      return { deliveries, ...(entries.length > limit && last !== undefined && { nextCursor: last[0] }) };
    },
  };
}
