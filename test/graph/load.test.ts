/** Session configuration of loaded graphs, verified in TensorFlow's own log. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.js';
import { relu } from '../../src/graph/ops.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';
import { openSession } from '../../src/graph/session.js';

/** Runs a small graph in a new process, and counts how often the graph optimizer started. */
function optimizations(device: string, folder = ''): number {
  const script = `
    import { Graph } from './dist/graph/graph.js';
    import { loadGraph } from './dist/graph/load.js';
    import { relu } from './dist/graph/ops.js';
    import { openSession } from './dist/graph/session.js';
    const graph = new Graph({ device: '${device}' });
    const x = graph.placeholder('x', 'float32', [2]);
    const y = relu(relu(relu(relu(relu(x)))));
    const session = '${folder}' === '' ? loadGraph([y]) : openSession('${folder}');
    const [values] = session.run({ x: { dtype: 'float32', shape: [2], values: Float32Array.of(-1, 3) } }, [y.node.name]);
    console.log([...values].join());`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'meta_optimizer=1' },
  });
  expect(stdout.trim()).toBe('0,3');
  return stderr.split('\n').filter((line) => line.includes('Starting optimization for grappler item')).length;
}

const withFolder = async (use: (folder: string) => unknown): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-load-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const savedModel = (): Uint8Array => {
  const x = new Graph().placeholder('x', 'float32', [2]);
  return writeSavedModel([relu(relu(relu(relu(relu(x)))))]);
};

it('runs a loaded graph without the graph optimizer on a CPU, and with it on a GPU', () => {
  expect(optimizations('cpu')).toBe(0);
  expect(optimizations('gpu')).toBe(1);
});

it('optimizes the SavedModel of a served model', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'saved_model.pb'), savedModel());
    expect(optimizations('cpu', folder)).toBe(1);
  }));

it('rejects an invalid configuration', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'saved_model.pb'), savedModel());
    await writeFile(join(folder, 'session_config.pb'), 'not a configuration');
    expect(() => openSession(folder)).toThrow(/Unparseable ConfigProto/);
  }));
