/** The client against the real service: jobs, models, predictions, data sets, networks and workers. */

import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Frame, isTrainyardError, type Job, Trainyard } from '../../src/client/index.js';
import { rawZip } from '../support/zip.js';
import { type ServiceProcesses, SMALL_JOB, startProcesses } from './service.js';

let processes: ServiceProcesses;
let trainyard: Trainyard;
let trained: Job;

beforeAll(async () => {
  processes = await startProcesses();
  trainyard = new Trainyard({ url: processes.address });
  const { id } = await trainyard.jobs.submit({ ...SMALL_JOB, name: 'small' });
  trained = await trainyard.jobs.wait(id);
});
afterAll(() => processes.close());

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'resolved',
    (error: unknown) => (isTrainyardError(error) ? error.code : error),
  );

describe('jobs', () => {
  it('resolves wait with the job and its model', () => {
    expect(trained).toMatchObject({ status: 'succeeded', model: { name: 'small', version: 1 } });
  });

  it('yields the frames of a job in order, to its end', async () => {
    const frames: Frame[] = [];
    for await (const frame of trainyard.jobs.follow(trained.id)) frames.push(frame);
    expect(frames.map((frame) => 'seq' in frame && frame.seq)).toEqual(frames.map((_, index) => index + 1));
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  it('follows from a position, and yields nothing behind the end', async () => {
    const all: Frame[] = [];
    for await (const frame of trainyard.jobs.metrics(trained.id, { limit: 3 })) all.push(frame);
    const rest: Frame[] = [];
    for await (const frame of trainyard.jobs.follow(trained.id, { after: 5 })) rest.push(frame);
    expect(rest).toEqual(all.slice(5));
    for await (const frame of trainyard.jobs.follow(trained.id, { after: all.length })) throw new Error(frame.type);
  });

  it('plans, lists over pages, gets and cancels', async () => {
    expect(await trainyard.jobs.plan(SMALL_JOB)).toMatchObject({ parameters: expect.any(Number) });
    const jobs = [SMALL_JOB, SMALL_JOB].map((job) => trainyard.jobs.submit({ ...job, name: 'listed', priority: -5 }));
    const ids = (await Promise.all(jobs)).map(({ id }) => id);
    const listed = await trainyard.jobs.list({ name: 'listed', limit: 1 }).all();
    expect(listed.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const id of ids) expect(await trainyard.jobs.cancel(id)).toMatchObject({ id });
    for (const id of ids) expect(await trainyard.jobs.wait(id)).toMatchObject({ status: 'cancelled' });
    expect(await trainyard.jobs.get(trained.id)).toEqual(trained);
    expect(await trainyard.jobs.deliveries(trained.id).page()).toEqual({ deliveries: [] });
  });

  it('names the wrong field of a refused job', async () => {
    const refused = trainyard.jobs.submit({ ...SMALL_JOB, epochs: 0 });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
      errors: [{ pointer: '/epochs' }],
      requestId: expect.any(String),
    });
    expect(await codeOf(trainyard.jobs.get('nobody'))).toBe('job_not_found');
    const following = trainyard.jobs.follow('nobody').next();
    expect(await codeOf(following)).toBe('job_not_found');
  });
});

describe('models', () => {
  it('draws where the network looks', async () => {
    const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'grey' } })
      .png()
      .toBuffer();
    const map = await trainyard.models.drawMap(image, { model: 'small' });
    expect([map.type, (await sharp(await map.arrayBuffer()).metadata()).format]).toEqual(['image/png', 'png']);
  });

  it('predicts a path, a file URL, a Blob, a Buffer, an ArrayBuffer and an address alike', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'grey' } })
      .png()
      .toBuffer();
    const path = join(processes.dataDir, 'grey.png');
    await writeFile(path, bytes);
    const web = createServer((_, response) => response.setHeader('content-type', 'image/png').end(bytes));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const address = new URL(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`);
    const inputs = [path, pathToFileURL(path), new Blob([bytes]), bytes, new Uint8Array(bytes).buffer, address];
    const one = await trainyard.models.predict(inputs[0] as string, { model: 'small', topK: 2 });
    expect(one).toMatchObject({ model: { name: 'small', version: 1 }, predictions: [[{}, {}]] });
    for (const input of inputs) {
      expect((await trainyard.models.predict(input, { model: 'small', topK: 2 })).predictions).toEqual(one.predictions);
    }
    const together = await trainyard.models.predict(inputs, { model: 'small@1', topK: 2 });
    expect(together.predictions).toHaveLength(inputs.length);
    const jpeg = await sharp(bytes).jpeg().toBuffer();
    expect((await trainyard.models.predict(jpeg, { model: 'small' })).predictions).toHaveLength(1);
    web.close();
  });

  it('lists, labels, rolls back, evaluates and deletes versions', async () => {
    const { models } = trainyard;
    expect((await models.list().all()).map(({ name }) => name)).toContain('small');
    expect(await models.get('small')).toMatchObject({ name: 'small' });
    expect(await models.version('small', 1)).toMatchObject({ manifest: { name: 'small', version: 1 } });
    expect(await models.moveLabel('small', 'stable', { version: 1 })).toMatchObject({ version: 1 });
    expect(await models.label('small', 'stable')).toMatchObject({ version: 1 });
    expect(await codeOf(models.delete('small', 1))).toBe('label_held');
    expect(await models.removeLabel('small', 'stable')).toMatchObject({ label: 'stable' });
    expect(await models.rollback('small', 'stable')).toMatchObject({ version: 1 });
    await models.removeLabel('small', 'stable');
    expect(await models.evaluation('small', 1)).toMatchObject({ confusion: expect.any(Array) });
    expect(await models.card('small', 1)).toMatch(/^#|^---/);
    expect(await codeOf(models.version('small', 2))).toBe('model_not_found');
  });
});

describe('data sets, networks and workers', () => {
  it('imports a ZIP archive from a path and from a Blob, lists it and deletes it', async () => {
    const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'grey' } })
      .png()
      .toBuffer();
    const names = ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png'];
    const zip = rawZip(names.map((name, index) => ({ name, bytes: Buffer.concat([image, Buffer.from([index])]) })));
    await mkdir(join(processes.dataDir, 'archives'));
    const path = join(processes.dataDir, 'archives/boots.zip');
    await writeFile(path, zip);
    const { datasets } = trainyard;
    const imported = await datasets.import('boots', path, { side: 8 });
    expect(imported).toMatchObject({ name: 'boots', classes: ['a', 'b'] });
    expect(await datasets.import('boots', new Blob([zip]), { side: 8 })).toEqual(imported);
    expect(await datasets.get('boots')).toEqual(imported);
    expect((await datasets.list({ limit: 1 }).all()).map(({ name }) => name)).toContain('boots');
    expect(await datasets.leftOut('boots').page()).toMatchObject({ files: 0 });
    await datasets.delete('boots');
    expect(await codeOf(datasets.get('boots'))).toBe('dataset_not_found');
  });

  it('shows the index, the disk space and the settings of the service', async () => {
    expect((await trainyard.service.index()).links.console).toBe('ui/');
    const { kinds, freeBytes } = await trainyard.service.storage();
    expect(kinds.map(({ kind }) => kind)).toEqual(['models', 'checkpoints', 'datasets', 'tensorboard', 'queue']);
    expect(freeBytes).toBeGreaterThan(0);
    const settings = await trainyard.service.settings();
    expect(settings.find(({ name }) => name === 'PORT')).toMatchObject({ default: '3000', value: '0', isSet: true });
    expect(settings.find(({ name }) => name === 'REDIS_URL')).not.toHaveProperty('value');
    const missing = '00000000-0000-4000-8000-000000000000';
    await expect(trainyard.service.removeCheckpoints(missing)).rejects.toMatchObject({ code: 'checkpoint_not_found' });
  });

  it('lists networks and workers, summarizes a network and reports readiness', async () => {
    expect((await trainyard.networks.list()).map(({ name }) => name)).toContain('resnet');
    expect(await trainyard.networks.summary('resnet', { input: '1x28x28' })).toMatchObject({ network: 'resnet' });
    expect(await trainyard.workers.list()).toHaveLength(1);
    expect(await trainyard.service.ready()).toMatchObject({ status: 'ready' });
  });
});
