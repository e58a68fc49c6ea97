/** Client process of a load: sends requests over open connections and measures each until the last byte of its answer. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export type LoadRequest = Readonly<{
  url: string;
  method: 'GET' | 'POST';
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent one after the other, from the first again after the last. Empty for a GET. */
  bodies: readonly Uint8Array[];
  /** Expected status of every answer. Default 200. */
  status?: number;
  /** Number of clients. Each sends its next request once the last is answered. */
  clients: number;
  /** Requests per second of all clients together. Default: without a pause. */
  rate?: number;
  warmUpSeconds: number;
  seconds: number;
}>;

export type LoadResult = Readonly<{ latenciesMs: number[]; seconds: number; failed: number; firstFailure: string }>;

async function run(job: LoadRequest): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: job.clients });
  const latenciesMs: number[] = [];
  let failed = 0;
  let firstFailure = '';
  let sent = 0;
  // The first request loads the model and prepares its kernels: it must not use up the warm-up.
  await exchange(job, agent, job.bodies[0]);
  const start = performance.now();
  const measureFrom = start + job.warmUpSeconds * 1000;
  const end = measureFrom + job.seconds * 1000;

  const client = async (index: number): Promise<void> => {
    const intervalMs = job.rate === undefined ? 0 : (1000 * job.clients) / job.rate;
    let due = start + (intervalMs * index) / job.clients;
    for (;;) {
      if (intervalMs > 0) await wait(Math.max(0, due - performance.now()));
      // At a fixed rate, latency counts from the moment a request is due: waiting for the last answer is latency too.
      const began = intervalMs > 0 ? due : performance.now();
      due += intervalMs;
      if (performance.now() >= end) return;
      const { status, text } = await exchange(job, agent, job.bodies[sent++ % job.bodies.length]);
      const ended = performance.now();
      if (status !== (job.status ?? 200)) {
        failed += 1;
        firstFailure ||= `${status} ${text.slice(0, 300)}`;
      }
      if (ended >= measureFrom && ended <= end) latenciesMs.push(ended - began);
    }
  };
  await Promise.all(Array.from({ length: job.clients }, (_, index) => client(index)));
  agent.destroy();
  return { latenciesMs, seconds: job.seconds, failed, firstFailure };
}

function exchange(
  job: LoadRequest,
  agent: Agent,
  body: Uint8Array | undefined,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const entity = body === undefined ? {} : { 'content-type': job.contentType, 'content-length': body.length };
    const headers = { ...job.headers, ...entity };
    const sending = request(job.url, { method: job.method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sending.once('error', reject);
    sending.end(body);
  });
}

const [job] = (await once(process, 'message')) as [LoadRequest];
process.send?.(await run(job), () => process.exit(0));
