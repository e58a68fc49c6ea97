/** Proof that TensorFlow loads on this machine and computes. */
import { TrainyardError } from '../errors/errors.js';
import { Graph } from './graph.js';
import { loadGraph } from './load.js';
import { matMul } from './ops.js';

const SIDE = 16;

/** Loads TensorFlow and multiplies two matrices. Throws `unavailable` if the addon is missing or computes something else. */
export function proveTensorFlow(): void {
  const graph = new Graph({ device: 'cpu' });
  const shape = [SIDE, SIDE];
  const [a, b] = [graph.placeholder('a', 'float32', shape), graph.placeholder('b', 'float32', shape)];
  const product = matMul(a, b);
  const session = loadGraph([product]);
  const values = new Float32Array(SIDE * SIDE).fill(1);
  const ones = { dtype: 'float32', shape, values } as const;
  const [found] = session.run({ a: ones, b: ones }, [product.node.name]);
  session.close();
  if (found?.every((value) => value === SIDE)) return;
  throw new TrainyardError(
    'unavailable',
    `TensorFlow computed ${String(found?.[0])} instead of ${SIDE} in a test: its library does not work on this machine.`,
  );
}
