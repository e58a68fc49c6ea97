/** The client while connections break and the API is killed and started again. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Frame, positionOf, Trainyard } from '../../src/client/index.js';
import { LONG_JOB, type ServiceProcesses, SMALL_JOB, startProcesses } from './service.js';

let processes: ServiceProcesses;
let trainyard: Trainyard;

beforeAll(async () => {
  processes = await startProcesses();
  trainyard = new Trainyard({ url: processes.address, WebSocket });
});
afterAll(() => processes.close());

/** Starts a proxy that passes the first request on and drops its answer. */
async function loseFirstAnswer() {
  let requests = 0;
  const proxy = createServer(async (request, response) => {
    requests += 1;
    const isFirst = requests === 1;
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(`${processes.address}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      body: await text(request),
    });
    if (isFirst) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, proxy, count: () => requests };
}

/** Returns the numbers that frames cover: a gap covers several. */
const numbersOf = (frames: readonly Frame[]): number[] =>
  frames.flatMap((frame) =>
    frame.type === 'gap'
      ? Array.from({ length: frame.to - frame.from + 1 }, (_, index) => frame.from + index)
      : [frame.seq],
  );

describe('a submission', () => {
  it('whose answer was lost is repeated, and makes one job', async () => {
    const { url, proxy, count } = await loseFirstAnswer();
    const { id } = await new Trainyard({ url }).jobs.submit({ ...SMALL_JOB, name: 'lost-answer' });
    expect(count()).toBe(2);
    const jobs = await trainyard.jobs.list({ name: 'lost-answer' }).all();
    expect(jobs.map((job) => job.id)).toEqual([id]);
    proxy.close();
    await trainyard.jobs.wait(id);
  });
});

describe('an import', () => {
  it('is sent again from its start if the API dies in the middle, and nothing half-made is left', async () => {
    const side = 256;
    const image = await sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    // Data after its end leaves a PNG file valid, and each image different.
    const files = Array.from(
      { length: 60 },
      (_, index) => new File([new Uint8Array(image), `${index}`], `${index % 2}/${index}.png`),
    );
    let killed: Promise<void> | undefined;
    let isKilled = false;
    const onProgress = (sent: number, total: number): void => {
      if (isKilled || sent < total / 2) return;
      isKilled = true;
      killed = processes.killApi().then(() => processes.startApi());
    };
    const patient = new Trainyard({ url: processes.address, retries: 20 });
    const imported = await patient.datasets.import('killed', files, { side: 8, onProgress });
    await killed;
    expect(imported).toMatchObject({ name: 'killed', classes: ['0', '1'] });
    expect(isKilled).toBe(true);
    const left = await readdir(join(processes.dataDir, 'datasets'));
    expect(left.filter((name) => !name.startsWith('.'))).toEqual(['killed']);
  });
});

describe('a follower', () => {
  it('neither repeats nor skips a frame while the API is killed and started again', async () => {
    const { id } = await trainyard.jobs.submit(LONG_JOB);
    const [frames, several]: [Frame[], Frame[]] = [[], []];
    const followed = (async () => {
      for await (const frame of trainyard.jobs.followAll({ jobs: [id] })) several.push(frame);
    })();
    let restarts = 0;
    for await (const frame of trainyard.jobs.follow(id)) {
      frames.push(frame);
      if (frame.type !== 'epoch' || restarts === 3) continue;
      restarts += 1;
      await processes.killApi(restarts === 2 ? 'SIGTERM' : 'SIGKILL');
      await processes.startApi();
      if (restarts === 3) await trainyard.jobs.cancel(id);
    }
    await followed;
    expect(restarts).toBe(3);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    for (const seen of [frames, several]) {
      expect(numbersOf(seen)).toEqual(
        Array.from({ length: positionOf(frames.at(-1) as Frame) }, (_, index) => index + 1),
      );
    }
  });

  it('of all jobs sees jobs that come, and none twice after a restart', async () => {
    const controller = new AbortController();
    const seen: Frame[] = [];
    const ids: string[] = [];
    const followed = (async () => {
      for await (const frame of trainyard.jobs.followAll({ signal: controller.signal })) {
        seen.push(frame);
        if (frame.type === 'end' && frame.jobId === ids[0]) {
          await processes.killApi();
          await processes.startApi();
          ids.push((await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 1 })).id);
        }
        if (frame.type === 'end' && frame.jobId === ids[1]) controller.abort('seen enough');
      }
    })();
    ids.push((await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 1 })).id);
    await expect(followed).rejects.toBe('seen enough');
    for (const id of ids) {
      const numbers = numbersOf(seen.filter(({ jobId }) => jobId === id));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
  });

  it('without history sees every frame from its start on, and none twice after a restart', async () => {
    const { id } = await trainyard.jobs.submit(LONG_JOB);
    const waited = trainyard.jobs.follow(id);
    while ((await waited.next()).value?.type !== 'epoch');
    await waited.return();
    const controller = new AbortController();
    const seen: Frame[] = [];
    let young: string | undefined;
    for await (const message of trainyard.jobs.followAll({ history: false, signal: controller.signal })) {
      if (message.type === 'cursor' || message.type === 'notice') continue;
      seen.push(message);
      if (message.type === 'end' && message.jobId === young) break;
      if (message.type !== 'epoch' || young !== undefined) continue;
      await processes.killApi();
      await processes.startApi();
      young = (await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 1 })).id;
      await trainyard.jobs.cancel(id);
    }
    const [old, numbers] = [id, young].map((of) => numbersOf(seen.filter(({ jobId }) => jobId === of)));
    expect(old?.[0]).toBeGreaterThan(1);
    expect(old).toEqual(old?.map((_, index) => (old[0] ?? 0) + index));
    expect(numbers).toEqual(numbers?.map((_, index) => index + 1));
  });

  it('learns why the service refuses a stream', async () => {
    await expect(trainyard.jobs.followAll({ jobs: ['nobody'] }).next()).rejects.toMatchObject({
      code: 'job_not_found',
    });
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    await expect(trainyard.jobs.followAll({ jobs: ids.slice(0, 101) }).next()).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '?jobs', message: 'must name at most 100 jobs, not 101' }],
    });
    const after = Object.fromEntries(ids.map((each) => [each, 1]));
    await expect(trainyard.jobs.followAll({ after }).next()).rejects.toMatchObject({
      code: 'headers_too_large',
      detail: expect.stringContaining('address'),
    });
    const { id } = await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 1 });
    await trainyard.jobs.wait(id);
    const ahead = { after: { [id]: 1_000_000 }, jobs: [id] };
    await expect(trainyard.jobs.followAll(ahead).next()).rejects.toMatchObject({ code: 'stream_ahead', status: 409 });
    const without = new Trainyard({ url: processes.address });
    if (!('WebSocket' in globalThis)) await expect(without.jobs.followAll().next()).rejects.toThrow(/package ws/);
  });
});
