/**
 * `npm run bench:uploads`: measures the peak memory of the API process while many clients send large bodies at once, for every
 * kind of body that predictions accept. `--clients N` (default 60). `--megabytes N` (default 30): size of each body.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { JobRequest } from '../src/contracts/jobs/job.js';
import { descendants } from '../test/support/processes.js';
import { submit, waitForFrame } from './support/jobs.js';
import { wholeNumber } from './support/options.js';
import { printTable } from './support/report.js';
import { startTrainyard } from './support/service.js';

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '60' }, megabytes: { type: 'string', default: '30' } },
});
const CLIENTS = wholeNumber('clients', values.clients);
const BYTES = wholeNumber('megabytes', values.megabytes) * 1e6;
const JOB: JobRequest = {
  network: 'resnet',
  name: 'resnet',
  networkOptions: { width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 28, trainSamples: 64, testSamples: 32 },
  batchSize: 32,
  epochs: 1,
};

type Upload = Readonly<{ what: string; path: string; headers: Readonly<Record<string, string>>; body: Buffer }>;

/** Encodes noise as a PNG. Noise does not compress: the file has three bytes per pixel. */
async function noise(bytes: number): Promise<Buffer> {
  const side = Math.floor(Math.sqrt(bytes / 3));
  return sharp(randomBytes(3 * side * side), { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function uploads(): Promise<Upload[]> {
  const png = await noise(0.99 * BYTES);
  const b64 = (await noise(0.74 * BYTES)).toString('base64');
  const json = { 'content-type': 'application/json' };
  const part = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n';
  const tensor = { name: 'images', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: png.length + 4 } };
  const head = Buffer.from(JSON.stringify({ inputs: [tensor] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(png.length);
  const jsonUpload = (path: string, value: unknown) => ({
    path,
    headers: json,
    body: Buffer.from(JSON.stringify(value)),
  });
  const file = { path: '/predict?model=resnet', headers: { 'content-type': 'image/png' }, body: png };
  return [
    { what: 'POST /predict, a PNG', ...file },
    {
      what: 'POST /predict, a PNG without Content-Length',
      ...file,
      headers: { ...file.headers, 'transfer-encoding': 'chunked' },
    },
    {
      what: 'POST /predict, a form',
      path: '/predict?model=resnet',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.concat([Buffer.from(part), png, Buffer.from('\r\n--x--\r\n')]),
    },
    { what: 'POST /predict, JSON with a PNG', ...jsonUpload('/predict?model=resnet', { images: [b64] }) },
    {
      what: 'POST /v1/…:predict, JSON with a PNG',
      ...jsonUpload('/v1/models/resnet:predict', { instances: [{ b64 }] }),
    },
    {
      what: 'POST /v2/…/infer, a PNG in binary',
      path: '/v2/models/resnet/infer',
      headers: { 'inference-header-content-length': String(head.length) },
      body: Buffer.concat([head, length, png]),
    },
    {
      what: 'POST /predict, JSON of numbers',
      path: '/predict?model=resnet',
      headers: json,
      body: Buffer.from(`{"instances":[[${'0,'.repeat(BYTES / 2 - 10)}0]]}`),
    },
    {
      what: 'POST /predict, JSON of empty lists',
      path: '/predict?model=resnet',
      headers: json,
      body: Buffer.from(`{"instances":[[${'[],'.repeat(BYTES / 3 - 10)}[]]]}`),
    },
  ];
}

function send(address: string, { path, headers, body }: Upload): Promise<number> {
  const { 'transfer-encoding': chunked } = headers;
  return new Promise((resolve, reject) => {
    const sent = request(address + path, {
      method: 'POST',
      agent: false,
      headers: { ...headers, ...(chunked === undefined && { 'content-length': body.length }) },
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Returns the peak resident memory of a process since `resetPeak`, in bytes. */
async function peakOf(pid: number): Promise<number> {
  const [, kibibytes = 'NaN'] = /^VmHWM:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
const resetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');

const inMiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir, { PREDICT_TIMEOUT_MS: '600000', LOG_LEVEL: 'warn' });
try {
  const { id } = await submit(service.address, JOB);
  await waitForFrame(service.address, id, 'end');
  const api = descendants(process.pid).find(({ command }) => command.includes('server.js'))?.pid ?? 0;
  const idle = await peakOf(api);
  const rows: string[][] = [];
  for (const upload of await uploads()) {
    await resetPeak(api);
    const started = performance.now();
    const statuses = await Promise.all(Array.from({ length: CLIENTS }, () => send(service.address, upload)));
    const seconds = (performance.now() - started) / 1000;
    const answers = [...new Set(statuses)].map(
      (each) => `${statuses.filter((status) => status === each).length} × ${each}`,
    );
    rows.push([upload.what, answers.join(', '), seconds.toFixed(1), inMiB(await peakOf(api))]);
  }
  console.log(
    `\n${CLIENTS} clients at once send ${BYTES / 1e6} MB each. The idle API process has ${inMiB(idle)} MiB.\n`,
  );
  printTable(['body', 'answers', 'seconds', 'peak, MiB'], rows);
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}
