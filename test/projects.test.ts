/**
 * Isolation of projects, with the processes of the service: for a key of one project, whatever belongs to another one does not exist. Each
 * operation of openapi.yaml is called with the ids and names of the other project, and with ids and names that nobody has. Both answers
 * must be the same, byte for byte.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import type { Job } from '../src/contracts/jobs/job.js';
import { tiny } from './support/imports.js';
import { startRedis, type TestRedis } from './support/redis.js';
import { rawZip } from './support/zip.js';

const root = join(import.meta.dirname, '..');

let server: TestRedis;
let dataDir: string;
let children: ChildProcess[] = [];
let address: string;
let admin: string;

type Sent = Readonly<{ method?: string; key?: string; body?: unknown; headers?: Record<string, string> }>;

async function send(path: string, { method = 'GET', key = admin, body, headers = {} }: Sent = {}) {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && !isBytes && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function ask<T>(path: string, sent: Sent = {}): Promise<T> {
  const { status, text } = await send(path, sent);
  expect(status, `${path}: ${text}`).toBeLessThan(300);
  return JSON.parse(text) as T;
}

const createKey = async (project: string, role: string): Promise<string> =>
  (await ask<{ key: string }>('/keys', { method: 'POST', body: { name: `${role} of ${project}`, project, role } })).key;

const JOB = {
  name: 'harbour',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1, 1] },
  dataset: { name: 'lighthouse', resize: 8 },
  epochs: 1,
  batchSize: 4,
};

const SOUTH_JOB = {
  ...JOB,
  name: 'beach',
  dataset: { name: 'synthetic', resize: 28, trainSamples: 100, testSamples: 10 },
};
const WAIT = { timeout: 120_000, interval: 100 };

async function archive(): Promise<Uint8Array> {
  const classes = ['keel', 'mast'];
  const files = Array.from({ length: 16 }, async (_, index) => ({
    name: `${classes[index % 2]}/${index}.png`,
    bytes: await tiny(index),
  }));
  return rawZip(await Promise.all(files));
}

async function ended(id: string, key: string): Promise<Job> {
  return vi.waitFor(async () => {
    const job = await ask<Job>(`/jobs/${id}`, { key });
    expect(job.endedAt, job.status).toBeDefined();
    return job;
  }, WAIT);
}

/** What the project `north` has. */
let north: Readonly<{
  key: string;
  job: string;
  running: string;
  queued: string;
  evaluation: string;
  importId: string;
}>;
/** Key of the project `south`. It has one queued job. */
let south: string;
let southJob: string;

beforeAll(async () => {
  server = await startRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-projects-'));
  const env = {
    ...process.env,
    ...{ HOST: '127.0.0.1', PORT: '0', AUTH: 'keys', DATA_DIR: dataDir, REDIS_URL: server.url, LOG_LEVEL: 'error' },
    WORKER_CONCURRENCY: '1',
  };
  const api = fork(join(root, 'dist/server.js'), { env });
  const worker = fork(join(root, 'dist/worker.js'), { env });
  children = [api, worker];
  const [[ready]] = await Promise.all([once(api, 'message'), once(worker, 'message')]);
  ({ address } = ready as { address: string });
  admin = (await readFile(join(dataDir, 'access/admin-key'), 'utf8')).trim();
  for (const name of ['north', 'south']) await ask('/projects', { method: 'POST', body: { name } });
  const key = await createKey('north', 'deployer');
  south = await createKey('south', 'deployer');
  await ask('/datasets/lighthouse', {
    method: 'PUT',
    key,
    body: await archive(),
    headers: { 'content-type': 'application/zip' },
  });
  const { imports } = await ask<{ imports: { id: string }[] }>('/dataset-imports', { key });
  const { id: job } = await ask<Job>('/jobs', { method: 'POST', key, body: JOB });
  expect((await ended(job, key)).model).toEqual({ name: 'harbour', version: 1 });
  await ask('/models/harbour/labels/stable', { method: 'PUT', key, body: { version: 1 } });
  const { id: running } = await ask<Job>('/jobs', { method: 'POST', key, body: { ...JOB, epochs: 10_000 } });
  await vi.waitFor(
    async () => expect((await ask<Job>(`/jobs/${running}`, { key })).progress?.step).toBeDefined(),
    WAIT,
  );
  const body = { dataset: 'lighthouse' };
  const { id: evaluation } = await ask<{ id: string }>('/models/harbour/evaluations', { method: 'POST', key, body });
  const { id: queued } = await ask<Job>('/jobs', { method: 'POST', key, body: JOB });
  north = { key, job, running, queued, evaluation, importId: imports[0]?.id ?? '' };
  southJob = (await ask<Job>('/jobs', { method: 'POST', key: south, body: SOUTH_JOB })).id;
}, 300_000);

afterAll(async () => {
  for (const child of children) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Operation = Readonly<{ operationId: string; parameters?: { name: string; in: string }[] }>;
const { paths } = parse(readFileSync(join(root, 'openapi.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);

/** Names that occur nowhere but in `north`, and that no text of the service contains. */
const secrets = () => [
  'lighthouse',
  'harbour',
  'keel',
  'mast',
  north.job,
  north.running,
  north.queued,
  north.evaluation,
  north.importId,
];

/** Values of path parameters. `absent`: of the same form and length, and nobody has them. */
const idsOf = (path: string, isAbsent: boolean): Record<string, string> => {
  const uuid = (id: string): string => (isAbsent ? '0'.repeat(8) + id.slice(8) : id);
  const name = isAbsent ? 'nowhere' : 'harbour';
  const id = path.includes('dataset-imports')
    ? north.importId
    : path.includes('evaluations')
      ? north.evaluation
      : north.job;
  return {
    id: uuid(id),
    name: path.includes('/datasets/') ? (isAbsent ? 'nothinghere' : 'lighthouse').slice(0, 10) : name,
    model: name,
    version: '1',
    label: 'stable',
    split: 'train',
    index: '0',
    image: '0',
  };
};

const fill = (path: string, values: Record<string, string>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '1');

const PIXELS = Array(8).fill(Array(8).fill([0, 0, 0]));
/** Bodies that pass the checks of form, so that the lookup decides. */
const BODIES: Record<string, unknown> = {
  changeJob: { priority: 1 },
  moveJob: { to: 'top' },
  evaluateModel: { dataset: 'synthetic' },
  moveLabel: { version: 1 },
  planLabelMove: { version: 1 },
  ...Object.fromEntries(
    ['', 'Version'].map((suffix) => [
      `inferV2Model${suffix}`,
      { inputs: [{ name: 'images', datatype: 'UINT8', shape: [1, 8, 8, 3], data: Array(192).fill(0) }] },
    ]),
  ),
  ...Object.fromEntries(
    ['', 'Version', 'Label'].flatMap((suffix) => [
      [`predictServing${suffix}`, { instances: [PIXELS] }],
      [`classifyServing${suffix}`, { examples: [{ images: PIXELS }] }],
    ]),
  ),
};

/** Replaces the ids and names that a request has sent. */
const withoutValues = (text: string, values: readonly string[]): string =>
  values.reduce((rest, value) => rest.replaceAll(value, '·'), text);

describe('for a key of another project', () => {
  const named = operations.filter(({ path, operationId }) => path.includes('{') && operationId !== 'summarizeNetwork');

  test.each(named)('$operationId answers as if nothing were there', async ({ path, method, operationId }) => {
    const body = BODIES[operationId] ?? (method === 'POST' || method === 'PATCH' ? {} : undefined);
    const [theirs, absent] = [idsOf(path, false), idsOf(path, true)];
    const sent = { method, key: south, ...(body !== undefined && { body }) };
    const query = operationId.startsWith('compare')
      ? '?with=harbour@1&dataset=lighthouse'
      : operationId === 'exportModel'
        ? '?format=onnx'
        : '';
    const [one, other] = [await send(fill(path, theirs) + query, sent), await send(fill(path, absent) + query, sent)];
    const requestId = /"requestId":"[^"]*"/;
    expect(withoutValues(one.text, Object.values(theirs)).replace(requestId, '')).toBe(
      withoutValues(other.text, Object.values(absent)).replace(requestId, ''),
    );
    expect(one.status).toBe(other.status);
    expect([...one.headers.keys()]).toEqual([...other.headers.keys()]);
    if (method !== 'PUT' || operationId === 'moveLabel') expect(one.status, one.text).toBeGreaterThanOrEqual(400);
  });

  test('no list, log or statistic names anything of the project', async () => {
    const lists = operations.filter(({ path, method }) => method === 'GET' && !path.includes('{'));
    expect(lists.length).toBeGreaterThan(20);
    for (const { path } of lists) {
      const { status, text } = await send(path, { key: south });
      for (const secret of secrets())
        expect({ path, status, text }).toEqual({ path, status, text: expect.not.stringContaining(secret) });
    }
  });

  /** Requests that name something in their body or query. `id` and `name` are those of `north`, or nobody's. */
  const references: Record<string, (job: string, name: string, dataset: string) => [path: string, sent: Sent]> = {
    'a job to start from': (job) => ['/jobs', { method: 'POST', body: { from: { job } } }],
    'a model to start from': (_, name) => ['/jobs', { method: 'POST', body: { from: { model: name } } }],
    'a data set to train on': (_, __, dataset) => ['/jobs', { method: 'POST', body: { network: 'resnet', dataset } }],
    'a data set to plan with': (_, __, dataset) => [
      '/jobs/plan',
      { method: 'POST', body: { network: 'resnet', dataset } },
    ],
    'a job to move before': (job) => [`/jobs/${southJob}/move`, { method: 'POST', body: { before: job } }],
    'a job to move after': (job) => [`/jobs/${southJob}/move`, { method: 'POST', body: { after: job } }],
    'a model to predict with': (_, name) => [
      `/predict?model=${name}@1`,
      { method: 'POST', body: { instances: [PIXELS] } },
    ],
    'a job to predict with': (job) => [
      `/predict?model=job:${job}@last`,
      { method: 'POST', body: { instances: [PIXELS] } },
    ],
    'a model in the body': (_, name) => ['/predict', { method: 'POST', body: { model: name, instances: [PIXELS] } }],
    'deliveries of a job': (job) => [`/webhooks/deliveries?job=${job}`, {}],
    'jobs of a name': (_, name) => [`/jobs?name=${name}`, {}],
    'frames of a job': (job) => [`/metrics?jobs=${job}`, {}],
  };
  const queuedOrRunning = (reference: string): string => (reference.includes('move') ? north.queued : north.running);

  test.each(Object.keys(references))('%s is as unknown as any', async (reference) => {
    const requestOf = references[reference];
    const job = queuedOrRunning(reference);
    const absentJob = '0'.repeat(8) + job.slice(8);
    const [path, sent] = requestOf?.(job, 'harbour', 'lighthouse') ?? ['', {}];
    const [otherPath, other] = requestOf?.(absentJob, 'nowhere', 'nothinghere') ?? ['', {}];
    const [theirs, absent] = [
      await send(path, { ...sent, key: south }),
      await send(otherPath, { ...other, key: south }),
    ];
    const plain = (text: string) =>
      withoutValues(text, [job, absentJob, 'harbour', 'nowhere', 'lighthouse', 'nothinghere']).replace(
        /"requestId":"[^"]*"/,
        '',
      );
    expect({ status: theirs.status, text: plain(theirs.text) }).toEqual({
      status: absent.status,
      text: plain(absent.text),
    });
    if (!reference.startsWith('jobs of')) expect(theirs.status, theirs.text).toBeGreaterThanOrEqual(400);
  });

  test('a stream of all jobs has the frames of its own jobs only', async () => {
    for (const query of ['', '?since=now', '?since=0&history=true']) {
      const streams = [north.key, south].map((key) => follow(`/metrics${query}`, key));
      // The job of `north` trains all the time, and that of `south` gets a notice.
      await vi.waitFor(() => expect(streams[0]?.jobs()).toContain(north.running), WAIT);
      if (query.includes('since')) {
        await ask(`/jobs/${southJob}`, { method: 'PATCH', key: south, body: { notes: `seen with ${query}` } });
        await vi.waitFor(() => expect(streams[1]?.jobs()).toContain(southJob), WAIT);
      }
      expect([...(streams[1]?.jobs() ?? [])].filter((id) => id !== southJob)).toEqual([]);
      for (const stream of streams) stream.close();
    }
  });
});

function follow(path: string, key: string) {
  const socket = new WebSocket(`${address.replace('http', 'ws')}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const jobs = new Set<string>();
  socket.on('message', (data) => {
    const { jobId } = JSON.parse(String(data)) as { jobId?: string };
    if (jobId !== undefined) jobs.add(jobId);
  });
  return { jobs: () => jobs, close: () => socket.terminate() };
}

describe('a project', () => {
  test('has names, idempotency keys and folders of its own', async () => {
    const headers = { 'content-type': 'application/zip' };
    const body = rawZip(
      await Promise.all(
        [90, 91, 92, 93].map(async (index) => ({
          name: `${index % 2 ? 'sand' : 'surf'}/${index}.png`,
          bytes: await tiny(index),
        })),
      ),
    );
    const imported = await ask<{ classes: string[] }>('/datasets/lighthouse', {
      method: 'PUT',
      key: south,
      body,
      headers,
    });
    expect(imported.classes).toEqual(['sand', 'surf']);
    expect((await ask<{ classes: string[] }>('/datasets/lighthouse', { key: north.key })).classes).toEqual([
      'keel',
      'mast',
    ]);
    const once = { method: 'POST', headers: { 'idempotency-key': 'the-same' } };
    const [one, other] = [
      await ask<Job>('/jobs', { ...once, key: north.key, body: JOB }),
      await ask<Job>('/jobs', { ...once, key: south, body: SOUTH_JOB }),
    ];
    expect(one.id).not.toBe(other.id);
    expect([one.project, other.project]).toEqual(['north', 'south']);
    for (const name of ['north', 'south'])
      expect(await readdir(join(dataDir, 'projects', name, 'datasets'))).toEqual(['lighthouse']);
    expect(await readdir(join(dataDir, 'projects/north/models'))).toEqual(['harbour']);
    expect(await readdir(join(dataDir, 'datasets'))).not.toContain('lighthouse');
  });

  test('is named in a header by an admin, and by nobody else', async () => {
    const header = { 'trainyard-project': 'north' };
    expect((await ask<Job>(`/jobs/${north.job}`, { headers: header })).project).toBe('north');
    expect((await send(`/jobs/${north.job}`)).status).toBe(404);
    const { status, text } = await send(`/jobs/${north.job}`, { key: south, headers: header });
    expect({ status, text }).toEqual({ status: 403, text: expect.stringContaining('needs the scope admin') });
    expect((await send('/jobs', { key: south, headers: { 'trainyard-project': 'south' } })).status).toBe(200);
  });

  test.each([
    ['west', 404, 'project_not_found'],
    ['../north', 400, 'invalid_request'],
    ['', 400, 'invalid_request'],
    ['north, south', 400, 'invalid_request'],
  ])('named "%s" is refused', async (name, status, code) => {
    const answer = await send('/jobs', { headers: { 'trainyard-project': name } });
    expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.stringContaining(code) });
  });

  test('must exist before a key of it is created, and exists once', async () => {
    const key = await send('/keys', { method: 'POST', body: { name: 'ci', project: 'west', role: 'viewer' } });
    expect({ status: key.status, text: key.text }).toEqual({ status: 400, text: expect.stringContaining('/project') });
    for (const name of ['north', 'default']) {
      const again = await send('/projects', { method: 'POST', body: { name } });
      expect({ status: again.status, text: again.text }).toEqual({
        status: 409,
        text: expect.stringContaining('project_exists'),
      });
    }
    const { projects } = await ask<{ projects: { name: string }[] }>('/projects');
    expect(projects.map(({ name }) => name)).toEqual(['default', 'north', 'south']);
    expect(await ask('/projects', { key: south })).toMatchObject({
      projects: [{ name: 'south', createdBy: 'first admin' }],
    });
  });

  test('shows its metrics and disk space to its keys, and those of all projects to an admin', async () => {
    const own = (await send('/monitoring/metrics', { key: north.key })).text;
    expect(own).toContain('trainyard_jobs{project="north",status="running"} 1');
    expect(own).not.toContain('project="south"');
    const all = (await send('/monitoring/metrics')).text;
    for (const name of ['default', 'north', 'south']) expect(all).toContain(`project="${name}"`);
    const { kinds } = await ask<{ kinds: { kind: string; entries: number; largest: { name: string }[] }[] }>(
      '/storage',
      { key: north.key },
    );
    const names = (kind: string) => kinds.find((each) => each.kind === kind)?.largest.map(({ name }) => name);
    expect(names('models')).toEqual(['harbour']);
    expect(names('checkpoints')).toContain(north.running);
    const others = await ask<{ kinds: { kind: string; entries: number }[] }>('/storage', { key: south });
    expect(others.kinds.find(({ kind }) => kind === 'checkpoints')).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('keeps what the project default has apart as well', async () => {
    const { jobs } = await ask<{ jobs: Job[] }>('/jobs');
    expect(jobs).toEqual([]);
    expect((await send('/jobs?status=queued,running')).text).not.toContain(north.running);
    const { jobs: theirs } = await ask<{ jobs: Job[] }>('/jobs?status=queued,running&sort=name', { key: north.key });
    expect(theirs.map(({ id }) => id)).toEqual(expect.arrayContaining([north.running, north.queued]));
  });
});
