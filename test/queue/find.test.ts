/** GET /jobs over 10,000 records: each filter finds the same jobs as a scan of all records, page by page. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PROJECT } from '../../src/contracts/access/project.js';
import type { JobStatus } from '../../src/contracts/jobs/job.js';
import { indexesOf, type JobFilter } from '../../src/queue/job-index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

const JOBS = 10_000;
const CHUNK = 500;
const ENDS = ['succeeded', 'failed', 'cancelled'] as const;

type Made = Readonly<{ id: string; status: JobStatus; name: string; labels: readonly string[] }>;

let server: TestRedis;
let service: Service;
/** Job ids, oldest first. */
const made: Made[] = [];

/** The periods are coprime, so that every combination of status, name and metadata occurs. */
function design(index: number): Made {
  const status = index % 11 === 0 ? 'queued' : index % 1_009 === 0 ? 'running' : (ENDS[index % 3] ?? 'failed');
  const labels = [`team:${index % 7}`, ...(index % 2_503 === 0 ? ['rare:yes'] : [])];
  return { id: randomUUID(), status, name: `name-${index % 5}`, labels };
}

async function write({ id, status, name, labels }: Made): Promise<void> {
  const metadata = Object.fromEntries(labels.map((label) => label.split(':')));
  const at = new Date().toISOString();
  const record = { id, spec: JSON.stringify(specOf(name)), metadata: JSON.stringify(metadata), createdAt: at };
  const event = { type: 'status', status: 'queued', attempt: 0 } as const;
  const indexes = indexesOf(DEFAULT_PROJECT, name, metadata);
  const created = service.journal.create({ jobId: id, at, event, record, indexes });
  if (status !== 'queued') await service.journal.write({ jobId: id, from: ['queued'], to: status });
  await created;
}

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  for (let start = 0; start < JOBS; start += CHUNK) {
    const chunk = Array.from({ length: CHUNK }, (_, offset) => design(start + offset));
    await Promise.all(chunk.map(write));
    made.push(...chunk);
  }
}, 120_000);
afterAll(async () => {
  await service.close();
  await server.close();
});

function expected({ status, name, metadata = [] }: JobFilter): string[] {
  const statuses = status === undefined ? undefined : [status].flat();
  return made
    .filter((job) => statuses?.includes(job.status) ?? true)
    .filter((job) => name === undefined || job.name === name)
    .filter((job) => metadata.every((label) => job.labels.includes(label)))
    .map(({ id }) => id)
    .toReversed();
}

describe('a list of 10,000 jobs', () => {
  test.each<JobFilter>([
    {},
    { status: 'failed' },
    { status: ['queued', 'running'] },
    { status: ['succeeded', 'failed', 'cancelled', 'queued', 'running'] },
    { name: 'name-3' },
    { metadata: ['team:4'] },
    { metadata: ['rare:yes'] },
    { metadata: ['team:1', 'rare:yes'] },
    { status: 'running', name: 'name-2' },
    { status: ['queued', 'failed'], name: 'name-0', metadata: ['team:5'] },
    { status: ['failed', 'failed'], name: 'name-1' },
    { name: 'nobody' },
  ])('returns the jobs that fit %j, newest first', async (filter) => {
    const requireValid = expected(filter);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await service.jobs.list({ ...filter, limit: 100, ...(cursor !== undefined && { cursor }) });
      found.push(...page.jobs.map(({ id }) => id));
      cursor = page.nextCursor;
      // The first pages of a long list are enough.
    } while (cursor !== undefined && found.length < 500);
    expect(found).toEqual(requireValid.slice(0, found.length));
    expect(found.length).toBe(Math.min(requireValid.length, 500));
  });

  test('has no cursor on its last page, and continues from an old cursor', async () => {
    const filter = { metadata: ['rare:yes'] };
    const requireValid = expected(filter);
    expect(requireValid.length).toBe(4);
    const first = await service.jobs.list({ ...filter, limit: 2 });
    expect(first.nextCursor).toBeDefined();
    const rest = await service.jobs.list({ ...filter, limit: 2, cursor: first.nextCursor ?? '' });
    expect([...first.jobs, ...rest.jobs].map(({ id }) => id)).toEqual(requireValid);
    expect(rest.nextCursor).toBeUndefined();
  });
});
