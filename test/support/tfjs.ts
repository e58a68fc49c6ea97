/** Stock TensorFlow.js on its own CPU backend, and a TensorFlow session, for models that other tools are to open. */
import { createRequire } from 'node:module';
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

/** Logits of two grey images of 28 × 28 bytes; closes the session. */
export function answersOf(session: Session, values: Uint8Array): Float32Array {
  try {
    const [logits] = session.run({ images: { dtype: 'uint8', shape: [2, 28, 28, 1], values } }, ['logits']);
    return logits as Float32Array;
  } finally {
    session.close();
  }
}
