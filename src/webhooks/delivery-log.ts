/**
 * Log of deliveries: a Redis stream per job with its newest lines, which goes with the job; and a stream of all jobs that only says which job
 * has the line of an id.
 */
import type { DeliveryPage, WebhookDelivery } from '../contracts/jobs/webhook.js';
import {
  jobsOfProject,
  keys,
  MEASURE,
  onRedis,
  PREFIX,
  type Redis,
  type ReportCorruptRecord,
  readOrReport,
} from '../events/index.js';

/** Lines per job. */
const LINES = 1_000;
/** Maximum number of lines that the list of all jobs keeps. */
const ALL_LINES = 10_000;

/** ARGV: prefix, id, line. Adds nothing if the job was removed. */
const NOTE = `${MEASURE}
local prefix, id, line = unpack(ARGV)
local job = prefix .. 'job:' .. id
if redis.call('EXISTS', job) == 0 then return 0 end
local entry = redis.call('XADD', prefix .. 'deliveries', 'MAXLEN', '=', ${ALL_LINES}, '*', 'job', id)
redis.call('XADD', prefix .. 'deliveries:' .. id, 'MAXLEN', '=', ${LINES}, entry, 'delivery', line)
if redis.call('HEXISTS', job, 'bytes') == 1 then measure(prefix, id) end
return 1
`;

type Scripts = Redis & { trainyardNote(...args: string[]): Promise<number> };
export type DeliveryLine = Omit<WebhookDelivery, 'id' | 'job'>;
type StreamEntry = [id: string, fields: string[]];

type DeliveryListing = Readonly<{
  /** Default: all jobs. */
  job?: string | undefined;
  /** Project of all jobs. Default: all projects. */
  project?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}>;

export type DeliveryLog = ReturnType<typeof createDeliveryLog>;

export function createDeliveryLog(redis: Redis, report?: ReportCorruptRecord) {
  redis.defineCommand('trainyardNote', { numberOfKeys: 0, lua: NOTE });
  const scripts = redis as Scripts;

  const deliveryOf = (job: string, [id, [, text = '{}']]: StreamEntry): WebhookDelivery[] => {
    const line = readOrReport(`A delivery of job ${job}`, () => JSON.parse(text) as DeliveryLine, report);
    return line === undefined ? [] : [{ id, job, ...line }];
  };

  async function ofProject(entries: readonly StreamEntry[], project: string | undefined): Promise<StreamEntry[]> {
    const ids = [...new Set(entries.map(([, [, job = '']]) => job))];
    const own = new Set(await jobsOfProject(redis, project, ids));
    return entries.filter(([, [, job = '']]) => own.has(job));
  }

  /** Returns the deliveries of entries in the stream of all jobs. Leaves out deliveries that were removed with their job. */
  async function readEach(entries: readonly StreamEntry[]): Promise<WebhookDelivery[]> {
    const read = entries.map(async ([id, [, job = '']]) => {
      const [found] = await redis.xrange(keys.deliveries(job), id, id);
      return found === undefined ? [] : deliveryOf(job, found);
    });
    return (await Promise.all(read)).flat();
  }

  return {
    async note(jobId: string, line: DeliveryLine): Promise<void> {
      await onRedis(() => scripts.trainyardNote(PREFIX, jobId, JSON.stringify(line)));
    },

    /**
     * Returns a page of a job, or of all jobs of a project, newest first. `cursor` is the `nextCursor` of the page before. A page of all
     * jobs may have fewer than `limit` deliveries although more follow.
     */
    async list({ job: jobId, project, limit, cursor }: DeliveryListing): Promise<DeliveryPage> {
      const from = cursor === undefined ? '+' : `(${cursor}`;
      const key = jobId === undefined ? keys.allDeliveries : keys.deliveries(jobId);
      const entries = await onRedis(() => redis.xrevrange(key, from, '-', 'COUNT', limit + 1));
      const page = entries.slice(0, limit);
      const deliveries =
        jobId === undefined
          ? await onRedis(async () => readEach(await ofProject(page, project)))
          : page.flatMap((entry) => deliveryOf(jobId, entry));
      const last = page.at(-1);
      return { deliveries, ...(entries.length > limit && last !== undefined && { nextCursor: last[0] }) };
    },
  };
}
