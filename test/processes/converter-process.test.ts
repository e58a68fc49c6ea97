/** Converter process: a client with many conversions does not block other clients. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const WEIGHTS = Buffer.alloc(100);
const IMAGE = { height: 28, width: 28, channels: 1 };
const SPEC = { name: 'mine', network: 'resnet', resize: 28, classes: ['a', 'b'], image: IMAGE };

let folder: string;
let api: PredictApi;
/** A converter process that refuses its requests as soon as the file `go` exists. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-conversions-'));
  const url = pathToFileURL(join(folder, 'converter.mjs'));
  const answer = `{ error: { code: 'invalid_weights', message: 'They are none.' } }`;
  await writeFile(
    url,
    `import { existsSync } from 'node:fs';
    process.once('message', () => {
      const waiting = setInterval(() => {
        if (!existsSync(${JSON.stringify(join(folder, 'go'))})) return;
        clearInterval(waiting);
        process.send(${answer}, () => process.disconnect());
      }, 10);
    });`,
  );
  api = await openPredictApi({ converter: { converterUrl: url } });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

/** Returns the complete uploads, which wait for the converter or are being converted. */
async function wholeUploads(): Promise<number> {
  const folders = await readdir(api.folder);
  const sizes = folders.map((name) =>
    stat(join(api.folder, name, 'upload')).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).filter((size) => size === WEIGHTS.length).length;
}

it('alternates between the imports of several clients', async () => {
  const order: string[] = [];
  const answers: Promise<unknown>[] = [];
  const send = async (client: string, localAddress: string): Promise<void> => {
    const before = await wholeUploads();
    const sent = request(api.address)
      .post('/models')
      .agent(new Agent({ localAddress }))
      .field('spec', JSON.stringify(SPEC))
      .attach('weights', WEIGHTS, 'weights.safetensors');
    answers.push(sent.then(({ body }) => order.push(`${client} ${body.code}`)));
    await expect.poll(wholeUploads, { timeout: 20_000 }).toBe(before + 1);
  };
  for (let index = 0; index < 4; index++) await send('greedy', '127.0.0.1');
  await send('other', '127.0.0.2');
  await writeFile(join(folder, 'go'), '');
  await Promise.all(answers);
  const [greedy, other] = ['greedy invalid_weights', 'other invalid_weights'];
  expect(order).toEqual([greedy, greedy, other, greedy, greedy]);
});
