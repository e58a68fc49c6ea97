/** `trainyard models add`: the network, the size of the images, and errors in the words of the command. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { variableShapes, writeWeights } from '../../src/training/result/serving-graph.js';
import { runCommand } from '../support/command.js';
import { formulaWeights } from '../support/formula.js';
import { expectLines } from '../support/json-lines.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';

const NETWORK = { network: 'resnet', networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1] } };
const spec = resolveJob({ ...NETWORK, name: 'x', dataset: { resize: 32 } } as Parameters<typeof resolveJob>[0]);
const shapes = variableShapes(spec, { channels: 3 }, 3);

let api: PredictApi;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-models-add-'));
  await writeFile(join(folder, 'small.safetensors'), writeWeights(formulaWeights(shapes), shapes, 12));
  api = await openPredictApi({ sources: { importDir: folder } });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const WEIGHTS = ['small.safetensors', '--classes', 'cat,dog,bird', '--size', '32'];
const add = (...args: string[]) =>
  runCommand(['models', 'add', ...WEIGHTS, ...args], { url: api.address, cwd: folder });

describe('models add', () => {
  it('imports weights of a named network for images that are not square', async () => {
    const network = ['--network', 'resnet18', '--network-options', 'width=8', 'blocks=1,1'];
    const { code, out, err } = await add(...network, '--image', '40x24', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [version] = expectLines(out, 'ModelVersion');
    const preprocessing = { height: 40, width: 24, channels: 3, resize: 32 };
    expect(version).toMatchObject({ manifest: { name: 'small', preprocessing, spec: NETWORK } });
  });

  it('lets the network follow from the weights, and prints the reference with --quiet', async () => {
    expect(await add('--name', 'other', '--quiet')).toEqual({ code: 0, out: 'other@1\n', err: '' });
    const { out } = await runCommand(['models', 'show', 'other', '--json'], { url: api.address });
    const preprocessing = { height: 32, width: 32, channels: 3, resize: 32 };
    expect(JSON.parse(out).manifest).toMatchObject({ preprocessing, spec: NETWORK });
  });

  it('says which network the weights are of if they do not fit, and lists only the first faults', async () => {
    const { code, err } = await add('--network', 'resnet50');
    expect(code).toBe(4);
    const lines = err.trim().split('\n');
    expect(lines[0]).toMatch(/They look like .* Set `--network` and `--network-options` to it, or leave out both\.$/);
    expect(lines).toHaveLength(11);
    expect(lines[10]).toMatch(/^ {2}… and \d+ more; --json prints them$/);
    const json = JSON.parse((await add('--network', 'resnet50', '--json')).err);
    expect(json.error.fields.length).toBeGreaterThan(20);
  });

  it('says that the weights take grey or colour images', async () => {
    const { code, err } = await add('--channels', '1', '--preset', 'none');
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringMatching(/They take images of 3 channels, and `--channels` is 1\.\n$/),
    });
  });

  it.each<[string[], string]>([
    [['--network', 'resnt'], 'There is no network "resnt".\nDid you mean resnet?\n'],
    [['--network', 'resnet', '--network-options', 'widht=8'], 'There is no field "widht".\nDid you mean width?\n'],
    [['--network', 'resnet', '--network-options', 'width=x'], 'width must be a whole number (got "x").\n'],
    [
      ['--network-options', 'width=8'],
      '--network-options needs --network.\nWithout both, the network follows from the weights.\n',
    ],
    [
      ['--image', '40'],
      '--image must be height x width in pixels (got "40").\nWrite --image 256x192 for images that are 256 pixels high and 192 wide.\n',
    ],
    [
      ['--channels', '1'],
      '--preset torchvision normalizes colour images, and --channels is 1.\nGive --preset none, or a normalization: --preprocessing \'{"normalization": {"mean": [0.5], "std": [0.5]}}\'.\n',
    ],
    [['--sha256', '00'], '--sha256 is for an address, or for a file with --on-service.\nThe file is sent as it is.\n'],
  ])('refuses %j before anything is sent', async (args, message) => {
    const { code, err } = await runCommand(['models', 'add', ...WEIGHTS, ...args], {
      url: 'http://127.0.0.1:9',
      cwd: folder,
    });
    expect({ code, err }).toEqual({ code: 2, err: message });
  });

  it.each<[string[], string]>([
    [['--network', 'resnet', '--network-options', 'width=0'], '--network-options width must be at least 8, not 0.\n'],
    [['--image', '4000x8'], '--image must be at most 2048, not 4000.\n'],
    [['--preprocessing', '{"fitt": 1}'], '--preprocessing fitt is not a known field. Did you mean fit?\n'],
    [['--size', '4'], '--size must be at least 8, not 4.\n'],
  ])('names the option of a field that the service refuses: %j', async (args, message) => {
    // Sent with the file, the spec is a part of a form; without it, the spec is the body.
    for (const place of [[], ['--on-service']])
      expect(await add(...args, ...place)).toEqual({ code: 4, out: '', err: message });
  });

  it('names the path of a file that the service does not have', async () => {
    const args = ['models', 'add', 'none.pth', '--classes', 'cat,dog,bird', '--on-service'];
    const { code, err } = await runCommand(args, { url: api.address });
    expect({ code, err }).toEqual({ code: 4, err: expect.stringMatching(/^The path names no file below the folder/) });
  });
});
