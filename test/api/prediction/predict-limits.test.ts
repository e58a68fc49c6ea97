/** Limits of a prediction: its deadline, its client, the queue, and the memory of bodies. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import sharp from 'sharp';
import request from 'supertest';
import { afterEach, expect, it } from 'vitest';
import { saveTinyModel } from '../../support/models.js';
import { openPredictApi, type PredictApi } from '../../support/predict-api.js';

const png = await sharp(Buffer.alloc(784, 100), { raw: { width: 28, height: 28, channels: 1 } })
  .png()
  .toBuffer();

let api: PredictApi;
async function open(options: Parameters<typeof openPredictApi>[0] = {}): Promise<void> {
  api = await openPredictApi(options);
  await saveTinyModel(api.store);
  await api.store.labels.move('boots', 'stable', { version: 1 });
}
afterEach(() => api.close());

const predict = (timeoutMs?: number | string) => {
  const sent = request(api.address).post('/predict').set('content-type', 'image/png');
  return (timeoutMs === undefined ? sent : sent.set('x-request-timeout-ms', String(timeoutMs))).send(png);
};

it('returns 504 for a request without an answer by its deadline, and does not run it later', async () => {
  await open();
  process.kill(api.predictorPid, 'SIGSTOP');
  const first = predict();
  const sent = first.then(({ status }) => status);
  await api.log.line('batch sent');
  const { body } = await predict(150)
    .expect(504)
    .expect('content-type', /problem\+json/);
  expect(body).toMatchObject({ code: 'deadline_exceeded', detail: expect.stringContaining('150 ms') });
  process.kill(api.predictorPid, 'SIGCONT');
  expect(await sent).toBe(200);
  await predict(10_000).expect(200);
  expect(api.batches()).toEqual([1, 1]);
});

it('limits the deadline of a request to the setting', async () => {
  await open({ limits: { predictTimeoutMs: 100 } });
  process.kill(api.predictorPid, 'SIGSTOP');
  const { body } = await predict(60_000).expect(504);
  expect(body.detail).toContain('100 ms');
});

it.each(['0', '1.5', 'soon', '-1', '1e9'])('refuses the deadline %j', async (text) => {
  await open();
  const { body } = await predict(text).expect(400);
  expect(body.errors).toEqual([
    { pointer: 'header x-request-timeout-ms', message: expect.stringMatching(/1 to 86400000/) },
  ]);
});

it('returns 504 for a body that has not arrived by the deadline, and closes its connection', async () => {
  await open();
  const { port } = new URL(api.address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nX-Request-Timeout-Ms: 100\r\nContent-Length: 1000\r\n\r\nabc',
  );
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1.1 504 /);
  expect(answer).toContain('deadline_exceeded');
  await predict().expect(200);
});

it('does not run a request after its client has disconnected', async () => {
  await open();
  process.kill(api.predictorPid, 'SIGSTOP');
  const first = predict().then(({ status }) => status);
  await api.log.line('batch sent');
  const leaving = httpRequest(`${api.address}/predict`, { method: 'POST', headers: { 'content-type': 'image/png' } });
  leaving.on('error', () => undefined);
  leaving.end(png);
  await once(leaving, 'finish');
  leaving.destroy();
  await api.log.line('request refused');
  process.kill(api.predictorPid, 'SIGCONT');
  expect(await first).toBe(200);
  await predict().expect(200);
  expect(api.batches()).toEqual([1, 1]);
});

it('frees the memory of an upload if its client disconnects, and logs no error', async () => {
  await open({ limits: { maxBodiesBytes: 1_000 } });
  const { port } = new URL(api.address);
  for (const path of ['/predict', '/v1/models/boots:predict', '/v2/models/boots/infer']) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    const type = 'Content-Type: image/png\r\n';
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${type}Content-Length: 100000\r\n\r\nabc`;
    await new Promise((resolve) => socket.write(head, resolve));
    const answer = predict(); // waits for the other request, which has reserved all the memory
    socket.destroy();
    expect((await answer).status).toBe(200);
  }
  expect(api.log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

it('returns 429 with Retry-After if the queue is full', async () => {
  await open({ predictor: { maxWaitingImages: 2 } });
  process.kill(api.predictorPid, 'SIGSTOP');
  const first = predict().then(({ status }) => status);
  await api.log.line('batch sent');
  const answers: (readonly [status: number, retryAfter: string | undefined])[] = [];
  const others = Array.from({ length: 5 }, () =>
    predict().then(({ status, headers }) => answers.push([status, headers['retry-after']])),
  );
  const refused = new Array(3).fill([429, '1']);
  await expect.poll(() => answers, { timeout: 30_000 }).toEqual(refused);
  process.kill(api.predictorPid, 'SIGCONT');
  expect(await first).toBe(200);
  await Promise.all(others);
  expect(answers).toEqual([...refused, [200, undefined], [200, undefined]]);
});

it('refuses a client that fills its part of the queue, and accepts another client', async () => {
  await open({ predictor: { maxWaitingImages: 2 } });
  process.kill(api.predictorPid, 'SIGSTOP');
  const first = predict().then(({ status }) => status);
  await api.log.line('batch sent');
  const refusals: string[] = [];
  const greedy = Array.from({ length: 3 }, () =>
    predict().then(({ status, body }) => {
      if (status === 429) refusals.push(body.detail);
      return status;
    }),
  );
  const full = '2 images are already waiting for a prediction, 2 of them of this client. Try again in a few seconds.';
  await expect.poll(() => refusals, { timeout: 30_000 }).toEqual([full]);
  const headers = { 'content-type': 'image/png' };
  const other = httpRequest(`${api.address}/predict`, { method: 'POST', headers, localAddress: '127.0.0.2' });
  const answer = once(other, 'response');
  other.end(png);
  const outbid = expect.stringContaining('another client needed its share');
  await expect.poll(() => refusals, { timeout: 30_000 }).toEqual([full, outbid]);
  process.kill(api.predictorPid, 'SIGCONT');
  const [{ statusCode }] = await answer;
  expect(statusCode).toBe(200);
  expect(await first).toBe(200);
  expect((await Promise.all(greedy)).sort()).toEqual([200, 429, 429]);
});

it('leaves bodies beyond the memory limit unread until there is room, and answers all of them', async () => {
  await open({ limits: { maxBodiesBytes: 1_000 } });
  process.kill(api.predictorPid, 'SIGSTOP');
  const answers = Array.from({ length: 12 }, () => predict().then(({ status }) => status));
  await api.log.line('batch sent');
  process.kill(api.predictorPid, 'SIGCONT');
  expect(await Promise.all(answers)).toEqual(new Array(12).fill(200));
  // Each body counts twice, so few are admitted at once.
  expect(Math.max(...api.batches().map(Number))).toBeLessThanOrEqual(Math.floor(1_000 / (2 * png.length)));
});

it.each([
  ['millions of lists', `[${'[],'.repeat(2_600_000)}[]]`, /more than 2500000 lists/],
  ['millions of texts', `[${'"",'.repeat(200_000)}""]`, /more than 100000 strings or objects/],
  ['millions of objects', `[${'{},'.repeat(200_000)}{}]`, /more than 100000 strings or objects/],
])('refuses JSON with %s before parsing it', async (_, value, sentence) => {
  await open({ limits: { maxBodyBytes: 2 ** 24 } });
  for (const [path, body] of [
    ['/predict', `{"instances":${value}}`],
    ['/v1/models/boots:predict', `{"instances":${value}}`],
    ['/v2/models/boots/infer', `{"inputs":[{"name":"images","shape":[1],"datatype":"UINT8","data":${value}}]}`],
  ] as const) {
    const answer = await request(api.address).post(path).set('content-type', 'application/json').send(body).expect(400);
    expect(answer.body.detail ?? answer.body.error).toMatch(sentence);
  }
});

it('refuses a compressed body', async () => {
  await open();
  const { body } = await request(api.address)
    .post('/predict')
    .set({ 'content-type': 'application/json', 'content-encoding': 'gzip' })
    .send('rubbish')
    .expect(415);
  expect(body.detail).toContain('compressed');
});

it('refuses small files with too many pixels in every protocol, and answers fewer of them', async () => {
  await open();
  await saveTinyModel(api.store, { name: 'large', classes: ['a', 'b'], side: 512, channels: 3 });
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const files = (count: number) => new Array<string>(count).fill(pixel.toString('base64'));
  const ways: readonly (readonly [path: string, body: (images: string[]) => object])[] = [
    ['/predict', (images) => ({ model: 'large', images })],
    ['/v1/models/large:predict', (images) => ({ instances: images.map((b64) => ({ b64 })) })],
    [
      '/v2/models/large/infer',
      (data) => ({ inputs: [{ name: 'images', shape: [data.length], datatype: 'BYTES', data }] }),
    ],
  ];
  for (const [path, body] of ways) {
    const { text } = await request(api.address)
      .post(path)
      .send(body(files(256)))
      .expect(413);
    expect(text).toContain('at most 170 images');
    await request(api.address)
      .post(path)
      .send(body(files(2)))
      .expect(200);
  }
  expect(api.batches()).toEqual([2, 2, 2]);
});
