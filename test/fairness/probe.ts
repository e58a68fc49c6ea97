/**
 * Process that measures how an abuse affects another client: `/livez`, predictions and webhooks, and the memory of the API. The
 * parent sends a target, then `stop`, and receives the figures of the time between.
 */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { residentBytes, type Target } from './service.js';

/** Figures of the other client during an abuse. Times in ms; Infinity if a request was refused or never answered. */
export type Figures = Readonly<{
  livezMs: readonly number[];
  predictionMs: readonly number[];
  webhookMs: readonly number[];
  /** Peak resident memory of the API in bytes. */
  memoryBytes: number;
  /** Describes the first answer with an unexpected status; empty if there was none. */
  firstFailure: string;
}>;

const LIVEZ_EVERY_MS = 25;
const PREDICT_EVERY_MS = 250;
const WEBHOOK_EVERY_MS = 1_000;
const MEMORY_EVERY_MS = 50;
/** Longest wait for open answers after the abuse has ended. */
const PATIENCE_MS = 45_000;
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

const [target] = (await once(process, 'message')) as [Target];
const agent = new Agent({ keepAlive: true });
const figures = {
  livezMs: [] as number[],
  predictionMs: [] as number[],
  webhookMs: [] as number[],
  memoryBytes: 0,
  firstFailure: '',
};
const jpeg = await sharp(Buffer.alloc(784, 100), { raw: { width: 28, height: 28, channels: 1 } })
  .jpeg()
  .toBuffer();
/** Callbacks for messages that arrive, by path. */
const arrivals = new Map<string, () => void>();
const receiver = createServer((message, response) => {
  message.resume().once('end', () => response.writeHead(204).end());
  arrivals.get(message.url ?? '')?.();
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const { port } = receiver.address() as AddressInfo;

type Sent = Readonly<{ method: string; path: string; type?: string; body?: Uint8Array | string; status: number }>;

/** Sends a request. Resolves with the ms until the last byte of the answer; Infinity if its status is not `status`. */
function exchange({ method, path, type, body, status }: Sent): Promise<number> {
  const began = performance.now();
  return new Promise((resolve) => {
    const fail = (how: string) => {
      figures.firstFailure ||= `${method} ${path}: ${how}`;
      resolve(Number.POSITIVE_INFINITY);
    };
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sending = request(`${target.address}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.once('end', () => {
        if (response.statusCode === status) resolve(performance.now() - began);
        else fail(`${response.statusCode} ${text.slice(0, 200)}`);
      });
      response.once('error', (error) => fail(String(error)));
    });
    sending.once('error', (error) => fail(String(error)));
    sending.end(body);
  });
}

const livez = () => exchange({ method: 'GET', path: '/livez', status: 200 });
const predict = () =>
  exchange({ method: 'POST', path: '/predict?model=boots', type: 'image/jpeg', body: jpeg, status: 200 });

let jobs = 0;
/** Submits a job that succeeds at once. Resolves with the ms until its webhook has received the `end` frame. */
async function webhook(): Promise<number> {
  const began = performance.now();
  const path = `/${++jobs}`;
  const arrived = new Promise<number>((resolve) => arrivals.set(path, () => resolve(performance.now() - began)));
  const job = {
    network: 'resnet',
    name: 'succeeds',
    epochs: 1,
    dataset: { name: 'synthetic', resize: 28, trainSamples: 64, testSamples: 16 },
    webhooks: [{ url: `http://127.0.0.1:${port}${path}`, secret: SECRET, events: ['end'] }],
  };
  const body = JSON.stringify(job);
  const submitted = await exchange({ method: 'POST', path: '/jobs', type: 'application/json', body, status: 202 });
  return Number.isFinite(submitted) ? arrived : submitted;
}

const open = new Map<Promise<void>, () => void>();
/** Measures at a fixed rate, also while earlier answers are open. */
function every(ms: number, measure: () => Promise<number>, into: number[]): NodeJS.Timeout {
  const start = () => {
    let isOver = false;
    const note = (took: number): void => {
      if (!isOver) into.push(took);
      isOver = true;
    };
    const done: Promise<void> = measure().then(note);
    open.set(done, () => note(Number.POSITIVE_INFINITY));
    void done.finally(() => open.delete(done));
  };
  start();
  return setInterval(start, ms);
}

// Load the model before anything is measured.
await Promise.all([predict(), webhook()]);
figures.firstFailure = '';
process.send?.('ready');
const timers = [
  every(LIVEZ_EVERY_MS, livez, figures.livezMs),
  every(PREDICT_EVERY_MS, predict, figures.predictionMs),
  every(WEBHOOK_EVERY_MS, webhook, figures.webhookMs),
  setInterval(() => {
    figures.memoryBytes = Math.max(figures.memoryBytes, residentBytes(target.apiPid));
  }, MEMORY_EVERY_MS),
];
await once(process, 'message'); // `stop`
for (const timer of timers.slice(0, 3)) clearInterval(timer);
await Promise.race([Promise.all(open.keys()), wait(PATIENCE_MS)]);
for (const giveUp of open.values()) giveUp();
process.send?.(figures, () => process.exit(0));
