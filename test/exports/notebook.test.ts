/** Notebook of the examples: a Jupyter kernel executes it with a generated client, against a real service. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonSettings } from '../../bench/support/python.js';
import { startTrainyard } from '../../bench/support/service.js';
import { pythonOf } from '../support/python.js';

const run = promisify(execFile);
const EPOCHS = [1, 2, 3, 4, 5, 6];
/** Points of the loss: after every 20th of the 94 steps of an epoch, and after its last step. */
const LOSSES = EPOCHS.flatMap((epoch) => [20, 40, 60, 80, 94].map((step) => epoch - 1 + step / 94));
/** Largest allowed difference of a probability. */
const TOLERANCE = 1e-4;

type Executed = Readonly<{
  updates: number;
  images: number;
  text: string;
  status: string;
  curves: readonly (readonly number[])[];
  service: readonly number[];
  pytorch: readonly number[];
}>;

let python: string;
let folder: string;
let service: Awaited<ReturnType<typeof startTrainyard>>;

beforeAll(async () => {
  python = await pythonOf(import.meta.dirname);
  folder = await mkdtemp(join(tmpdir(), 'trainyard-notebook-'));
  service = await startTrainyard(join(folder, 'data'), { LOG_LEVEL: 'error' });
}, 1_800_000);
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

/** Returns the environment of a reader: an activated Python, the service's address, and Jupyter's files in the test's folder. */
const environment = (): NodeJS.ProcessEnv => ({
  ...pythonSettings(),
  PATH: [dirname(python), process.env['PATH']].join(delimiter),
  TRAINYARD_URL: service.address,
  IPYTHONDIR: join(folder, 'ipython'),
  JUPYTER_RUNTIME_DIR: join(folder, 'jupyter'),
  MPLCONFIGDIR: join(folder, 'matplotlib'),
});

/** Generates the client by the command of docs/guides/client.md, next to a copy of the notebook. */
async function prepareNotebook(): Promise<string> {
  const notebook = join(folder, 'notebook.ipynb');
  await copyFile(join(import.meta.dirname, '../../examples/notebook.ipynb'), notebook);
  const document = ['--url', `${service.address}/openapi.yaml`];
  const target = ['--meta', 'none', '--output-path', join(folder, 'trainyard_client')];
  await run('openapi-python-client', ['generate', ...document, ...target], { env: environment() });
  return notebook;
}

const largestOf = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));

it('executes from the submission to PyTorch, whose answer equals the service’s', { timeout: 600_000 }, async () => {
  const script = join(import.meta.dirname, 'run_notebook.py');
  const { stdout } = await run(python, [script, await prepareNotebook()], { env: environment(), maxBuffer: 2 ** 26 });
  const { updates, images, text, status, curves, service: served, pytorch } = JSON.parse(stdout) as Executed;
  console.log(text);
  expect(status).toBe('succeeded');
  expect(curves).toEqual([LOSSES.map((x) => expect.closeTo(x, 6)), EPOCHS, EPOCHS]);
  expect({ updates, images }).toEqual({ updates: LOSSES.length + EPOCHS.length + 1, images: 2 });
  expect([served.length, pytorch.length]).toEqual([10, 10]);
  expect(largestOf(served)).toBe(largestOf(pytorch));
  const differences = served.map((probability, i) => Math.abs(probability - (pytorch[i] ?? Number.NaN)));
  expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
});
