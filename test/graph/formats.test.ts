/** One serving graph in three formats: ONNX Runtime and stock TensorFlow.js answer as TensorFlow does, for every network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/job.js';
import { type NetworkName, variantsOf } from '../../src/contracts/network.js';
import { Graph } from '../../src/graph/graph.js';
import { writeOnnx } from '../../src/graph/onnx.js';
import { openOnnxSession } from '../../src/graph/onnx-session.js';
import { cast, concat, flatten } from '../../src/graph/ops.js';
import { type Signature, writeSavedModel } from '../../src/graph/saved-model.js';
import { openSession } from '../../src/graph/session.js';
import { writeTfjs } from '../../src/graph/tfjs.js';
import { buildServingGraph, variableShapes } from '../../src/training/serving.js';
import { formulaWeights } from '../support/formula.js';
import { runTfjs } from '../support/tfjs.js';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CLASSES = 5;
const IMAGES = 3;

/** Each variant of each network, small; the others of its options in turn. */
const cases = (['resnet', 'densenet'] as const satisfies NetworkName[]).flatMap((network) =>
  ['tutorial', ...variantsOf(network)].map((variant, i) => {
    const shape = network === 'resnet' ? { width: 8, blocks: [1, 2] } : { growth: 4, width: 8, blocks: [2, 1] };
    const stem = i % 2 === 0 ? { stem: 'classic', stemKernel: 7 } : { stem: 'small', stemKernel: 3 };
    return { network, variant, channels: i % 3 === 0 ? 3 : 1, options: { variant, ...shape, ...stem } };
  }),
);

describe.each(cases)('$network $variant with $channels channels', ({ network, variant, channels, options }) => {
  it('answers the same in each format, to 1e-4', async () => {
    const image = { height: 20, width: 28, channels };
    const normalization = { mean: [0.4], std: channels === 3 ? [0.3, 0.2, 0.1] : [0.3] };
    const dataset = { name: 'synthetic' as const, resize: 33 };
    const spec = resolveJob({ network, networkOptions: options, dataset, normalization } as object as {
      network: 'resnet';
    });
    const weights = formulaWeights(variableShapes(spec, image, CLASSES));
    const signature = buildServingGraph(spec, image, CLASSES, weights);
    await compare(`${network}-${variant}`, signature, [IMAGES, image.height, image.width, channels]);
  });
});

describe('operations that no network uses like this', () => {
  it('flatten images in the order of TensorFlow', async () => {
    const graph = new Graph();
    const images = graph.placeholder('images', 'uint8', [-1, 2, 3, 2]);
    const logits = flatten(cast(images, 'float32'));
    const probabilities = graph.op('Softmax', [logits], { T: 'float32' }, logits.shape);
    await compare('flat', { inputs: { images }, outputs: { probabilities, logits } }, [IMAGES, 2, 3, 2]);
  });

  it('are refused where ONNX would mean something else', () => {
    const graph = new Graph();
    const x = graph.placeholder('x', 'float32', [-1, 4]);
    const unknown = graph.op('Sqrt', [x], { T: 'float32' }, x.shape);
    expect(() => writeOnnx({ inputs: { x }, outputs: { unknown } })).toThrow(/"Sqrt" has no translation/);
    const rows = concat(x, x);
    const folded = graph.op('Reshape', [rows, graph.constant([-1, 2], 'int32')], { T: 'float32' }, [-1, 2]);
    expect(() => writeOnnx({ inputs: { x }, outputs: { folded } })).toThrow(/does not flatten/);
  });
});

/** Runs a graph in TensorFlow, ONNX Runtime and TensorFlow.js's own CPU backend. */
async function compare(name: string, signature: Signature, shape: readonly [number, number, number, number]) {
  const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
  const outputs = Object.values(signature.outputs).map(({ node }) => node.name);
  writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel([], signature));
  const tensorflow = openSession(folder);
  const expected = tensorflow.run({ images: { dtype: 'uint8', shape, values } }, outputs);
  tensorflow.close();

  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, writeOnnx(signature));
  const onnx = await openOnnxSession(path);
  const byOnnx = await onnx.run({ images: { shape, values } }, Object.keys(signature.outputs));
  await onnx.close();

  const { json, weights } = writeTfjs(signature);
  const answer = await runTfjs(json, Buffer.concat(weights), shape, values);
  const byTfjs = Object.keys(signature.outputs).map((name) => answer[name]);
  for (const [i, wanted] of expected.entries()) {
    expect(wanted.length).toBeGreaterThan(0);
    expect(distance(byOnnx[i], wanted), 'ONNX Runtime').toBeLessThan(1e-4);
    expect(distance(byTfjs[i], wanted), 'TensorFlow.js').toBeLessThan(1e-4);
  }
}

const distance = (found: ArrayLike<number> | undefined, wanted: ArrayLike<number>): number =>
  Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - (found?.[i] ?? Number.NaN))), 0);
