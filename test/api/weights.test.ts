/** Weights from elsewhere: files of torch.save, networks that follow from them, and files that the service fetches. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { IMAGENET_CLASSES } from '../../src/exports/imagenet-classes.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import { variableShapes } from '../../src/training/result/serving-graph.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';
import { opcodes, type PthTensor, pthOf, unicode, writePth } from '../support/pth.js';
import { formulaStateDict } from '../support/pth-of-network.js';

const NETWORK_OPTIONS = resolveNetworkOptions('resnet', { variant: 'resnet18', width: 8, blocks: [1, 1] });
const SPEC = {
  name: 'pretrained',
  classes: ['cat', 'dog', 'bird'],
  image: { height: 20, width: 20, channels: 3 },
  resize: 32,
};

/** Returns the weights of a small ResNet-18, by the names of torchvision. */
function weightsOf(classes: number): Map<string, PthTensor> {
  const spec = { network: 'resnet', networkOptions: NETWORK_OPTIONS, dataset: { resize: 32 } } as const;
  return formulaStateDict(variableShapes(spec, { channels: 3 } as never, classes));
}
const WEIGHTS = weightsOf(3);
const FILE = writePth(WEIGHTS);
const SHA256 = createHash('sha256').update(FILE).digest('hex');

let api: PredictApi;
let importDir: string;
let server: Server;
let origin: string;
/** Requests that the web server has answered. */
let served = 0;

beforeAll(async () => {
  importDir = await mkdtemp(join(tmpdir(), 'trainyard-weights-'));
  await mkdir(join(importDir, 'torch'));
  await writeFile(join(importDir, 'torch/resnet.pth'), FILE);
  await symlink('/etc', join(importDir, 'outside'));
  api = await openPredictApi({ sources: { importDir, networks: 'private' } });
  server = createServer(({ url }, response) => {
    served += 1;
    if (url === '/private') response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    else if (url === '/silent') return;
    else if (url === '/large') response.writeHead(200, { 'content-length': 2 ** 30 }).end();
    else if (url === '/resnet.pth') response.writeHead(200, { 'content-length': FILE.length }).end(FILE);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
  await rm(importDir, { recursive: true, force: true });
});
/** Nothing of a request stays in the folder of models except complete models. */
afterEach(async () => {
  await expect.poll(async () => (await readdir(api.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});

type Answer = Readonly<{
  code?: string;
  detail?: string;
  errors?: readonly { pointer: string; message: string }[];
  manifest?: { version: number; spec: { networkOptions: object }; imported: object; classes: string[]; steps?: number };
}>;
const answerOf = async (response: Response) => ({ status: response.status, body: (await response.json()) as Answer });

async function upload(file: Uint8Array, spec: object = SPEC) {
  const form = new FormData();
  form.set('spec', JSON.stringify(spec));
  form.set('weights', new Blob([Uint8Array.from(file)]), 'weights');
  return answerOf(await fetch(`${api.address}/models`, { method: 'POST', body: form }));
}

const postJson = async (weights: unknown, more: object = {}, signal?: AbortSignal) =>
  answerOf(
    await fetch(`${api.address}/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...SPEC, ...more, weights }),
      ...(signal && { signal }),
    }),
  );

const renamed = (rename: (name: string) => string): Buffer =>
  writePth(new Map([...WEIGHTS].map(([name, tensor]) => [rename(name), tensor])));

describe('a file of torch.save', () => {
  it('becomes a model whose network follows from the weights, unchanged', async () => {
    const { status, body } = await upload(FILE);
    expect([status, body.detail]).toEqual([201, undefined]);
    expect(body.manifest).toMatchObject({
      ...{ spec: { network: 'resnet', networkOptions: NETWORK_OPTIONS }, steps: 12 },
      imported: { sha256: SHA256, bytes: FILE.length },
    });
    const path = `/models/pretrained/versions/${body.manifest?.version}/export?format=safetensors`;
    const { tensors } = decodeSafetensors(Buffer.from(await (await fetch(api.address + path)).arrayBuffer()));
    for (const [name, { bytes }] of WEIGHTS)
      expect(Buffer.from(tensors.get(name)?.bytes ?? []).equals(bytes), name).toBe(true);
  });

  it('is recognized with the names of Hugging Face, under a prefix', async () => {
    const rename = (name: string): string =>
      `model.${name
        .replace(/^conv1\./, 'resnet.embedder.embedder.convolution.')
        .replace(/^bn1\./, 'resnet.embedder.embedder.normalization.')
        .replace(/^fc\./, 'classifier.1.')
        .replace(/^layer(\d)\.(\d)\./, (_, stage, block) => `resnet.encoder.stages.${stage - 1}.layers.${block}.`)
        .replace(/\.downsample\.0\./, '.shortcut.convolution.')
        .replace(/\.downsample\.1\./, '.shortcut.normalization.')
        .replace(/\.conv(\d)\./, (_, index) => `.layer.${index - 1}.convolution.`)
        .replace(/\.bn(\d)\./, (_, index) => `.layer.${index - 1}.normalization.`)}`;
    const { status, body } = await upload(renamed(rename));
    expect([status, body.detail]).toEqual([201, undefined]);
    expect(body.manifest?.spec.networkOptions).toEqual(NETWORK_OPTIONS);
  });

  it("has ImageNet's classes if the request says so", async () => {
    const request = { ...SPEC, name: 'imagenet', classes: 'imagenet-1k', network: 'auto' };
    const { status, body } = await upload(writePth(weightsOf(1_000)), request);
    expect([status, body.detail]).toEqual([201, undefined]);
    expect(body.manifest?.classes).toEqual(IMAGENET_CLASSES);
  });

  it('is refused with the number of outputs if the classes are others', async () => {
    const { status, body } = await upload(FILE, { ...SPEC, classes: 'imagenet-1k' });
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(
      /fc\.weight must have the shape \[1000,16\], not \[3,16\].*They have 3 outputs, and `classes` has 1000 names\./,
    );
  });

  it('is refused by name if it is of another network than the request', async () => {
    const { status, body } = await upload(FILE, {
      ...SPEC,
      network: 'resnet',
      networkOptions: { variant: 'resnet34' },
    });
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(
      /They look like a resnet like resnet18 with blocks 1-1 and width 8 with 3 outputs\. Set `network`/,
    );
  });

  it('is refused if it wants to run code, and runs none', async () => {
    const evil = pthOf(opcodes(0x80, 2, 'cposix\nsystem\n', unicode(`touch ${importDir}/ran`), 0x85, 'R.'));
    const { status, body } = await upload(evil);
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(/its pickle names posix\.system, .* Nothing in it was run\.$/);
    expect(await readdir(importDir)).not.toContain('ran');
  });

  it('is refused if it is cut off', async () => {
    const { status, body } = await upload(FILE.subarray(0, -100));
    expect([status, body.code]).toEqual([400, 'invalid_weights']);
    expect(body.detail).toMatch(/list of files at its end cannot be read/);
  });
});

describe('a request to import', () => {
  it.each<[what: string, more: object, pointer: string, message: RegExp]>([
    [
      'with the id of another graph',
      { origin: 'timm/resnet18d.ra2_in1k' },
      '/spec/origin',
      /whose graph this service does not have/,
    ],
    [
      'with another list of classes',
      { classes: 'imagenet' },
      '/spec/classes',
      /must be an array or "imagenet-1k", not "imagenet"\. Did you mean "imagenet-1k"\?/,
    ],
    [
      'with a class twice',
      { classes: ['cat', 'dog', 'cat'] },
      '/spec/classes',
      /^has "cat" twice: list each item once$/,
    ],
    ['with one class', { classes: ['cat'] }, '/spec/classes', /^must have at least 2 items, not 1$/],
    ['with weights in the spec', { weights: { path: 'x' } }, '/spec/weights', /this form has a part weights/],
    ['with options but no network', { networkOptions: {} }, '/spec/networkOptions', /is not a known field/],
    ['with another network', { network: 'vgg' }, '/spec/network', /must be one of "resnet", "densenet", "auto"/],
  ])('%s is refused with a pointer', async (_, more, pointer, message) => {
    const { status, body } = await upload(FILE, { ...SPEC, ...more });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toEqual([{ pointer, message: expect.stringMatching(message) }]);
  });
});

describe('weights at an address', () => {
  it('are downloaded and become a model that names the address without its query', async () => {
    const { status, body } = await postJson({ url: `${origin}/resnet.pth`, sha256: SHA256 });
    expect([status, body.detail]).toEqual([201, undefined]);
    expect(body.manifest?.imported).toEqual({ sha256: SHA256, bytes: FILE.length, url: `${origin}/resnet.pth` });
  });

  it('are refused if their checksum is another', async () => {
    const { status, body } = await postJson({ url: `${origin}/resnet.pth`, sha256: '0'.repeat(64) });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toEqual([
      { pointer: '/weights/sha256', message: expect.stringContaining(`and the file has ${SHA256}`) },
    ]);
  });

  it.each<[what: string, path: string, status: number, code: string, detail: RegExp]>([
    [
      'redirect to a link-local address',
      '/private',
      400,
      'invalid_request',
      /^\/weights\/url redirects to http:\/\/169\.254\.169\.254\/latest\/meta-data, which is not allowed/,
    ],
    ['are too large', '/large', 413, 'payload_too_large', /larger than 4 MiB, the limit of the setting MAX_IMPORT_MB/],
    ['are not there', '/nothing', 424, 'download_failed', /cannot be downloaded: it answered with the status 404/],
  ])('are refused if they %s', async (_, path, status, code, detail) => {
    const answer = await postJson({ url: origin + path, sha256: SHA256 });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(detail);
  });

  it.each<[what: string, weights: unknown, pointer: string, message: RegExp]>([
    ['no source', undefined, '/weights', /is required/],
    [
      'both sources',
      { url: 'https://example.com', path: 'x', sha256: SHA256 },
      '/weights',
      /must have either url or path/,
    ],
    ['neither source', {}, '/weights', /must have either url or path/],
    ['no checksum', { url: 'https://example.com/x.pth' }, '/weights/sha256', /is required with a URL/],
    [
      'another scheme',
      { url: 'ftp://example.com/x', sha256: SHA256 },
      '/weights/url',
      /must begin with https:\/\/, not ftp:/,
    ],
    ['a link-local address', { url: 'https://169.254.169.254/', sha256: SHA256 }, '/weights/url', /is a link-local/],
    ['an unknown field', { uri: 'x' }, '/weights/uri', /is not a known field/],
  ])('are refused before a request is sent: %s', async (_, weights, pointer, message) => {
    const before = served;
    const { status, body } = await postJson(weights);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors?.[0]).toEqual({ pointer, message: expect.stringMatching(message) });
    expect(served).toBe(before);
  });

  it('are given up when the client goes', async () => {
    const gone = new AbortController();
    const before = served;
    const request = postJson({ url: `${origin}/silent`, sha256: SHA256 }, {}, gone.signal);
    await expect.poll(() => served).toBe(before + 1);
    gone.abort(new Error('gone'));
    await expect(request).rejects.toThrow('gone');
  });

  it('are refused with a JSON body of more than 2 MiB', async () => {
    const { status, body } = await postJson({ path: 'x'.repeat(2 ** 21) });
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
  });
});

describe('weights that the spec of a form names, with samples', () => {
  const IMAGE = readFileSync(new URL('../golden/preprocessing/odd.png', import.meta.url));
  async function send(weights: object, logits?: readonly number[], file?: Uint8Array) {
    const form = new FormData();
    form.set('spec', JSON.stringify({ ...SPEC, weights }));
    if (logits !== undefined) {
      form.set('logits', JSON.stringify([logits]));
      form.set('image', new Blob([Uint8Array.from(IMAGE)]), 'image.png');
    }
    if (file !== undefined) form.set('weights', new Blob([Uint8Array.from(file)]), 'weights');
    return answerOf(await fetch(`${api.address}/models`, { method: 'POST', body: form }));
  }
  async function logitsOf(): Promise<number[]> {
    const { version } = (await upload(FILE)).body.manifest ?? {};
    const url = `${api.address}/predict?model=pretrained@${version}&logits=true`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'image/png' }, body: IMAGE });
    const { predictions } = (await response.json()) as { predictions: { index: number; logit: number }[][] };
    return (predictions[0] ?? []).toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
  }

  it('are imported if predictions reproduce the logits, from an address and from a path', async () => {
    const logits = await logitsOf();
    for (const weights of [{ url: `${origin}/resnet.pth`, sha256: SHA256 }, { path: 'torch/resnet.pth' }]) {
      const right = await send(weights, logits);
      expect([right.status, right.body.detail]).toEqual([201, undefined]);
      const wrong = await send(weights, [1, ...logits.slice(1)]);
      expect([wrong.status, wrong.body.code]).toEqual([422, 'logits_mismatch']);
    }
    expect((await send({ path: 'torch/resnet.pth' })).status).toBe(201);
  });

  it.each<[what: string, parts: Parameters<typeof send>, pointer: string]>([
    ['no such file', [{ path: 'none.pth' }], '/spec/weights/path'],
    ['a source without a checksum', [{ url: 'https://example.com/x.pth' }], '/spec/weights/sha256'],
    ['neither source', [{}], '/spec/weights'],
    ['logits of another number of classes', [{ path: 'torch/resnet.pth' }, [1, 2]], '/logits/0'],
    ['the file as well', [{ path: 'torch/resnet.pth' }, undefined, FILE], '/spec/weights'],
  ])('are refused with a pointer: %s', async (_, parts, pointer) => {
    const { status, body } = await send(...parts);
    expect([status, body.code, body.errors?.[0]?.pointer]).toEqual([400, 'invalid_request', pointer]);
  });
});

describe('weights on the machine of the service', () => {
  it('are read where they lie', async () => {
    const { status, body } = await postJson({ path: 'torch/resnet.pth', sha256: SHA256 });
    expect([status, body.detail]).toEqual([201, undefined]);
    expect(body.manifest?.imported).toEqual({ sha256: SHA256, bytes: FILE.length });
    expect(await readdir(join(importDir, 'torch'))).toEqual(['resnet.pth']);
  });

  it.each(['torch/none.pth', 'torch', '../../etc/passwd', '/etc/passwd', 'outside/passwd', 'a\0b'])(
    'are refused if the path names no file below the folder: %j',
    async (path) => {
      const { status, body } = await postJson({ path });
      expect([status, body.code]).toEqual([400, 'invalid_request']);
      expect(body.errors?.[0]).toEqual({
        pointer: '/weights/path',
        message: expect.stringContaining('names no file below the folder of the setting IMPORT_DIR'),
      });
    },
  );
});
