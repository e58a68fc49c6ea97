/** Abuse: very many followers of a running job and of all jobs, and readers of the job's whole history. */
import { WebSocket } from 'ws';
import type { Abuse, Row } from '../row.js';
import { repeat, send } from './requests.js';

/** Number of connections opened at once. */
const AT_ONCE = 50;

/** Opens WebSockets and keeps them open. Resolves with the count of each answer; `open` counts the upgraded ones. */
async function follow(
  { target, localAddress, signal, begun }: Abuse,
  path: string,
  count: number,
): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  const url = target.address.replace('http', 'ws') + path;
  const connect = () =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(url, { perMessageDeflate: false, ...(localAddress && { localAddress }) });
      const note = (answer: string): void => {
        answers[answer] = (answers[answer] ?? 0) + 1;
        begun();
        resolve();
      };
      socket.once('open', () => note('open'));
      socket.once('unexpected-response', (_, response) => {
        note(String(response.statusCode));
        socket.terminate();
      });
      socket.once('error', () => resolve());
      signal.addEventListener('abort', () => socket.terminate());
    });
  for (let opened = 0; opened < count && !signal.aborted; opened += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, connect));
  return answers;
}

/** Submits a job that takes a step every 20 ms and waits until its history is long. */
async function longJob({ target, signal }: Abuse, frames: number): Promise<string> {
  const spec = { network: 'resnet', name: 'walks', epochs: 10_000, dataset: { name: 'synthetic', resize: 28 } };
  const headers = { 'content-type': 'application/json' };
  const submitted = await fetch(`${target.address}/jobs`, {
    method: 'POST',
    headers,
    body: JSON.stringify(spec),
    signal,
  });
  const { id } = (await submitted.json()) as { id: string };
  for (;;) {
    const page = await fetch(`${target.address}/jobs/${id}/metrics?after=${frames}&limit=1`, { signal });
    if (((await page.json()) as { frames: unknown[] }).frames.length > 0) return id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export const followers: Row = {
  name: 'followers of a job and of all jobs',
  seconds: { short: 6, full: 30 },
  async run(abuse) {
    const count = abuse.isFull ? 1_000 : 300;
    const id = await longJob(abuse, abuse.isFull ? 100 : 20);
    const read = () => send(abuse, { path: `/jobs/${id}/metrics?limit=10000` });
    const [one, all, readers] = await Promise.all([
      follow(abuse, `/jobs/${id}/metrics`, count),
      follow(abuse, '/metrics', count),
      repeat(abuse, 10, read),
    ]);
    return {
      ...{ 'of a job': JSON.stringify(one), 'of all jobs': JSON.stringify(all), readers: JSON.stringify(readers) },
      ...{ connections: sum(one) + sum(all), 'histories read': readers[200] ?? 0 },
    };
  },
  faultOf({ connections, 'histories read': read }) {
    if (Number(connections) < AT_ONCE) return `only ${connections} connections were answered, must be ${AT_ONCE}`;
    return Number(read) === 0 ? 'no history was read' : undefined;
  },
};
