/** Bodies in the forms that clients send: compressed, with a byte order mark, in other encodings, with faults in their JSON. */
import { connect } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveTinyModel } from '../../support/models.js';
import { openPredictApi, type PredictApi } from '../../support/predict-api.js';

const pixels = Uint8Array.from({ length: 784 }, (_, index) => (index * 37) % 256);
const image = Array.from({ length: 28 }, (_, y) => [...pixels.subarray(y * 28, y * 28 + 28)]);

let api: PredictApi;
beforeAll(async () => {
  api = await openPredictApi();
  await saveTinyModel(api.store, { name: 'boots', seed: 1 });
  await api.store.labels.move('boots', 'stable', { version: 1 });
});
afterAll(() => api.close());

type Answer = Readonly<{ status: number; sentence: string; body: object; headers: Headers }>;

async function send(path: string, body: Uint8Array | string, headers: Record<string, string> = {}, method = 'POST') {
  const init = {
    method,
    body: Uint8Array.from(Buffer.from(body)),
    headers: { 'content-type': 'application/json', ...headers },
  };
  const response = await fetch(api.address + path, init);
  const answer = (await response.json()) as { error?: string; detail?: string };
  const sentence = answer.error ?? answer.detail ?? '';
  return { status: response.status, sentence, body: answer, headers: response.headers } satisfies Answer;
}

/** A valid request for each route with a JSON body. */
const inference = {
  '/v1/models/boots:predict': JSON.stringify({ instances: [image] }),
  '/v1/models/boots:classify': JSON.stringify({ examples: [{ images: image }] }),
  '/v2/models/boots/infer': JSON.stringify({
    inputs: [{ name: 'images', shape: [1, 28, 28, 1], datatype: 'UINT8', data: [...pixels] }],
  }),
} as const;
const taken = { ...inference, '/predict': JSON.stringify({ model: 'boots', instances: [image] }) };

/** All routes that read JSON. */
const routes: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/jobs'],
  ['PATCH', '/jobs/a'],
  ['PUT', '/models/boots/labels/stable'],
  ...Object.keys(taken).map((path) => ['POST', path] as const),
  ['POST', '/v2/repository/index'],
  ['POST', '/v2/models/boots/versions/1/infer'],
  ['POST', '/v1/models/boots/versions/1:predict'],
];

describe('a compressed body', () => {
  const codings = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    GZIP: gzipSync,
    deflate: deflateSync,
    'deflate without a header': deflateRawSync,
    'gzip, identity': gzipSync,
    identity: Buffer.from,
  };

  it.each(Object.entries(codings))(
    'is accepted in %s on the routes of the inference protocols',
    async (name, compress) => {
      const coding = name.replace(/ without.*/, '');
      for (const [path, body] of Object.entries(inference)) {
        const { status, body: answer } = await send(path, compress(Buffer.from(body)), { 'content-encoding': coding });
        expect([path, status, answer]).toEqual([path, 200, (await send(path, body)).body]);
      }
    },
  );

  it.each([gzipSync, deflateSync])('may have binary tensors after the JSON', async (compress) => {
    const json = JSON.stringify({
      inputs: [{ name: 'images', shape: [1, 28, 28, 1], datatype: 'UINT8', parameters: { binary_data_size: 784 } }],
    });
    const whole = Buffer.concat([Buffer.from(json), pixels]);
    const headers = {
      'content-encoding': compress === gzipSync ? 'gzip' : 'deflate',
      'inference-header-content-length': String(json.length),
    };
    const { body } = await send('/v2/models/boots/infer', compress(whole), headers);
    expect(body).toEqual((await send('/v2/models/boots/infer', inference['/v2/models/boots/infer'])).body);
    const raw = { ...headers, 'inference-header-content-length': '0' };
    const response = await fetch(`${api.address}/v2/models/boots/infer`, {
      method: 'POST',
      body: Uint8Array.from(compress(pixels)),
      headers: raw,
    });
    expect(response.status).toBe(200);
  });

  it('may come in chunks', async () => {
    const path = '/v1/models/boots:predict';
    const bytes = gzipSync(inference[path]);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 100) controller.enqueue(bytes.subarray(at, at + 100));
        controller.close();
      },
    });
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-encoding': 'gzip' } };
    expect((await fetch(api.address + path, init as RequestInit)).status).toBe(200);
  });

  it('is refused on other routes with the accepted encodings, whatever its bytes are', async () => {
    const others: readonly (readonly [method: string, path: string, type: string])[] = [
      ['POST', '/jobs', 'application/json'],
      ['PATCH', '/jobs/a', 'application/json'],
      ['PUT', '/models/boots/labels/stable', 'application/json'],
      ['PUT', '/datasets/shoes', 'application/zip'],
      ['POST', '/models', 'multipart/form-data; boundary=x'],
      ['POST', '/predict', 'application/json'],
      ['POST', '/predict', 'image/png'],
      ['POST', '/predict', 'multipart/form-data; boundary=x'],
      ['POST', '/v2/repository/index', 'application/json'],
      ['POST', '/jobs/a/pause', 'application/json'],
      ['DELETE', '/jobs/a', 'application/json'],
    ];
    for (const [method, path, type] of others) {
      for (const bytes of [gzipSync('{"network":"resnet"}'), '{"network":"resnet"}']) {
        const answer = await send(path, bytes, { 'content-encoding': 'gzip', 'content-type': type }, method);
        expect([path, answer.status, answer.headers.get('accept-encoding')]).toEqual([path, 415, 'identity']);
        expect(answer.sentence).toMatch(/does not accept the Content-Encoding .*gzip: send the body uncompressed\.$/);
      }
    }
  });

  it.each(['br', 'zstd', 'compress', 'gzip, gzip', 'deflate, gzip', 'nonsense'])('is refused in %s', async (coding) => {
    const answer = await send('/v2/models/boots/infer', gzipSync('{}'), { 'content-encoding': coding });
    expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate']);
    expect(answer.sentence).toContain('compress the body once, with gzip or deflate');
  });

  it('is refused with a sentence if it is truncated, damaged or not compressed', async () => {
    const path = '/v1/models/boots:predict';
    const whole = gzipSync(inference[path]);
    const damaged = Buffer.from(whole);
    damaged.writeUInt32LE(0, whole.length - 8); // its checksum
    for (const bytes of [whole.subarray(0, 200), whole.subarray(0, 5), damaged, Buffer.from(inference[path])]) {
      const { status, sentence } = await send(path, bytes, { 'content-encoding': 'gzip' });
      expect([status, sentence]).toEqual([400, expect.stringMatching(/^The body is not complete gzip data \(.*\)\.$/)]);
    }
    const { sentence } = await send(path, deflateSync(inference[path]).subarray(0, 200), {
      'content-encoding': 'deflate',
    });
    expect(sentence).toMatch(/^The body is not complete deflate data/);
    expect((await send(path, inference[path])).status).toBe(200);
  });

  it('is refused as soon as its decompressed size exceeds the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 28), { level: 9 }); // 256 MiB in 255 KiB
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Object.keys(inference).map((path) => send(path, bomb, { 'content-encoding': 'gzip' })),
    );
    for (const { status, sentence } of answers)
      expect([status, sentence]).toEqual([
        413,
        expect.stringMatching(/decompressed body is larger than the 4194304 bytes/),
      ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
  });
});

describe('an image', () => {
  const names: readonly (readonly [type: string, format: 'png' | 'jpeg' | 'webp'])[] = [
    ['image/jpg', 'jpeg'],
    ['image/pjpeg', 'jpeg'],
    ['image/x-png', 'png'],
    ['IMAGE/PNG; name="a.png"', 'png'],
    ['image/png', 'jpeg'],
    ['image/*', 'webp'],
    ['image/x-unknown', 'png'],
    ['application/octet-stream', 'jpeg'],
    ['Application/Octet-Stream', 'png'],
    ['binary/octet-stream', 'png'],
  ];
  const fileOf = (format: 'png' | 'jpeg' | 'webp') =>
    sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
      .toFormat(format)
      .toBuffer();

  it.each(names)('is recognized by its first bytes: type %s, content %s', async (type, format) => {
    const bytes = await fileOf(format);
    const { status, body } = await send('/predict', bytes, { 'content-type': type });
    expect([status, body]).toEqual([200, expect.objectContaining({ predictions: [expect.any(Array)] })]);
    expect(body).toEqual((await send('/predict', bytes, { 'content-type': `image/${format}` })).body);
    for (const name of ['; filename="a"', '']) {
      const form = Buffer.concat([
        Buffer.from(`--x\r\ncontent-disposition: form-data; name="a"${name}\r\ncontent-type: ${type}\r\n\r\n`),
        bytes,
        Buffer.from('\r\n--x--\r\n'),
      ]);
      const part = await send('/predict', form, { 'content-type': 'Multipart/Form-Data; boundary=x' });
      expect([name, part.body]).toEqual([name, body]);
    }
  });

  it('is distinguished from JSON by its first bytes if neither has a type', async () => {
    const ask = async (body: Uint8Array | string, type?: string) => {
      const init = { method: 'POST', body: new Blob([Uint8Array.from(Buffer.from(body))], { ...(type && { type }) }) };
      const response = await fetch(`${api.address}/predict`, init);
      return [response.status, await response.json()] as const;
    };
    const png = await fileOf('png');
    const [, expected] = await ask(png, 'image/png');
    expect(await ask(png)).toEqual([200, expected]);
    for (const type of [undefined, 'application/octet-stream']) {
      expect(await ask(`\n${taken['/predict']}`, type)).toEqual([200, expected]);
      const [status, refusal] = await ask('{"images":5}', type);
      expect([status, refusal]).toEqual([
        400,
        expect.objectContaining({ detail: expect.stringMatching(/^\/images must be/) }),
      ]);
      expect(await ask('rubbish', type)).toEqual([400, expect.objectContaining({ code: 'invalid_image' })]);
    }
  });

  it.each(['text/html', 'application/pdf', 'image/svg+xml'])('is not recognized in %s', async (type) => {
    expect((await send('/predict', 'x', { 'content-type': type })).status).toBe(415);
  });
});

describe('JSON', () => {
  it.each(Object.entries(taken))('is accepted with a byte order mark by %s', async (path, body) => {
    expect((await send(path, `\ufeff${body}`)).status).toBe(200);
  });

  it.each(routes)('is refused with the position of a fault by %s %s', async (method, path) => {
    for (const [body, place] of [
      ['{"network":"resnet","epochs":2,}', 'line 1, column 31'],
      ['{\n"a": NaN}', 'line 2, column 6'],
      ["{'a':1}", 'line 1, column 2'],
      ['{"a":1', 'line 1, column 7'],
    ] as const) {
      const { status, sentence } = await send(path, body, {}, method);
      expect([status, sentence]).toEqual([400, expect.stringContaining(`The body is not valid JSON at ${place}: `)]);
    }
  });

  it.each(routes)('is refused if it is not UTF-8 by %s %s', async (method, path) => {
    const latin = await send(path, Buffer.from('{"name":"café"}', 'latin1'), {}, method);
    expect([latin.status, latin.sentence]).toEqual([
      400,
      expect.stringMatching(/not UTF-8: the byte 0xe9 at line 1, column 13/),
    ]);
    const wide = await send(path, Buffer.from('\ufeff{}', 'utf16le'), {}, method);
    expect([wide.status, wide.sentence]).toEqual([400, expect.stringContaining('UTF-16')]);
    const half = await send(path, '{"name":"\\ud800"}', {}, method);
    expect([half.status, half.sentence]).toEqual([400, expect.stringContaining('a lone surrogate')]);
  });

  it.each([
    ['as a field', (bytes: Buffer) => ({ bytes, more: '' })],
    ['as a file', (bytes: Buffer) => ({ bytes, more: '; filename="spec.json"\r\ncontent-type: application/json' })],
  ])('is refused with a sentence in the spec of an import %s', async (_, part) => {
    const post = async (spec: Buffer) => {
      const { bytes, more } = part(spec);
      const form = Buffer.concat([
        Buffer.from(`--x\r\ncontent-disposition: form-data; name="spec"${more}\r\n\r\n`),
        bytes,
        Buffer.from('\r\n--x--\r\n'),
      ]);
      return send('/models', form, { 'content-type': 'multipart/form-data; boundary=x' });
    };
    const latin = await post(Buffer.from('{"name":"café","network":"resnet"}', 'latin1'));
    expect([latin.status, latin.sentence]).toEqual([400, expect.stringMatching(/^\/spec is not UTF-8/)]);
    const comma = await post(Buffer.from('{"network":"resnet",}'));
    expect(comma.sentence).toMatch(/^\/spec is not valid JSON at line 1, column 20: there is an extra comma/);
    const twice = await post(Buffer.from('{"network":"resnet","network":"densenet"}'));
    expect(twice.sentence).toMatch(/^\/spec is not valid JSON at line 1, column 21: the field "network" appears twice/);
    const mark = await post(Buffer.from('\ufeff{"network":"vgg"}'));
    expect(mark.sentence).toMatch(/^\/spec\/network must be one of/);
  });
});

it('refuses an Idempotency-Key that is not ASCII', async () => {
  for (const key of ['caf\u00e9', '\u00ff\u00fe', 'a b']) {
    const { status, body } = await send('/jobs', '{"network":"resnet"}', { 'idempotency-key': key });
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: 'header idempotency-key' })] }),
    ]);
  }
});

describe('a URL', () => {
  it.each(['/predict?model=caf%E9', '/predict?%ff=1', '/jobs?name=%C3', '/jobs?metadata=a:%zz'])(
    'is refused if its query is not UTF-8: %s',
    async (path) => {
      const response = await fetch(api.address + path, { method: path.startsWith('/jobs') ? 'GET' : 'POST' });
      const { detail } = (await response.json()) as { detail: string };
      expect([response.status, detail]).toEqual([400, expect.stringMatching(/percent-encoding .* not UTF-8/)]);
    },
  );

  it('is refused if its path is not UTF-8', async () => {
    const response = await fetch(`${api.address}/models/caf%E9`);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('UTF-8') }),
    ]);
  });

  it.each(['/models/café', '/jobs?name=café'])('is refused with bytes that are not ASCII: %s', async (path) => {
    for (const encoding of ['latin1', 'utf8'] as const) {
      const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
      socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, encoding));
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      expect(text).toMatch(/^HTTP\/1.1 400 .*(not ASCII|not valid HTTP)/s);
    }
  });

  it('is read as percent-encoded UTF-8', async () => {
    expect((await fetch(`${api.address}/models/caf%C3%A9`)).status).toBe(404);
  });
});
