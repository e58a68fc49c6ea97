/** POST /predict over HTTP with a real predictor: every kind of body, and the message that refuses each bad one. */

import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fastify } from 'fastify';
import sharp, { type Sharp } from 'sharp';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectParts } from '../../../src/api/deps.js';
import { Admission } from '../../../src/api/http/body-memory.js';
import { sendProblem } from '../../../src/api/http/problem-response.js';
import { createValidatorCompiler } from '../../../src/api/http/validation.js';
import { predictRoutes } from '../../../src/api/routes/predict.js';
import { resolveImagePreprocessing } from '../../../src/contracts/images/image-preprocessing.js';
import type { PredictResponse } from '../../../src/contracts/prediction/prediction-messages.js';
import { createClassifier } from '../../../src/inference/classifier.js';
import { createPredictorPool, type PredictorPool } from '../../../src/inference/predictor-pool.js';
import { type ModelStore, openModelStore } from '../../../src/store/index.js';
import { badImages } from '../../support/bad-images.js';
import { bmpOf } from '../../support/bmp.js';
import { captureLog } from '../../support/capture-log.js';
import { testImages } from '../../support/fashion-mnist.js';
import { resolverOf, saveTinyModel } from '../../support/models.js';

const MAX_BODY_BYTES = 4 * 2 ** 20;
const classes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];
const log = captureLog();
const pixels = await testImages(20);
const pngs = await Promise.all(pixels.map((image) => raw(image).toColourspace('b-w').png().toBuffer()));
const png = pngs[0] ?? Buffer.alloc(0);
const bad = await badImages();

let folder: string;
let store: ModelStore;
let predictor: PredictorPool;
let server: Server;
let close: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-predict-'));
  store = await openModelStore(folder);
  predictor = createPredictorPool({
    logger: log.logger,
    predictorUrl: pathToFileURL(join(import.meta.dirname, '../../../dist/predictor.js')),
  });
  const app = fastify({ loggerInstance: log.logger, bodyLimit: MAX_BODY_BYTES });
  app.setValidatorCompiler(createValidatorCompiler());
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(sendProblem);
  const classifier = createClassifier({ resolver: resolverOf(store), predictor });
  app.addHook('onRequest', async (request) => {
    request.project = { classifier } as unknown as ProjectParts;
  });
  await app.register(predictRoutes, {
    limits: {
      admission: new Admission({ maxBytes: 8 * MAX_BODY_BYTES }),
      maxBodyBytes: MAX_BODY_BYTES,
      timeoutMs: 30_000,
    },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  server = app.server;
  close = () => app.close();
  await log.line('predictor ready');
});
afterAll(async () => {
  await close();
  await predictor.close();
  await rm(folder, { recursive: true });
});

function raw(image: Uint8Array): Sharp {
  return sharp(image, { raw: { width: 28, height: 28, channels: 1 } });
}
const rows = (image: Uint8Array): number[][] =>
  Array.from({ length: 28 }, (_, y) => [...image.subarray(y * 28, y * 28 + 28)]);
/** Posts for the model boots, unless the query or the body names another. */
const post = (query = '') =>
  request(server).post(`/predict${query.includes('model=') ? query : `?model=boots${query.replace('?', '&')}`}`);
const postImage = (body: Buffer, type = 'image/png', query = '') => post(query).set('content-type', type).send(body);

/** Checks that the service still answers. */
async function expectServing(): Promise<void> {
  const { body } = await postImage(png).expect(200);
  expect(body.predictions).toHaveLength(1);
}

describe('before there is a model', () => {
  it('returns 404 and says what to do', async () => {
    const { body } = await request(server)
      .post('/predict')
      .set('content-type', 'image/png')
      .send(png)
      .expect(404)
      .expect('content-type', /problem\+json/);
    expect(body).toMatchObject({ code: 'model_not_found', detail: expect.stringContaining('POST /jobs') });
  });
});

describe('with models', () => {
  beforeAll(async () => {
    await saveTinyModel(store, { name: 'two', seed: 9, classes: ['a', 'b'], createdAt: '2025-01-01T00:00:00Z' });
    await saveTinyModel(store, { name: 'boots', seed: 1, classes, createdAt: '2025-02-01T00:00:00Z' });
    await saveTinyModel(store, { name: 'boots', seed: 2, classes, createdAt: '2025-03-01T00:00:00Z' });
    await saveTinyModel(store, { name: 'nan', seed: 3, factor: Number.NaN, createdAt: '2025-01-01T00:00:00Z' });
    await saveTinyModel(store, { name: 'colour', seed: 4, channels: 3, createdAt: '2025-01-01T00:00:00Z' });
  });

  it('requires a model if there are several, and lists them', async () => {
    const { body } = await request(server).post('/predict').set('content-type', 'image/png').send(png).expect(400);
    expect(body.errors).toEqual([
      {
        pointer: '/model',
        message: 'is required: there are 4 models: boots, colour, nan, two. Send, for example, model=boots',
      },
    ]);
  });

  it('predicts with the newest version, and returns the three most probable classes', async () => {
    const { body } = await postImage(png).expect(200);
    const { model, predictions } = body as PredictResponse;
    expect(model).toEqual({ name: 'boots', version: 2 });
    expect(predictions).toHaveLength(1);
    const [first = []] = predictions;
    expect(first).toHaveLength(3);
    for (const { label, index } of first) expect(classes[index]).toBe(label);
    expect(first.map(({ probability }) => probability)).toEqual(
      first.map(({ probability }) => probability).sort((a, b) => b - a),
    );
  });

  it.each([
    ['?model=boots', { name: 'boots', version: 2 }],
    ['?model=boots@1', { name: 'boots', version: 1 }],
    ['?model=two', { name: 'two', version: 1 }],
    ['?model=colour', { name: 'colour', version: 1 }],
  ])('chooses the model by %s', async (query, model) => {
    expect((await postImage(png, 'image/png', query).expect(200)).body.model).toEqual(model);
    const json = { ...Object.fromEntries(new URLSearchParams(query)), images: [png.toString('base64')] };
    expect((await post().send(json).expect(200)).body.model).toEqual(model);
  });

  it.each(['gif', 'tiff', 'avif', 'bmp'] as const)('reads %s, as a body and in JSON', async (format) => {
    const pixels = Uint8Array.from({ length: 28 * 28 * 3 }, (_, i) => Math.floor(i / 84) * 9);
    const image = sharp(pixels, { raw: { width: 28, height: 28, channels: 3 } });
    const file = format === 'bmp' ? bmpOf(pixels, 28, 28) : await image.toFormat(format).toBuffer();
    await postImage(file, `image/${format}`).expect(200);
    await post()
      .send({ images: [file.toString('base64')] })
      .expect(200);
  });

  it('names a format that it cannot read', async () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    const { body } = await postImage(heic, 'image/heic').expect(400);
    expect(body).toMatchObject({
      code: 'invalid_image',
      detail: expect.stringMatching(/HEIC.*save it as JPEG or PNG/),
    });
  });

  it('names the accepted types, without HEIC', async () => {
    const { body } = await postImage(png, 'text/plain').expect(415);
    expect(body.detail).toMatch(/image\/avif\) or a form \(multipart\/form-data\)/);
    expect(body.detail).not.toMatch(/heic/);
  });

  it('returns topK classes, at most as many as the model has', async () => {
    for (const [query, count] of [
      ['topK=1', 1],
      ['topK=10', 10],
      ['topK=1000', 10],
      ['topK=5&model=two', 2],
    ] as const) {
      expect((await postImage(png, 'image/png', `?${query}`).expect(200)).body.predictions[0]).toHaveLength(count);
    }
    const all = (
      await post()
        .send({ images: [png.toString('base64')], topK: 10 })
        .expect(200)
    ).body.predictions[0];
    expect(all.reduce((sum: number, { probability }: { probability: number }) => sum + probability, 0)).toBeCloseTo(
      1,
      5,
    );
  });

  it('returns the same answers for the same images in every kind of body', async () => {
    const predictions = async (sent: request.Test) => ((await sent.expect(200)).body as PredictResponse).predictions;
    const base64 = await predictions(post().send({ images: pngs.map((image) => image.toString('base64')), topK: 10 }));
    const dataUrls = await predictions(
      post().send({ images: pngs.map((image) => `data:image/png;base64,${image.toString('base64')}`), topK: 10 }),
    );
    const instances = await predictions(post().send({ instances: pixels.map(rows), topK: 10 }));
    const form = await predictions(
      pngs.reduce((sent, image, index) => sent.attach('images', image, `${index}.png`), post().field('topK', '10')),
    );
    const bodies = await Promise.all(
      pngs.map(async (image) => (await predictions(postImage(image, 'image/png', '?topK=10')))[0]),
    );
    expect(base64).toHaveLength(20);
    for (const other of [dataUrls, instances, form, bodies])
      expect(withoutRounding(other)).toEqual(withoutRounding(base64));

    const webps = await Promise.all(pixels.map((image) => raw(image).webp({ lossless: true }).toBuffer()));
    expect(
      withoutRounding(
        await predictions(post().send({ images: webps.map((image) => image.toString('base64')), topK: 10 })),
      ),
    ).toEqual(withoutRounding(base64));
    const jpegs = await Promise.all(pixels.map((image) => raw(image).jpeg({ quality: 100 }).toBuffer()));
    const approximate = await predictions(
      post().send({ images: jpegs.map((image) => image.toString('base64')), topK: 10 }),
    );
    approximate.forEach((image, place) => {
      for (const { index, probability } of image) {
        expect(probability).toBeCloseTo(
          base64[place]?.find((other) => other.index === index)?.probability ?? Number.NaN,
          1,
        );
      }
    });
  });

  it('leaves out the crop of the model for images that were cropped before, on every route', async () => {
    const images = resolveImagePreprocessing({ fit: 'resize-crop', cropShare: 0.5 });
    await saveTinyModel(store, { name: 'cropping', images, seed: 5, factor: 4 });
    const answer = async (sent: request.Test): Promise<unknown> => (await sent.expect(200)).body.predictions;
    const [to, image] = ['?model=cropping&topK=3', { images: [png.toString('base64')] }];
    const whole = await answer(post(to).send({ instances: [rows(pixels[0] ?? new Uint8Array())] }));
    expect(await answer(postImage(png, 'image/png', to))).not.toEqual(whole);
    expect(await answer(postImage(png, 'image/png', `${to}&cropped=false`))).not.toEqual(whole);
    expect(await answer(postImage(png, 'image/png', `${to}&cropped=true`))).toEqual(whole);
    expect(await answer(post(to).send({ ...image, cropped: true }))).toEqual(whole);
    expect(await answer(post(`${to}&cropped=true`).send(image))).toEqual(whole);
    expect(await answer(post(to).attach('image', png, 'a.png').field('cropped', 'true'))).toEqual(whole);
    await post(to)
      .send({ ...image, cropped: 'yes' })
      .expect(400);
    await post(to).attach('image', png, 'a.png').field('cropped', 'yes').expect(400);
  });

  describe('flip', () => {
    const mirrored = pixels.map((image) => Uint8Array.from(rows(image).flatMap((row) => row.toReversed())));
    /** Returns the probabilities of each image, in class order. */
    const ask = async (sent: request.Test): Promise<number[][]> =>
      ((await sent.expect(200)).body as PredictResponse).predictions.map((image) =>
        classes.map((_, place) => image.find(({ index }) => index === place)?.probability ?? Number.NaN),
      );
    const meanOf = (a: number[][], b: number[][]) =>
      a.map((image, place) => image.map((value, index) => (value + (b[place]?.[index] ?? Number.NaN)) / 2));
    const expectClose = (found: number[][], expected: number[][]) => {
      expect(found).toHaveLength(expected.length);
      for (const [place, image] of found.entries()) {
        for (const [index, value] of image.entries()) {
          expect(value).toBeCloseTo(expected[place]?.[index] ?? Number.NaN, 5);
        }
      }
    };
    const instances = (images: readonly Uint8Array[], more: object = {}) =>
      post().send({ instances: images.map(rows), topK: 10, ...more });

    it('returns the mean of the predictions for the image and its mirror image', async () => {
      const [plain, mirror] = [await ask(instances(pixels)), await ask(instances(mirrored))];
      expect(plain[0]?.some((value, index) => Math.abs(value - (mirror[0]?.[index] ?? 0)) > 0.01)).toBe(true);
      expectClose(await ask(instances(pixels, { flip: true })), meanOf(plain, mirror));
      expectClose(await ask(instances(mirrored, { flip: true })), meanOf(plain, mirror));
      expectClose(await ask(instances(pixels, { flip: false })), plain);
    });

    it('can be a JSON field, a form field or a query parameter', async () => {
      const base64 = { images: pngs.map((image) => image.toString('base64')), topK: 10 };
      const expected = await ask(instances(pixels, { flip: true }));
      const [first = []] = expected;
      expectClose(await ask(post().send({ ...base64, flip: true })), expected);
      expectClose(await ask(post('?flip=true').send(base64)), expected);
      expectClose(await ask(postImage(png, 'image/png', '?flip=true&topK=10')), [first]);
      const form = () => post('?topK=10').attach('image', png, 'a.png');
      expectClose(await ask(form().field('flip', 'true')), [first]);
      expectClose(await ask(form().field('flip', 'True')), [first]);
      expectClose(await ask(post('?topK=10&flip=true').attach('image', png, 'a.png')), [first]);
      expectClose(await ask(form().field('flip', 'false')), await ask(instances(pixels.slice(0, 1))));
    });

    it('returns a logit for each class if requested', async () => {
      const body = await ask(instances(pixels.slice(0, 2)));
      const withLogits = await Promise.all([
        post().send({ instances: pixels.slice(0, 2).map(rows), topK: 10, logits: true }),
        post('?logits=true').send({ instances: pixels.slice(0, 2).map(rows), topK: 10 }),
        post('?topK=10').field('logits', 'true').attach('a', png, 'a.png'),
      ]);
      for (const { body: answer, status } of withLogits) {
        expect(status).toBe(200);
        for (const [image, classesOfImage] of (answer as PredictResponse).predictions.entries()) {
          const powers = classesOfImage.map(({ logit = Number.NaN }) => Math.exp(logit));
          const sum = powers.reduce((total, power) => total + power, 0);
          for (const [place, { index }] of classesOfImage.entries()) {
            expect((powers[place] ?? 0) / sum).toBeCloseTo(body[image]?.[index] ?? Number.NaN, 5);
          }
        }
      }
    });

    it('accepts as many images as a request without flip', async () => {
      const many = Array.from({ length: 256 }, (_, index) => pixels[index % pixels.length] ?? new Uint8Array(784));
      const expected = await ask(instances(pixels, { flip: true }));
      const found = await ask(instances(many, { flip: true }));
      expectClose(
        found,
        many.map((_, index) => expected[index % pixels.length] ?? []),
      );
      await instances([...many, new Uint8Array(784)], { flip: true }).expect(400);
    });

    it('mirrors the pixels of a colour image but not its channels', async () => {
      const image = Array.from({ length: 28 }, (_, y) =>
        Array.from({ length: 28 }, (_, x) => [(x * 9) % 256, (y * 7) % 256, (x * y) % 256]),
      );
      const three = async (instance: number[][][], flip: boolean) => {
        const { body } = await post()
          .send({ model: 'colour', instances: [instance], flip })
          .expect(200);
        const [answer = []] = (body as PredictResponse).predictions;
        return [0, 1, 2].map((place) => answer.find(({ index }) => index === place)?.probability ?? Number.NaN);
      };
      const [plain, mirror] = [
        await three(image, false),
        await three(
          image.map((row) => row.toReversed()),
          false,
        ),
      ];
      expect(plain).not.toEqual(mirror);
      expectClose([await three(image, true)], meanOf([plain], [mirror]));
    });
  });

  it('returns to each of 20 concurrent clients the answer for its own image', async () => {
    const expected = (
      await post()
        .send({ instances: pixels.map(rows), topK: 10 })
        .expect(200)
    ).body.predictions;
    const answers = await Promise.all(pngs.map((image) => postImage(image, 'image/png', '?topK=10').expect(200)));
    for (const [index, { body }] of answers.entries()) {
      expect(withoutRounding(body.predictions)).toEqual(withoutRounding([expected[index]]));
    }
  });

  it('answers 20 clients or refuses them with 503 while the predictor is killed, then answers the next', async () => {
    const pid = Number(log.lines.findLast(({ msg }) => msg === 'predictor ready')?.predictorPid);
    const seen = log.lines.length;
    const killed = log.line('batch sent', seen).then(() => process.kill(pid, 'SIGKILL'));
    const answers = await Promise.all(pngs.map((image) => postImage(image)));
    await killed;
    for (const { status, body } of answers) {
      if (status === 200) expect(body.predictions).toHaveLength(1);
      else expect(body).toMatchObject({ status: 503, code: 'predictor_unavailable' });
    }
    await expectServing();
    expect(Number((await log.line('predictor ready', seen)).predictorPid)).not.toBe(pid);
  });

  it('reads model and topK before and after the files of a form', async () => {
    const { body } = await post()
      .field('model', 'boots@1')
      .attach('a', png, 'a.png')
      .attach('b', png, 'b.png')
      .field('topK', '2')
      .expect(200);
    expect(body.model).toEqual({ name: 'boots', version: 1 });
    expect(body.predictions.map(({ length }: { length: number }) => length)).toEqual([2, 2]);
  });

  it('refuses a model with weights that are not finite, and serves other models', async () => {
    const { body } = await postImage(png, 'image/png', '?model=nan').expect(500);
    expect(body.code).toBe('model_corrupt');
    await expectServing();
  });

  describe('a bad request', () => {
    const b64 = png.toString('base64');
    const image = rows(pixels[0] ?? new Uint8Array(784));
    const json =
      (body: unknown, query = '') =>
      () =>
        post(query).send(body as object);
    type Case = [
      what: string,
      send: () => request.Test,
      status: number,
      code: string,
      pointer: string | undefined,
      sentence: RegExp,
    ];
    const cases: Case[] = [
      ['no images', json({}), 400, 'invalid_request', '/images', /images is required/],
      ['zero images', json({ images: [] }), 400, 'invalid_request', '/images', /at least 1/],
      ['zero instances', json({ instances: [] }), 400, 'invalid_request', '/instances', /at least 1/],
      [
        '10,000 images',
        json({ images: new Array(10_000).fill('aaaa') }),
        400,
        'invalid_request',
        '/images',
        /at most 256 items, not 10000/,
      ],
      [
        '10,000 instances',
        json({ instances: new Array(10_000).fill([[0]]) }),
        400,
        'invalid_request',
        '/instances',
        /at most 256/,
      ],
      [
        'images and instances',
        json({ images: [b64], instances: [image] }),
        400,
        'invalid_request',
        '/instances',
        /one of the two/,
      ],
      ['an image that is a number', json({ images: [1] }), 400, 'invalid_request', '/images/0', /string/],
      ['an image that is empty text', json({ images: [b64, ''] }), 400, 'invalid_request', '/images/1', /empty/],
      [
        'an image that is not base64',
        json({ images: [b64, 'not base64!'] }),
        400,
        'invalid_request',
        '/images/1',
        /character " "/,
      ],
      ['base64 of text', json({ images: ['aGVsbG8='] }), 400, 'invalid_image', '/images/0', /not an image file/],
      [
        'an instance of the wrong height',
        json({ instances: [image, image.slice(1)] }),
        400,
        'invalid_request',
        '/instances/1',
        /28 rows/,
      ],
      [
        'an instance of the wrong width',
        json({ instances: [image.map((row) => row.slice(1))] }),
        400,
        'invalid_request',
        '/instances/0/0',
        /28 pixels/,
      ],
      [
        'an instance in colour',
        json({ instances: [image.map((row) => row.map((value) => [value, value, value]))] }),
        400,
        'invalid_request',
        '/instances/0/0/0',
        /1 channels/,
      ],
      [
        'a grey instance for a model of colour',
        json({ instances: [image], model: 'colour' }),
        400,
        'invalid_request',
        '/instances/0/0/0',
        /3 channels/,
      ],
      [
        'an instance scaled to 0…1',
        json({ instances: [image.map((row) => row.map((value) => value / 255 + 0.001))] }),
        400,
        'invalid_request',
        '/instances/0/0/0',
        /whole number/,
      ],
      ['an instance of null', json({ instances: [null] }), 400, 'invalid_request', '/instances/0', /null/],
      [
        'a flat instance',
        json({ instances: [[...(pixels[0] ?? [])]] }),
        400,
        'invalid_request',
        '/instances/0',
        /not a list of 784/,
      ],
      ['an unknown field', json({ images: [b64], pixels: [] }), 400, 'invalid_request', '/pixels', /not a known field/],
      ['topK 0', json({ images: [b64], topK: 0 }), 400, 'invalid_request', '/topK', /at least 1/],
      ['topK of text', json({ images: [b64], topK: '3' }), 400, 'invalid_request', '/topK', /whole number/],
      ['topK 1.5', json({ images: [b64], topK: 1.5 }), 400, 'invalid_request', '/topK', /whole number/],
      [
        'a path for a model',
        json({ images: [b64], model: '../../etc/passwd' }),
        400,
        'invalid_request',
        '/model',
        /not allowed/,
      ],
      ['version 0', json({ images: [b64], model: 'boots@0' }), 400, 'invalid_request', '/model', /not allowed/],
      [
        'a name of 10,000 letters',
        json({ images: [b64], model: 'x'.repeat(10_000) }),
        400,
        'invalid_request',
        '/model',
        /not allowed/,
      ],
      ['an unknown model', json({ images: [b64], model: 'shoes' }), 404, 'model_not_found', undefined, /"shoes"/],
      ['an unknown version', json({ images: [b64], model: 'boots@7' }), 404, 'model_not_found', undefined, /version 7/],
      [
        'a bad model in the query',
        () => postImage(png, 'image/png', '?model=..%2Fx'),
        400,
        'invalid_request',
        '?model',
        /not allowed/,
      ],
      [
        'a bad topK in the query',
        () => postImage(png, 'image/png', '?topK=abc'),
        400,
        'invalid_request',
        '?topK',
        /whole number/,
      ],
      ['a flip that is text', json({ images: [b64], flip: 'true' }), 400, 'invalid_request', '/flip', /true or false/],
      [
        'a bad flip in the query',
        () => postImage(png, 'image/png', '?flip=yes'),
        400,
        'invalid_request',
        '?flip',
        /true or false/,
      ],
      [
        'a form with a bad flip',
        () => post().field('flip', '1').attach('image', png, 'a.png'),
        400,
        'invalid_request',
        '/flip',
        /true or false/,
      ],
      [
        'an unknown parameter',
        () => postImage(png, 'image/png', '?top=1'),
        400,
        'invalid_request',
        '?top',
        /not a known field/,
      ],
      [
        'JSON that is none',
        () => post().set('content-type', 'application/json').send('{"images":'),
        400,
        'invalid_request',
        undefined,
        /not valid JSON/,
      ],
      [
        'an empty JSON body',
        () => post().set('content-type', 'application/json').send(''),
        400,
        'invalid_request',
        undefined,
        /empty/,
      ],
      [
        'JSON null',
        () => post().set('content-type', 'application/json').send('null'),
        400,
        'invalid_request',
        undefined,
        /object/,
      ],
      ['a JSON list', json([]), 400, 'invalid_request', undefined, /object/],
      [
        'a body of 5 MB',
        json({ images: ['a'.repeat(5_000_000)] }),
        413,
        'payload_too_large',
        undefined,
        /4194304 bytes/,
      ],
      [
        'an image body of 5 MB',
        () => postImage(Buffer.alloc(5_000_000)),
        413,
        'payload_too_large',
        undefined,
        /4194304 bytes/,
      ],
      ['an empty image body', () => postImage(Buffer.alloc(0)), 400, 'invalid_image', '', /is empty/],
      [
        'a body of no type',
        () => post().unset('content-type').send(),
        415,
        'unsupported_media_type',
        undefined,
        /no Content-Type.*image\/png/,
      ],
      [
        'text under the type of an image',
        () => postImage(Buffer.from('{"images":[]}'), 'image/jpg'),
        400,
        'invalid_image',
        '',
        /not an image file/,
      ],
      [
        'text',
        () => post().type('text/plain').send('hello'),
        415,
        'unsupported_media_type',
        undefined,
        /does not accept the Content-Type text\/plain/,
      ],
      [
        'an SVG',
        () => post().type('image/svg+xml').send('<svg/>'),
        415,
        'unsupported_media_type',
        undefined,
        /does not accept the Content-Type image\/svg\+xml/,
      ],
      [
        "curl's default",
        () => post().type('application/x-www-form-urlencoded').send('a=b'),
        415,
        'unsupported_media_type',
        undefined,
        /does not accept the Content-Type .*urlencoded/,
      ],
      ['an empty form', () => post().field('topK', '3'), 400, 'invalid_request', '', /no file/],
      [
        'a form with an empty file',
        () => post().attach('image', Buffer.alloc(0), 'a.png'),
        400,
        'invalid_image',
        '/image/0',
        /is empty/,
      ],
      [
        'a form with an SVG',
        () => post().attach('image', png, 'a.png').attach('image', Buffer.from('<svg/>'), 'b.png'),
        400,
        'invalid_image',
        '/image/1',
        /SVG/,
      ],
      [
        'a form with a bad topK',
        () => post().field('topK', '3.5').attach('image', png, 'a.png'),
        400,
        'invalid_request',
        '/topK',
        /whole number/,
      ],
      [
        'a form with a bad model',
        () => post().attach('image', png, 'a.png').field('model', '../x'),
        400,
        'invalid_request',
        '/model',
        /does not name a model/,
      ],
      [
        'a form with an unknown field',
        () => post().attach('image', png, 'a.png').field('extra', '1'),
        400,
        'invalid_request',
        '/extra',
        /not a known field/,
      ],
      [
        'a form with 300 files',
        () => Array.from({ length: 300 }).reduce<request.Test>((sent) => sent.attach('image', png, 'a.png'), post()),
        400,
        'invalid_request',
        '',
        /256/,
      ],
      [
        'a form with 300 fields',
        () => Array.from({ length: 300 }).reduce<request.Test>((sent) => sent.field('topK', '1'), post()),
        400,
        'invalid_request',
        undefined,
        /too many|no file/,
      ],
      [
        'a form of 5 MB',
        () => post().attach('image', Buffer.alloc(5_000_000), 'a.png'),
        413,
        'payload_too_large',
        undefined,
        /4194304 bytes/,
      ],
      [
        'a form without a boundary',
        () => post().type('multipart/form-data').send('rubbish'),
        400,
        'invalid_request',
        undefined,
        /form cannot be read/,
      ],
      [
        'a form that is cut short',
        () =>
          post()
            .type('multipart/form-data; boundary=x')
            .send('--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nabc'),
        400,
        'invalid_request',
        undefined,
        /form cannot be read/,
      ],
      [
        'a form with a field of the prototype',
        () => post().field('__proto__', '1').attach('image', png, 'a.png'),
        400,
        'invalid_request',
        undefined,
        /form cannot be read/,
      ],
      ...bad
        .filter(({ bytes }) => bytes.length > 0)
        .map(
          ({ what, bytes, sentence }): Case => [
            `${what} as a body`,
            () => postImage(bytes),
            400,
            'invalid_image',
            '',
            sentence,
          ],
        ),
      ...bad
        .filter(({ bytes }) => bytes.length > 0)
        .map(
          ({ what, bytes, sentence }): Case => [
            `${what} among base64 images`,
            json({ images: [b64, b64, bytes.toString('base64')] }),
            400,
            'invalid_image',
            '/images/2',
            sentence,
          ],
        ),
    ];

    it.each(cases)(
      'is refused, and the next good one is answered: %s',
      async (_, send, status, code, pointer, sentence) => {
        const { body } = await send().expect('content-type', /problem\+json/);
        expect(body).toMatchObject({ status, code, detail: expect.stringMatching(sentence) });
        if (pointer !== undefined) expect(body.errors[0].pointer).toBe(pointer);
        await expectServing();
      },
    );

    it('is refused if it exceeds the size limit without a Content-Length', async () => {
      const chunk = Buffer.alloc(2 ** 20);
      const body = await sendChunked(
        `--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n`,
        new Array(6).fill(chunk),
      );
      expect(body).toContain(' 413 ');
      expect(body).toContain('payload_too_large');
      await expectServing();
    });

    it('changes nothing if the client disconnects during the upload', async () => {
      const { port } = server.address() as { port: number };
      const socket = connect(port, '127.0.0.1');
      socket.write(
        'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nabc',
        () => socket.destroy(),
      );
      await expectServing();
    });
  });
});

/** Sends a form in chunks over a bare socket, and returns the response. */
async function sendChunked(start: string, chunks: readonly Buffer[]): Promise<string> {
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  for (const chunk of [Buffer.from(start), ...chunks]) {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write('\r\n');
  }
  let answer = '';
  for await (const data of socket) answer += String(data);
  return answer;
}

/** Rounds probabilities to five digits: TensorFlow's summation order depends on the batch size. */
function withoutRounding(predictions: (PredictResponse['predictions'][number] | undefined)[]) {
  return predictions.map((image) =>
    (image ?? [])
      .map(({ index, probability }) => ({ index, probability: probability.toFixed(4) }))
      .sort((a, b) => a.index - b.index),
  );
}
