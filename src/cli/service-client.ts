/** Calls of the service that the command makes, on fetch and server-sent events. */
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetInfo } from '../contracts/datasets/dataset.js';
import type { LabelState } from '../contracts/models/label.js';
import type { ModelSummary } from '../contracts/models/model.js';
import type { ModelVersion } from '../contracts/models/stored-model.js';
import type { PredictResponse } from '../contracts/prediction/prediction-messages.js';
import { folderArchive } from './folder-archive.js';
import type { Job, JobPlan, Readiness, StreamFrame, WorkerInfo } from './service-types.js';

type Signal = Readonly<{ signal?: AbortSignal }>;
type Query = Readonly<Record<string, unknown>>;
type Call = Signal & Readonly<{ method?: string; query?: Query; body?: Body; type?: string; key?: string }>;
type Body = NonNullable<RequestInit['body']>;
type Page = Readonly<{ nextCursor?: string }>;

const RETRIES = 3;
const RETRY_MS = 250;
const RETRIED: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
/** Time for one answer. Uploads and streams have no limit. */
const TIMEOUT_MS = 60_000;

/** Error answer of the service. */
export class TrainyardError extends Error {
  override readonly name = 'TrainyardError';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { pointer: string; message: string }[];

  constructor(
    status: number,
    problem: Readonly<{ code?: string; detail?: string; errors?: TrainyardError['errors'] }>,
  ) {
    super(problem.detail ?? `The service answered with status ${status}.`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.detail = this.message;
    this.errors = problem.errors ?? [];
  }
}

/** The service cannot be reached. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

export type Trainyard = ReturnType<typeof createServiceClient>;

/** Creates the client of a service. */
export function createServiceClient({ url, apiKey }: Readonly<{ url: string; apiKey?: string }>) {
  const request = createRequest(url, apiKey);
  const json = async <Answer>(path: string, call: Call = {}): Promise<Answer> =>
    (await request(path, call)).json() as Promise<Answer>;
  const post = (path: string, body: unknown, call: Call = {}): Promise<Job> =>
    json(path, { method: 'POST', body: JSON.stringify(body), type: 'application/json', ...call });

  async function* pages<Item>(path: string, field: string, query: Query, { signal }: Signal): AsyncGenerator<Item> {
    let cursor: string | undefined;
    do {
      const page: Page & Record<string, unknown> = await json(path, {
        query: { ...query, ...(cursor !== undefined && { cursor }) },
        ...(signal && { signal }),
      });
      yield* page[field] as Item[];
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  const follow = (id: string, options: Signal & Readonly<{ after?: number }> = {}): AsyncGenerator<StreamFrame> =>
    followFrames(request, id, options);
  const jobPath = (id: string): string => `/jobs/${encodeURIComponent(id)}`;
  const jobs = {
    submit: (body: unknown, options: Signal = {}) => post('/jobs', body, { ...options, key: crypto.randomUUID() }),
    plan: (body: unknown, options: Signal = {}) => post('/jobs/plan', body, options) as unknown as Promise<JobPlan>,
    get: (id: string, options: Signal = {}) => json<Job>(jobPath(id), options),
    list: (query: Query, options: Signal = {}) => pages<Job>('/jobs', 'jobs', query, options),
    follow,
    followAll: ({ jobs: ids, ...options }: Signal & Readonly<{ jobs: readonly string[] }>) =>
      merge(ids.map((id) => follow(id, options))),
    async wait(id: string, options: Signal = {}): Promise<Job> {
      for await (const _ of follow(id, options));
      return jobs.get(id, options);
    },
    pause: (id: string, options: Signal = {}) => json<Job>(`${jobPath(id)}/pause`, { method: 'POST', ...options }),
    resume: (id: string, options: Signal = {}) => json<Job>(`${jobPath(id)}/resume`, { method: 'POST', ...options }),
    cancel: (id: string, { mode, ...options }: Signal & Readonly<{ mode: string }>) =>
      json<Job>(jobPath(id), { method: 'DELETE', query: { mode }, ...options }),
    change: (id: string, changes: unknown, options: Signal = {}) =>
      json<Job>(jobPath(id), { method: 'PATCH', body: JSON.stringify(changes), type: 'application/json', ...options }),
  };
  return {
    jobs,
    models: modelsOf(request, json, pages),
    datasets: {
      list: (query: Query, options: Signal = {}) => pages<DatasetInfo>('/datasets', 'datasets', query, options),
      get: (name: string, options: Signal = {}) => json<DatasetInfo>(`/datasets/${encodeURIComponent(name)}`, options),
      delete: (name: string, options: Signal = {}) =>
        request(`/datasets/${encodeURIComponent(name)}`, { method: 'DELETE', ...options }),
      import: (name: string, path: string, { signal, onProgress, ...query }: Signal & Query & UploadProgress) =>
        json<DatasetInfo>(`/datasets/${encodeURIComponent(name)}`, {
          method: 'PUT',
          query,
          body: uploadOf(path, onProgress),
          type: 'application/zip',
          ...(signal && { signal }),
        }),
    },
    workers: {
      list: async (options: Signal = {}) => (await json<{ workers: WorkerInfo[] }>('/workers', options)).workers,
    },
    service: { ready: (options: Signal = {}) => json<Readiness>('/readyz', options) },
  };
}

type Request = (path: string, call?: Call) => Promise<Response>;
type Json = <Answer>(path: string, call?: Call) => Promise<Answer>;
type Pages = <Item>(path: string, field: string, query: Query, options: Signal) => AsyncGenerator<Item>;

function modelsOf(request: Request, json: Json, pages: Pages) {
  const pathOf = (name: string, rest = ''): string => `/models/${encodeURIComponent(name)}${rest}`;
  return {
    list: (query: Query, options: Signal = {}) => pages<ModelSummary>('/models', 'models', query, options),
    get: (name: string, options: Signal = {}) => json<ModelSummary>(pathOf(name), options),
    version: (name: string, version: number, options: Signal = {}) =>
      json<ModelVersion>(pathOf(name, `/versions/${version}`), options),
    delete: (name: string, version: number | undefined, options: Signal = {}) =>
      request(pathOf(name, version === undefined ? '' : `/versions/${version}`), { method: 'DELETE', ...options }),
    moveLabel: (name: string, label: string, body: unknown, options: Signal = {}) =>
      json<LabelState>(pathOf(name, `/labels/${encodeURIComponent(label)}`), {
        method: 'PUT',
        body: JSON.stringify(body),
        type: 'application/json',
        ...options,
      }),
    removeLabel: (name: string, label: string, options: Signal = {}) =>
      request(pathOf(name, `/labels/${encodeURIComponent(label)}`), { method: 'DELETE', ...options }),
    rollback: (name: string, label: string, options: Signal = {}) =>
      json<LabelState>(pathOf(name, `/labels/${encodeURIComponent(label)}/rollback`), { method: 'POST', ...options }),
    predict: (image: Uint8Array, { signal, top, ...query }: Signal & Query) =>
      json<PredictResponse>('/predict', {
        method: 'POST',
        query: { ...query, topK: top },
        body: image as Body,
        type: 'application/octet-stream',
        ...(signal && { signal }),
      }),
    async export(name: string, version: number, { format, ...options }: Signal & Readonly<{ format: string }>) {
      const answer = await request(pathOf(name, `/versions/${version}/export`), { query: { format }, ...options });
      const length = answer.headers.get('content-length');
      const given = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1];
      if (answer.body === null) throw new ConnectionError('the answer is empty');
      return {
        stream: answer.body,
        fileName: given ?? `${name}-${version}.${format}`,
        ...(length !== null && { size: Number(length) }),
      };
    },
  };
}

/** Returns a function that calls the service, with retries of calls that may be repeated. */
function createRequest(url: string, apiKey: string | undefined): Request {
  return async (path, call = {}) => {
    const isRepeatable = !(call.body instanceof ReadableStream) && (call.method !== 'POST' || call.key !== undefined);
    for (let attempt = 0; ; attempt++) {
      const answer = await send(url, apiKey, path, call).catch((error: unknown) => error);
      const isLast = !isRepeatable || attempt === RETRIES || call.signal?.aborted;
      if (answer instanceof Response && answer.ok) return answer;
      if (answer instanceof Response && (isLast || !RETRIED.has(answer.status))) throw await errorOf(answer);
      if (!(answer instanceof Response) && (isLast || !(answer instanceof ConnectionError))) throw answer;
      await delay(RETRY_MS * 2 ** attempt * (0.5 + Math.random()), undefined, call.signal && { signal: call.signal });
    }
  };
}

async function send(url: string, apiKey: string | undefined, path: string, call: Call): Promise<Response> {
  const { method = 'GET', query = {}, body, type, key, signal } = call;
  const target = new URL(url + path);
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value]) target.searchParams.append(name, String(each));
  const isStream = body instanceof ReadableStream || path.endsWith('/events') || path.endsWith('/export');
  const limits = [...(isStream ? [] : [AbortSignal.timeout(TIMEOUT_MS)]), ...(signal ? [signal] : [])];
  try {
    return await fetch(target, {
      method,
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
      signal: AbortSignal.any(limits),
      headers: {
        ...(type !== undefined && { 'content-type': type }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('no connection', { cause: error });
  }
}

async function errorOf(answer: Response): Promise<TrainyardError> {
  const text = await answer.text().catch(() => '');
  try {
    return new TrainyardError(answer.status, JSON.parse(text) as object);
  } catch {
    return new TrainyardError(answer.status, {});
  }
}

/** Yields the frames of a job's event stream, up to its end. Throws a ConnectionError if the stream breaks off. */
async function* followFrames(
  request: Request,
  id: string,
  { after = 0, signal }: Signal & Readonly<{ after?: number }>,
): AsyncGenerator<StreamFrame> {
  const answer = await request(`/jobs/${encodeURIComponent(id)}/events`, {
    query: { after },
    ...(signal && { signal }),
  });
  if (answer.body === null) throw new ConnectionError('the stream is empty');
  try {
    for await (const event of eventsIn(answer.body)) {
      if (event.name === 'problem') throw new TrainyardError(500, JSON.parse(event.data) as object);
      const frame = JSON.parse(event.data) as StreamFrame;
      yield frame;
      if (frame.type === 'end') return;
    }
  } catch (error) {
    if (signal?.aborted || error instanceof TrainyardError) throw error;
    throw new ConnectionError('the stream broke off', { cause: error });
  }
  throw new ConnectionError('the stream broke off');
}

async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<{ name: string; data: string }> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const fieldOf = (field: string): string =>
        lines
          .filter((line) => line.startsWith(`${field}: `))
          .map((line) => line.slice(field.length + 2))
          .join('\n');
      if (fieldOf('data') !== '') yield { name: fieldOf('event'), data: fieldOf('data') };
    }
  }
}

/** Yields the items of all sources as they come. */
async function* merge<Item>(sources: readonly AsyncGenerator<Item>[]): AsyncGenerator<Item> {
  const next = (source: AsyncGenerator<Item>) => source.next().then((result) => ({ source, result }));
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values());
    if (result.done) waiting.delete(source);
    else {
      yield result.value;
      waiting.set(source, next(source));
    }
  }
}

type UploadProgress = Readonly<{ onProgress?: (sent: number, total: number) => void }>;

/** Returns the body of an upload: the archive, or an archive of the folder. */
function uploadOf(path: string, onProgress: UploadProgress['onProgress']): ReadableStream {
  const found = statSync(path);
  const { bytes, chunks } = found.isDirectory()
    ? folderArchive(path)
    : { bytes: found.size, chunks: createReadStream(path) as AsyncIterable<Uint8Array> };
  async function* counted(): AsyncGenerator<Uint8Array> {
    let sent = 0;
    for await (const chunk of chunks) {
      yield chunk;
      sent += chunk.length;
      onProgress?.(sent, bytes);
    }
  }
  return Readable.toWeb(Readable.from(counted(), { objectMode: false })) as unknown as ReadableStream;
}
