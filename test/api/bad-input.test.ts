/** Bad input: each is refused with its status, a code, a sentence and a pointer, and the next good request is answered. */
import { connect } from 'node:net';
import request from 'supertest';
import { afterEach, describe, expect, test } from 'vitest';
import { measureCpuMs } from '../support/cpu-time.js';
import { openRunningApi } from '../support/running-api.js';

const { api } = await openRunningApi();
afterEach(async () => {
  await request(api.server).post('/jobs').send({ network: 'resnet' }).expect(202);
});

const problem = (status: number, code: string, rest: object = {}) => ({
  type: 'about:blank',
  status,
  code,
  title: expect.any(String),
  detail: expect.stringMatching(/^\S.{10,600}[.?]$/s),
  ...rest,
});

/** What is wrong, the body, the pointer to it, and what its sentence must say. */
const bodies: [what: string, body: unknown, pointer: string, sentence: RegExp][] = [
  ['no network', {}, '/network', /is required/],
  ['an unknown network', { network: 'vgg' }, '/network', /one of "resnet", "densenet", not "vgg"/],
  ['a network that is a number', { network: 5 }, '/network', /not 5/],
  ['an unknown field', { network: 'resnet', layers: 5 }, '/layers', /not a known field: \/docs lists the fields/],
  [
    'an unknown field of the data set',
    { network: 'resnet', dataset: { size: 5 } },
    '/dataset/size',
    /Did you mean resize\?/,
  ],
  [
    'an unknown data set',
    { network: 'resnet', dataset: { name: 'cifar10' } },
    '/dataset/name',
    /"fashion-mnist", "synthetic", not "cifar10"/,
  ],
  ['a data set whose name is a path', { network: 'resnet', dataset: { name: '../x' } }, '/dataset/name', /"..\/x"/],
  ['a data set that is a number', { network: 'resnet', dataset: 5 }, '/dataset', /must be an object or a string/],
  ['batch size 0', { network: 'resnet', batchSize: 0 }, '/batchSize', /at least 1, not 0/],
  ['batch size -1', { network: 'resnet', batchSize: -1 }, '/batchSize', /at least 1, not -1/],
  ['batch size 1.5', { network: 'resnet', batchSize: 1.5 }, '/batchSize', /a whole number, not 1.5/],
  ['batch size 1e9', { network: 'resnet', batchSize: 1e9 }, '/batchSize', /at most 8192, not 1000000000/],
  ['batch size as text', { network: 'resnet', batchSize: '256' }, '/batchSize', /a whole number, not "256"/],
  ['batch size null', { network: 'resnet', batchSize: null }, '/batchSize', /not null/],
  ['epochs 0', { network: 'resnet', epochs: 0 }, '/epochs', /at least 1, not 0/],
  ['epochs true', { network: 'resnet', epochs: true }, '/epochs', /not true/],
  ['a negative seed', { network: 'resnet', seed: -1 }, '/seed', /at least 0/],
  ['a step interval of 0', { network: 'resnet', stepInterval: 0 }, '/stepInterval', /at least 1/],
  [
    'a negative learning rate',
    { network: 'resnet', optimizer: { name: 'adam', learningRate: -0.1 } },
    '/optimizer/learningRate',
    /greater than 0, not -0.1/,
  ],
  [
    'a learning rate of 0',
    { network: 'resnet', optimizer: { learningRate: 0 } },
    '/optimizer/learningRate',
    /greater than 0, not 0/,
  ],
  [
    'a learning rate as text',
    { network: 'resnet', optimizer: { name: 'sgd', learningRate: 'fast' } },
    '/optimizer/learningRate',
    /a number, not "fast"/,
  ],
  [
    'a huge learning rate',
    { network: 'resnet', optimizer: { name: 'sgd', learningRate: 1e9 } },
    '/optimizer/learningRate',
    /at most 10/,
  ],
  [
    'an unknown optimizer',
    { network: 'resnet', optimizer: { name: 'lion' } },
    '/optimizer/name',
    /one of "adam", "adamw", "sgd", not "lion"/,
  ],
  [
    'an optimizer that is a number',
    { network: 'resnet', optimizer: 5 },
    '/optimizer',
    /must be an object or "adam" or "adamw" or "sgd", not 5/,
  ],
  [
    'momentum for Adam',
    { network: 'resnet', optimizer: { name: 'adam', momentum: 0.9 } },
    '/optimizer/momentum',
    /allowed are name, learningRate, beta1/,
  ],
  [
    'a momentum of 1',
    { network: 'resnet', optimizer: { name: 'sgd', momentum: 1 } },
    '/optimizer/momentum',
    /at most 0.9999999, not 1/,
  ],
  [
    'Nesterov without momentum',
    { network: 'resnet', optimizer: { name: 'sgd', nesterov: true } },
    '/optimizer/nesterov',
    /needs a momentum/,
  ],
  [
    'an option that only another network has',
    { network: 'resnet', networkOptions: { growth: 32 } },
    '/networkOptions/growth',
    /not a known field: allowed are variant, stem, stemKernel, width, blocks, zeroInitResidual, dropRate/,
  ],
  [
    'a variant of another network',
    { network: 'densenet', networkOptions: { variant: 'resnet50' } },
    '/networkOptions/variant',
    /one of "tutorial", "densenet121", .*, not "resnet50"/,
  ],
  [
    'a small kernel with the classic stem',
    { network: 'resnet', networkOptions: { stemKernel: 5 } },
    '/networkOptions/stemKernel',
    /must be 7 with the classic stem, not 5/,
  ],
  [
    'more residuals in a stage than any network has',
    { network: 'resnet', networkOptions: { blocks: [3, 37, 3] } },
    '/networkOptions/blocks/1',
    /at most 36, not 37/,
  ],
  [
    'more residuals than any network has',
    { network: 'resnet', networkOptions: { blocks: [36, 30, 1] } },
    '/networkOptions/blocks',
    /must have at most 66 residuals \(as ResNet-200\) in total, not 67/,
  ],
  [
    'more dense layers than any network has',
    { network: 'densenet', networkOptions: { blocks: [64, 64, 3] } },
    '/networkOptions/blocks',
    /must have at most 130 layers \(as DenseNet-264\) in total, not 131/,
  ],
  [
    'a large kernel with the small stem',
    { network: 'densenet', networkOptions: { stem: 'small', stemKernel: 7 } },
    '/networkOptions/stemKernel',
    /must be 3 or 5 with the small stem, not 7/,
  ],
  [
    'a kernel of 4',
    { network: 'resnet', networkOptions: { stemKernel: 4 } },
    '/networkOptions/stemKernel',
    /one of 3, 5, 7, not 4/,
  ],
  ['no stages', { network: 'resnet', networkOptions: { blocks: [] } }, '/networkOptions/blocks', /at least 1 items/],
  [
    'seven stages',
    { network: 'resnet', networkOptions: { blocks: Array(7).fill(1) } },
    '/networkOptions/blocks',
    /at most 6 items, not 7/,
  ],
  [
    'a stage without layers',
    { network: 'densenet', networkOptions: { blocks: [4, 0] } },
    '/networkOptions/blocks/1',
    /at least 1, not 0/,
  ],
  [
    'a width of 257',
    { network: 'resnet', networkOptions: { width: 257 } },
    '/networkOptions/width',
    /at most 256, not 257/,
  ],
  [
    'a drop rate of 1',
    { network: 'resnet', networkOptions: { dropRate: 1 } },
    '/networkOptions/dropRate',
    /less than 1, not 1/,
  ],
  [
    'network options that are a list',
    { network: 'resnet', networkOptions: [] },
    '/networkOptions',
    /must be an object, not \[\]/,
  ],
  [
    'a network whose numbers no file holds',
    { network: 'resnet', networkOptions: { variant: 'resnet152', width: 256 } },
    '/networkOptions',
    /make 9[0-9]{2},[0-9,]+ parameters; at most 500,000,000 can be stored/,
  ],
  [
    'a resize too small for the stages',
    { network: 'densenet', networkOptions: { blocks: [1, 1, 1, 1, 1, 1] }, dataset: { resize: 124 } },
    '/dataset/resize',
    /at least 125×125 pixels, not 124×124/,
  ],
  [
    'a resize too small for the network',
    { network: 'densenet', dataset: { resize: 28 } },
    '/dataset/resize',
    /at least 29×29 pixels, not 28×28/,
  ],
  ['a resize of 1', { network: 'resnet', dataset: { resize: 1 } }, '/dataset/resize', /at least 8, not 1/],
  [
    'more images than the data set has',
    { network: 'resnet', dataset: { trainSamples: 60_001 } },
    '/dataset/trainSamples',
    /at most 60000, the images fashion-mnist has, not 60001/,
  ],
  ['a name that is a path', { network: 'resnet', name: '../../etc' }, '/name', /"..\/..\/etc".*Lower-case letters/],
  ['an empty name', { network: 'resnet', name: '' }, '/name', /Lower-case letters/],
  ['a body that is a list', [], '', /must be an object, not \[\]/],
  ['a body that is text', '"resnet"', '', /must be an object/],
];

describe('POST /jobs refuses', () => {
  test.each(bodies)('%s', async (_, body, pointer, sentence) => {
    const response = await request(api.server)
      .post('/jobs')
      .type('json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.body).toEqual(
      problem(400, 'invalid_request', { errors: [{ pointer, message: expect.stringMatching(sentence) }] }),
    );
    expect(response.status).toBe(400);
  });

  test('several faults, all in one answer', async () => {
    const body = { network: 'vgg', epochs: 0, optimizer: { name: 'adam', learningRate: -1 }, extra: 1 };
    const response = await request(api.server).post('/jobs').send(body).expect(400);
    const pointers = response.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.toSorted()).toEqual(['/epochs', '/extra', '/network', '/optimizer/learningRate']);
  });

  test.each([
    ['NaN, which is no JSON', '{"network":"resnet","optimizer":{"learningRate":NaN}}', /not valid JSON/],
    ['half a document', '{"network":', /not valid JSON/],
    ['an empty body', '', /empty/],
    ['a body that names a prototype', '{"network":"resnet","__proto__":{"x":1}}', /not valid JSON/],
  ])('%s', async (_, text, sentence) => {
    const response = await request(api.server).post('/jobs').type('json').send(text).expect(400);
    expect(response.body).toEqual(problem(400, 'invalid_request', { detail: expect.stringMatching(sentence) }));
  });

  test('infinity', async () => {
    const response = await request(api.server)
      .post('/jobs')
      .type('json')
      .send('{"network":"resnet","optimizer":{"learningRate":1e999}}')
      .expect(400);
    expect(response.body.errors[0].pointer).toBe('/optimizer/learningRate');
  });

  test('no body at all', async () => {
    const response = await request(api.server).post('/jobs').expect(400);
    expect(response.body).toMatchObject({ code: 'invalid_request' });
  });

  test('a body of another type', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
      const response = await request(api.server).post('/jobs').type(type).send('network=resnet').expect(415);
      expect(response.body).toEqual(problem(415, 'unsupported_media_type'));
    }
  });

  test('a body of 50 MB, which it does not read', async () => {
    const { status, body } = await sendHeaderOf(50_000_000);
    expect(status).toBe(413);
    expect(body).toEqual(problem(413, 'payload_too_large', { detail: expect.stringMatching(/65536 bytes/) }));
  });

  test('a body that is longer than it says', async () => {
    const response = await request(api.server)
      .post('/jobs')
      .type('json')
      .send(JSON.stringify({ network: 'x'.repeat(100_000) }));
    expect(response.status).toBe(413);
  });
});

/** POSTs the header of a large body and none of it. */
function sendHeaderOf(bytes: number): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk;
      const [head = '', body = ''] = text.split('\r\n\r\n');
      if (body === '') return;
      socket.destroy();
      resolve({ status: Number(head.split(' ')[1]), body: JSON.parse(body) });
    });
    socket.write(
      `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n{`,
    );
  });
}

describe('a route that needs no body', () => {
  const routes = [
    ['POST', '/jobs/nobody/pause'],
    ['POST', '/jobs/nobody/resume'],
    ['DELETE', '/jobs/nobody'],
    ['DELETE', '/models/nobody'],
    ['DELETE', '/models/nobody/versions/1'],
    ['DELETE', '/models/nobody/labels/stable'],
    ['POST', '/models/nobody/labels/stable/rollback'],
    ['DELETE', '/datasets/nobody'],
  ] as const;
  // The last two are of `curl -d ''` and of `-H 'content-type: application/json'` alone.
  const small: [type: string | undefined, body: string][] = [
    ['application/json', '{"reason": "none"}'],
    ['application/json', '{'],
    ['text/plain', 'x'.repeat(1024)],
    ['nonsense', 'x'],
    [undefined, 'x'],
    ['application/x-www-form-urlencoded', ''],
    ['application/json', ''],
  ];
  const send = (method: string, path: string, type: string | undefined, body: string) =>
    fetch(`${api.address}${path}`, {
      method,
      headers: type === undefined ? {} : { 'content-type': type },
      body: Buffer.from(body),
    });

  test.each(routes)('ignores a small one, whatever it is, and refuses others unread: %s %s', async (method, path) => {
    for (const [type, body] of small) {
      const response = await send(method, path, type, body);
      expect([response.status, await response.json()], `${type} ${body}`).toEqual([
        404,
        expect.objectContaining({ code: expect.stringMatching(/_not_found$/) }),
      ]);
    }
    const response = await send(method, path, 'application/json', JSON.stringify('x'.repeat(1023)));
    expect([response.status, await response.json()]).toEqual([
      413,
      problem(413, 'payload_too_large', { detail: expect.stringMatching(/1024 bytes/) }),
    ]);
  });
});

describe('an unknown path or resource', () => {
  const id = '00000000-0000-4000-8000-000000000000';
  test.each([
    ['GET', `/jobs/${id}`, 404, 'job_not_found'],
    ['GET', '/jobs/abc', 404, 'job_not_found'],
    ['GET', '/jobs/..%2f..%2fetc', 404, 'job_not_found'],
    ['DELETE', `/jobs/${id}`, 404, 'job_not_found'],
    ['GET', `/jobs/${id}/metrics`, 404, 'job_not_found'],
    ['GET', '/models/nobody', 404, 'model_not_found'],
    ['GET', '/models/..%2f..', 404, 'model_not_found'],
    ['GET', '/models/nobody/versions/1', 404, 'model_not_found'],
    ['DELETE', '/models/nobody', 404, 'model_not_found'],
    ['DELETE', '/models/..%2f..', 404, 'model_not_found'],
    ['DELETE', '/models/%2e%2e/versions/1', 404, 'not_found'],
    ['DELETE', '/models/a%00b/versions/1', 404, 'model_not_found'],
    ['GET', '/models/nobody/labels/stable', 404, 'label_not_found'],
    ['DELETE', '/models/nobody/labels/..%2f..', 404, 'label_not_found'],
    ['POST', '/models/nobody/labels/stable/rollback', 404, 'label_not_found'],
    ['GET', '/networks/vgg/summary', 404, 'not_found'],
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', `/jobs/${'x'.repeat(1_000)}`, 404, 'not_found'],
    ['PUT', '/jobs', 405, 'method_not_allowed'],
    ['PUT', `/jobs/${id}`, 405, 'method_not_allowed'],
    ['POST', '/livez', 405, 'method_not_allowed'],
    ['GET', '/predict', 405, 'method_not_allowed'],
    ['OPTIONS', '/predict', 405, 'method_not_allowed'],
    ['QUERY', '/jobs', 405, 'method_not_allowed'],
    ['GET', '/jobs/%E0%A4%A', 400, 'invalid_request'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const response = await fetch(`${api.address}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/problem\+json/);
    expect(await response.json()).toEqual(problem(status, code));
    if (status === 405) expect(response.headers.get('allow')).toMatch(/GET|POST/);
  });
});

describe('a path with a slash at its end, or two where one belongs, is the same path', () => {
  test.each([
    ['GET', '/jobs/', 200],
    ['HEAD', '/jobs/', 200],
    ['GET', '/jobs/?limit=1', 200],
    ['GET', '//jobs', 200],
    ['POST', '/jobs/', 202],
    ['POST', '//jobs/', 202],
    ['GET', '/models/', 200],
    ['GET', '/networks//resnet/summary/', 200],
    ['GET', '/livez/', 200],
    ['GET', '/v2/', 200],
    ['GET', '/v2/models/', 200],
    ['GET', '/docs/', 200],
    ['GET', '/openapi.yaml/', 200],
    ['PUT', '/jobs/', 405],
    ['GET', '/predict/', 405],
    ['GET', '/nowhere/', 404],
    ['GET', '/jobs/nobody/', 404],
  ])('%s %s is %i', async (method, path, status) => {
    const body = method === 'POST' ? '{"network":"resnet"}' : undefined;
    const init = { method, ...(body && { body, headers: { 'content-type': 'application/json' } }) };
    const response = await fetch(`${api.address}${path}`, init);
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });
});

describe('a query', () => {
  test.each([
    ['/jobs?limit=0', '?limit'],
    ['/jobs?limit=101', '?limit'],
    ['/jobs?limit=many', '?limit'],
    ['/jobs?cursor=abc', '?cursor'],
    ['/jobs?cursor=-1', '?cursor'],
    ['/jobs?sort=-testAccuracy&cursor=06707e6e8.01~7', '?cursor'],
    ['/jobs?sort=-testAccuracy&cursor=1.2.3~7', '?cursor'],
    ['/jobs?sort=-testAccuracy&cursor=1e~7', '?cursor'],
    ['/jobs?cursor=1&cursor=2', '?cursor'],
    ['/jobs?status=done', '?status'],
    ['/jobs?page=2', '?page'],
    ['/networks/resnet/summary?input=224', '?input'],
    ['/networks/resnet/summary?input=1x0x224', '?input'],
    ['/networks/resnet/summary?input=2x28x28', '?input'],
    ['/networks/resnet/summary?classes=1', '?classes'],
    ['/networks/resnet/summary?variant=densenet121', '?variant'],
    ['/networks/resnet/summary?growth=32', '?growth'],
    ['/networks/resnet/summary?width=7', '?width'],
    ['/networks/densenet/summary?growth=many', '?growth'],
    ['/networks/resnet/summary?stem=small&stemKernel=7', '?stemKernel'],
    ['/networks/resnet/summary?blocks=3,,4', '?blocks'],
    ['/networks/resnet/summary?blocks=3,99', '?blocks/1'],
    ['/models/resnet/versions/abc', '/version'],
    ['/webhooks/deliveries?job=a&cursor=0-0', '?cursor'],
    ['/models/resnet/versions/0', '/version'],
  ])('%s is refused with the pointer %s', async (path, pointer) => {
    const response = await request(api.server).get(path).expect(400);
    expect(response.body).toEqual(
      problem(400, 'invalid_request', { errors: [{ pointer, message: expect.any(String) }] }),
    );
  });

  test('is refused with the largest number of blocks if it has too many', async () => {
    const response = await request(api.server).get('/networks/resnet/summary?blocks=100,3').expect(400);
    expect(response.body.detail).toMatch(/"100,3".*at most 36 each for a ResNet/);
  });

  test('is refused as too large for a double', async () => {
    const response = await request(api.server)
      .post('/jobs')
      .set('content-type', 'application/json')
      .send('{"network":"resnet","epochs":1e999}')
      .expect(400);
    expect(response.body.detail).toBe('/epochs must be at most 10000, not a number beyond the range of doubles.');
  });

  test('is refused with the smallest size if its input is too small', async () => {
    const response = await request(api.server).get('/networks/densenet/summary?input=1x28x28').expect(400);
    expect(response.body).toEqual(problem(400, 'invalid_shape', { detail: expect.stringMatching(/29×29.*28×28/) }));
  });
});

describe('POST refuses expensive input quickly:', () => {
  const refuse = async (url: string, body: string) => {
    const cpuMs = await measureCpuMs(async () => {
      const send = request(api.server).post(url).set('content-type', 'application/json').send(body);
      const { body: answer } = await send.expect(400);
      expect(answer).toMatchObject({ code: 'invalid_request', detail: expect.stringMatching(/\.$/) });
    });
    // Describing each wrong part would take 7 s for the fields and 1.2 s for the list.
    expect(cpuMs).toBeLessThan(700);
  };

  test('6,500 unknown fields', () =>
    refuse('/jobs', JSON.stringify(Object.fromEntries(Array.from({ length: 6_500 }, (_, i) => [`f${i}`, 1])))));
  test('half a million images that are numbers', () => refuse('/predict', `{"images":[${'1,'.repeat(500_000)}1]}`));
  test('lists 20,000 deep', () => refuse('/jobs', `{"network":${'['.repeat(20_000)}${']'.repeat(20_000)}}`));
  test('lists 20,000 deep as images', () =>
    refuse('/predict', `{"images":[${'['.repeat(20_000)}${']'.repeat(20_000)}]}`));
});
