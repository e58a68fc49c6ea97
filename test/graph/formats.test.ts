/** Serving graphs in three formats: TensorFlow, ONNX Runtime and stock TensorFlow.js return the same for every network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { type NetworkName, variantsOf } from '../../src/contracts/networks/network.js';
import { elements, Graph } from '../../src/graph/graph.js';
import { writeOnnx } from '../../src/graph/onnx.js';
import { openOnnxSession } from '../../src/graph/onnx-session.js';
import { cast, concat, flatten } from '../../src/graph/ops.js';
import { type Signature, writeSavedModel } from '../../src/graph/saved-model.js';
import { openSession } from '../../src/graph/session.js';
import { writeTfjs } from '../../src/graph/tfjs.js';
import { buildServingGraph, variableShapes } from '../../src/training/result/serving-graph.js';
import { formulaWeights } from '../support/formula.js';
import { runPython } from '../support/python.js';
import { runTfjs } from '../support/tfjs.js';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CLASSES = 5;
const IMAGES = 3;
const HEIGHT = 20;
const WIDTH = 28;

/** Each variant of each network, small, with alternating options. */
const cases = (['resnet', 'densenet'] as const satisfies NetworkName[]).flatMap((network) =>
  ['tutorial', ...variantsOf(network)].map((variant, i) => {
    const shape = network === 'resnet' ? { width: 8, blocks: [1, 2] } : { growth: 4, width: 8, blocks: [2, 1] };
    const stem = i % 2 === 0 ? { stem: 'classic', stemKernel: 7 } : { stem: 'small', stemKernel: 3 };
    return { network, variant, channels: i % 3 === 0 ? 3 : 1, options: { variant, ...shape, ...stem } };
  }),
);

type Case = (typeof cases)[number];

function signatureOf({ network, channels, options }: Case): Signature {
  const image = { height: HEIGHT, width: WIDTH, channels };
  const normalization = { mean: [0.4], std: channels === 3 ? [0.3, 0.2, 0.1] : [0.3] };
  const dataset = { name: 'synthetic' as const, resize: 33 };
  const spec = resolveJob({ network, networkOptions: options, dataset, normalization } as object as {
    network: 'resnet';
  });
  const weights = formulaWeights(variableShapes(spec, image, CLASSES));
  return buildServingGraph(spec, image, CLASSES, weights);
}

describe.each(cases)('$network $variant with $channels channels', (each) => {
  it('returns the same in each format, to 1e-4', () =>
    compare(`${each.network}-${each.variant}`, signatureOf(each), [IMAGES, HEIGHT, WIDTH, each.channels]));
});

it('stores no taps that only read padding for a kernel on one pixel', () => {
  const image = { height: 28, width: 28, channels: 1 };
  const bytesAt = (resize: number): number => {
    const dataset = { name: 'synthetic' as const, resize };
    const spec = resolveJob({ network: 'resnet', networkOptions: { width: 8, blocks: [1, 1, 1, 1] }, dataset });
    const weights = formulaWeights(variableShapes(spec, image, CLASSES));
    return writeOnnx(buildServingGraph(spec, image, CLASSES, weights)).length;
  };
  // The last block reduces 2×2 pixels to one: 4 of 9 taps of 32 → 64 channels, then 1 of 9 of 64 → 64, 4 bytes each.
  const leftOut = 4 * (5 * 32 * 64 + 8 * 64 * 64);
  expect(Math.abs(bytesAt(96) - bytesAt(28) - leftOut)).toBeLessThan(1_000);
});

describe('the ONNX models of all networks', () => {
  it('pass ONNX’s checker and return the same in ONNX Runtime for Python', async () => {
    const asked = cases.map((each, i) => {
      const [path, pixels] = [join(folder, `${i}.onnx`), join(folder, `${i}.pixels`)];
      const shape = [IMAGES, HEIGHT, WIDTH, each.channels] as const;
      const signature = signatureOf(each);
      writeFileSync(path, writeOnnx(signature));
      writeFileSync(pixels, pixelsOf(shape));
      return { model: { path, pixels, shape }, expected: runTensorFlow(signature, shape) };
    });
    const script = join(import.meta.dirname, '../onnx/open_onnx.py');
    const found = await runPython<Opened[]>(script, [JSON.stringify(asked.map(({ model }) => model))]);
    const output = ['tensor(float)', [expect.any(String), CLASSES]];
    for (const [i, { model, expected }] of asked.entries()) {
      expect(found[i]).toMatchObject({
        opset: [18],
        inputs: { images: ['tensor(uint8)', [expect.any(String), ...model.shape.slice(1)]] },
        outputs: { probabilities: output, logits: output },
      });
      for (const [name, wanted] of Object.entries(expected))
        expect(distance(found[i]?.answers[name], wanted), `${model.path}, ${name}`).toBeLessThan(1e-4);
    }
  }, 300_000);
});

/** Output of a Python script about a model. */
type Opened = Readonly<{ opset: number[]; inputs: object; outputs: object; answers: Record<string, number[]> }>;

describe('operations in forms that no network uses', () => {
  it('flatten images in TensorFlow’s order', async () => {
    const graph = new Graph();
    const images = graph.placeholder('images', 'uint8', [-1, 2, 3, 2]);
    const logits = flatten(cast(images, 'float32'));
    const probabilities = graph.op('Softmax', [logits], { T: 'float32' }, logits.shape);
    await compare('flat', { inputs: { images }, outputs: { probabilities, logits } }, [IMAGES, 2, 3, 2]);
  });

  it('are rejected if ONNX would compute something else', () => {
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
  const values = pixelsOf(shape);
  const expected = runTensorFlow(signature, shape);
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, writeOnnx(signature));
  const onnx = await openOnnxSession(path);
  const byOnnx = await onnx.run({ images: { shape, values } }, Object.keys(signature.outputs));
  await onnx.close();

  const { json, weights } = writeTfjs(signature);
  const byTfjs = await runTfjs(json, Buffer.concat(weights), shape, values);
  for (const [i, [output, wanted]] of Object.entries(expected).entries()) {
    expect(wanted.length).toBeGreaterThan(0);
    expect(distance(byOnnx[i], wanted), 'ONNX Runtime').toBeLessThan(1e-4);
    expect(distance(byTfjs[output], wanted), 'TensorFlow.js').toBeLessThan(1e-4);
  }
}

const pixelsOf = (shape: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: elements(shape) }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);

/** Outputs of a graph by name. */
function runTensorFlow(signature: Signature, shape: readonly number[]): Record<string, ArrayLike<number>> {
  writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel([], signature));
  const session = openSession(folder);
  const outputs = Object.entries(signature.outputs);
  const fetches = outputs.map(([, { node }]) => node.name);
  const answers = session.run({ images: { dtype: 'uint8', shape, values: pixelsOf(shape) } }, fetches);
  session.close();
  return Object.fromEntries(outputs.map(([name], i) => [name, answers[i] ?? []]));
}

const distance = (found: ArrayLike<number> | undefined, wanted: ArrayLike<number>): number =>
  Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - (found?.[i] ?? Number.NaN))), 0);
