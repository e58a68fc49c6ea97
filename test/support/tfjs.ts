/** Stock TensorFlow.js on its CPU backend, and TensorFlow sessions, for tests of exported models. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Session } from '../../src/graph/session.js';

type Tfjs = typeof import('@tensorflow/tfjs');

/** Runs a graph model in this process and returns its outputs by name. */
export async function runTfjs(
  json: string,
  weights: Uint8Array,
  shape: readonly number[],
  values: Uint8Array,
): Promise<Record<string, ArrayLike<number>>> {
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tfjs; // Node.js cannot import its ES module build
  const { weightsManifest, ...artifacts } = JSON.parse(json);
  const weightSpecs = weightsManifest.flatMap((group: { weights: unknown[] }) => group.weights);
  const weightData = Uint8Array.from(weights).buffer;
  const model = await tf.loadGraphModel({ load: async () => ({ ...artifacts, weightSpecs, weightData }) });
  const answer = model.predict(tf.tensor(values, [...shape], 'int32')) as Record<string, { dataSync(): Float32Array }>;
  return Object.fromEntries(Object.entries(answer).map(([name, tensor]) => [name, tensor.dataSync()]));
}

/** Runs a graph model in a process without our code, which loads `model.json` and `pixels` from the address. */
export async function runTfjsInNode(
  address: string,
  shape: readonly number[],
): Promise<Record<string, readonly number[]>> {
  const script = join(import.meta.dirname, 'tfjs-in-node.js');
  const args = [script, `${address}/model.json`, `${address}/pixels`, JSON.stringify(shape)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Record<string, number[]>;
}

/** Returns the logits of two grey images of 28 × 28 bytes, and closes the session. */
export function answersOf(session: Session, values: Uint8Array): Float32Array {
  try {
    const [logits] = session.run({ images: { dtype: 'uint8', shape: [2, 28, 28, 1], values } }, ['logits']);
    return logits as Float32Array;
  } finally {
    session.close();
  }
}
