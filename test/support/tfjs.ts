/** Stock TensorFlow.js on its own CPU backend, and a TensorFlow session, for models that other tools are to open. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Session } from '../../src/graph/session.js';

type Tfjs = typeof import('@tensorflow/tfjs');

/** The outputs of a graph model by their names, as `predict` answers them. */
export async function runTfjs(
  json: string,
  weights: Uint8Array,
  shape: readonly number[],
  values: Uint8Array,
): Promise<Record<string, ArrayLike<number>>> {
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tfjs; // its other build cannot be imported by Node
  const { weightsManifest, ...artifacts } = JSON.parse(json);
  const weightSpecs = weightsManifest.flatMap((group: { weights: unknown[] }) => group.weights);
  const weightData = Uint8Array.from(weights).buffer;
  const model = await tf.loadGraphModel({ load: async () => ({ ...artifacts, weightSpecs, weightData }) });
  const answer = model.predict(tf.tensor(values, [...shape], 'int32')) as Record<string, { dataSync(): Float32Array }>;
  return Object.fromEntries(Object.entries(answer).map(([name, tensor]) => [name, tensor.dataSync()]));
}

/** The same by a process that has nothing of ours: `model.json` and `pixels` lie at the address. */
export async function runTfjsInNode(
  address: string,
  shape: readonly number[],
): Promise<Record<string, readonly number[]>> {
  const script = join(import.meta.dirname, 'tfjs-in-node.js');
  const args = [script, `${address}/model.json`, `${address}/pixels`, JSON.stringify(shape)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Record<string, number[]>;
}

/** Logits of two grey images of 28 × 28 bytes; closes the session. */
export function answersOf(session: Session, values: Uint8Array): Float32Array {
  try {
    const [logits] = session.run({ images: { dtype: 'uint8', shape: [2, 28, 28, 1], values } }, ['logits']);
    return logits as Float32Array;
  } finally {
    session.close();
  }
}
