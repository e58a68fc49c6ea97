/** The clients that people have, against the service: tritonclient and KServe's from PyPI, and TensorFlow Serving's own examples. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PredictResponse } from '../../src/contracts/prediction/prediction-messages.js';
import { saveTinyModel } from '../support/models.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';
import { pythonOf, runPython } from '../support/python.js';

const run = promisify(execFile);
const scripts = join(import.meta.dirname, '../clients');
const classes = ['sandal', 'boot', 'sneaker'];

/** As in test/clients/pixels.py. */
const images = Array.from({ length: 3 }, (_, image) =>
  Uint8Array.from({ length: 784 }, (_, index) => ((image * 784 + index) * 37) % 256),
);
const rows = (image: Uint8Array): number[][] =>
  Array.from({ length: 28 }, (_, y) => [...image.subarray(y * 28, y * 28 + 28)]);
const png = await sharp(images[0] ?? Buffer.of(), { raw: { width: 28, height: 28, channels: 1 } })
  .toColourspace('b-w')
  .png()
  .toBuffer();

let api: PredictApi;
/** What POST /predict answers, in the order of the classes. */
let expected: Readonly<{ probabilities: number[][]; logits: number[][] }>;
beforeAll(async () => {
  api = await openPredictApi();
  await saveTinyModel(api.store, { name: 'boots', seed: 1, classes });
  await saveTinyModel(api.store, { name: 'boots', seed: 2, classes });
  const body = JSON.stringify({ model: 'boots', instances: images.map(rows), topK: 3, logits: true });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.address}/predict`, { method: 'POST', headers, body });
  const { predictions } = (await response.json()) as PredictResponse;
  const inOrder = predictions.map((image) => image.toSorted((a, b) => a.index - b.index));
  expected = {
    probabilities: inOrder.map((image) => image.map(({ probability }) => probability)),
    logits: inOrder.map((image) => image.map(({ logit = Number.NaN }) => logit)),
  };
  await pythonOf(scripts);
}, 600_000);
afterAll(() => api.close());

function expectClose(found: unknown, wanted: readonly number[][]): void {
  expect(found).toEqual(wanted.map((row) => row.map((value) => expect.closeTo(value, 4))));
}

describe('the examples of docs/reference/protocols.md', () => {
  const hasCurl = spawnSync('curl', ['--version']).status === 0;

  it.skipIf(!hasCurl)('in the shell are answered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-examples-'));
    await writeFile(join(folder, 'boot.png'), png);
    const commands = await examples('sh');
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const { stdout } = await run('bash', ['-ec', command.replaceAll('curl -s', 'curl -sS --fail-with-body')], {
        cwd: folder,
      });
      expect(stdout).toMatch(/predictions|outputs/);
      expect(stdout).not.toContain('"error"');
    }
    await rm(folder, { recursive: true });
  });

  it('in Python print probabilities', async () => {
    const programs = await examples('python');
    expect(programs).toHaveLength(2);
    const python = await pythonOf(scripts);
    for (const program of programs) {
      const { stdout } = await run(python, ['-c', program]);
      expect(stdout.match(/\d\.\d+(e-\d+)?/g)).toHaveLength(2 * classes.length);
    }
  });

  /** The blocks in a language, as printed but for the address. */
  async function examples(language: string): Promise<string[]> {
    const text = await readFile(join(import.meta.dirname, '../../docs/reference/protocols.md'), 'utf8');
    const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'));
    return [...blocks].map(([, code = '']) => code.replaceAll('localhost:3000', new URL(api.address).host));
  }
});

describe('tritonclient', () => {
  it('reads health, metadata and the repository, and infers in binary and in JSON', async () => {
    const { host } = new URL(api.address);
    const answers = await runPython<Record<string, unknown>>(join(scripts, 'triton.py'), [host, png.toString('hex')]);
    expect(answers).toMatchObject({ live: true, ready: true, modelReady: true, unknownReady: false, id: 'r-7' });
    expect(answers['server']).toEqual({
      name: 'trainyard',
      version: expect.any(String),
      extensions: expect.arrayContaining(['binary_tensor_data', 'classification', 'model_configuration']),
    });
    expect(answers['config']).toMatchObject({
      name: 'boots',
      max_batch_size: 256,
      input: [{ name: 'images', data_type: 'TYPE_UINT8', format: 'FORMAT_NHWC', dims: [28, 28, 1] }],
      output: [
        { name: 'probabilities', data_type: 'TYPE_FP32', dims: [3] },
        { name: 'logits', data_type: 'TYPE_FP32', dims: [3] },
      ],
    });
    expect(answers['configOfVersion']).toEqual(answers['config']);
    expect(answers['model']).toEqual({
      name: 'boots',
      versions: ['1', '2'],
      platform: 'tensorflow_savedmodel',
      inputs: [{ name: 'images', datatype: 'UINT8', shape: [-1, 28, 28, 1] }],
      outputs: [
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
        { name: 'logits', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
    for (const kind of ['binary', 'json', 'floats', 'longs', 'answersAgain'])
      expectClose(answers[kind], expected.probabilities);
    expectClose(answers['logits'], expected.logits);
    const compressed = answers['compressed'] as unknown[];
    expect(compressed).toHaveLength(18);
    for (const each of compressed) expectClose(each, expected.probabilities);
    expect(answers['compressedFiles']).toEqual(answers['files']);
    expectClose(answers['files'], [expected.probabilities[0] ?? [], expected.probabilities[0] ?? []]);
    expect(answers['first']).not.toEqual(answers['binary']);
    expect(answers['asked']).toMatchObject({
      model_name: 'boots',
      model_version: '2',
      outputs: [
        { name: 'logits', datatype: 'FP32', shape: [3, 3], parameters: { binary_data_size: 36 } },
        { name: 'probabilities', datatype: 'FP32', shape: [3, 3], data: expect.any(Array) },
      ],
    });
    const best = expected.probabilities.map((row) => row.indexOf(Math.max(...row)));
    expect((answers['best'] as string[][]).map(([first]) => first?.split(':').slice(1))).toEqual(
      best.map((index) => [String(index), classes[index]]),
    );
    expect(answers['index']).toEqual(
      ['1', '2'].map((version) => ({ name: 'boots', version, state: 'READY', reason: '' })),
    );
    const { model_stats: [statistics] = [] } = answers['statistics'] as { model_stats?: Record<string, unknown>[] };
    expect(statistics).toMatchObject({ name: 'boots', version: '2', inference_count: expect.any(Number) });
    expect(answers['refusals']).toEqual([
      expect.stringMatching(/^400 .*shape must be \[images, 28, 28, 1\], not \[3, 27, 28, 1\]/),
      expect.stringMatching(/^400 .*whole number from 0 to 255/),
      expect.stringMatching(/^400 .*whole number from 0 to 255, not "NaN"/),
      expect.stringMatching(/^404 .*no version 9/),
      expect.stringMatching(/^400 .*one of probabilities, logits/),
      expect.stringMatching(/^404 .*no model named "nothing"/),
      expect.stringMatching(/^404 .*no model named "nothing"/),
      expect.stringMatching(/^400 .*x-request-timeout-ms/),
    ]);
  });
});

describe('Python clients that send a body before they read', () => {
  it('have the answer that refuses it, with a length and in chunks', async () => {
    const answers = await runPython<unknown[]>(join(scripts, 'refused.py'), [api.address]);
    expect(answers).toEqual(
      ['requests', 'httpx'].flatMap((client) => [
        [client, 'import', 400, expect.stringContaining('/spec')],
        [client, 'import in chunks', 400, expect.stringContaining('/spec')],
        [client, 'unknown path', 404, expect.stringContaining('no route POST /nowhere')],
        [client, 'unknown path in chunks', 404, expect.stringContaining('no route POST /nowhere')],
        [client, 'type', 415, expect.stringContaining('text/plain')],
        [client, 'size', 413, expect.stringContaining('4194304 bytes')],
        [client, 'size in chunks', 413, expect.stringContaining('4194304 bytes')],
        [client, 'next', 200, expect.stringContaining('ok')],
      ]),
    );
  });
});

describe("KServe's client", () => {
  it('infers by version 2 in binary and in JSON, and by version 1', async () => {
    const answers = await runPython<Record<string, unknown>>(join(scripts, 'kserve_rest.py'), [api.address]);
    expect(answers).toMatchObject({ live: true, ready: true, modelReady: true });
    for (const kind of ['json', 'binary', 'binaryBothWays', 'named'])
      expectClose(answers[kind], expected.probabilities);
    const { predictions } = answers['v1'] as { predictions: { probabilities: number[] }[] };
    expectClose(
      predictions.map(({ probabilities }) => probabilities),
      expected.probabilities,
    );
    expect(answers['refusals']).toEqual([
      expect.stringMatching(/no model named "nothing".*404/),
      expect.stringMatching(/28 rows.*400/),
    ]);
  });
});
