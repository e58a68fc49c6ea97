/** Memory of the values fed to a session. */
import { expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.js';
import { zeros } from '../../src/graph/initializers.js';
import { openGraph } from '../support/run-graph.js';

/** TensorFlow uses memory at multiples of this address without copying it. */
const ALIGNMENT_BYTES = 64;
/** ArrayBuffers start at multiples of this address. */
const STEP_BYTES = 16;

/** A graph with a node that assigns `next` to a variable and a node that reads the variable. */
function openVariable() {
  const graph = new Graph();
  const variable = graph.variable('v', [4], zeros);
  const next = graph.placeholder('next', 'float32', [4]);
  const written = graph.op('AssignVariableOp', [variable.handle, next], { dtype: 'float32' }, []);
  const assigned = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls: [written] });
  const { session } = openGraph(graph, [assigned, variable.value]);
  return {
    assign: (values: Float32Array) => session.run({ next: { dtype: 'float32', shape: [4], values } }, ['fetch_0']),
    read: () => session.run({}, ['fetch_1'])[0],
    close: () => session.close(),
  };
}

it('copies fed values at every alignment', () => {
  const { assign, read, close } = openVariable();
  const buffer = new ArrayBuffer(2 * ALIGNMENT_BYTES);
  for (let offset = 0; offset < ALIGNMENT_BYTES; offset += STEP_BYTES) {
    const values = new Float32Array(buffer, offset, 4).fill(1);
    assign(values);
    values.fill(2); // changes the variable if it shares this memory
    expect(read()).toEqual(Float32Array.of(1, 1, 1, 1));
  }
  close();
});
