/** Sessions for the graphs of tests. */
import type { Graph, Tensor } from '../../src/graph/graph.js';
import { loadGraph } from '../../src/graph/load.js';
import type { Feed, Session, TypedArray } from '../../src/graph/session.js';

/** Opens a session that fetches these tensors, in their order. */
export function openGraph(
  graph: Graph,
  outputs: readonly Tensor[],
): { run(feeds?: Record<string, Feed>): TypedArray[]; session: Session } {
  const fetched = outputs.map((output, i) =>
    graph.op('Identity', [output], { T: output.dtype }, output.shape, { name: `fetch_${i}` }),
  );
  const session = loadGraph(fetched);
  return {
    session,
    run: (feeds = {}) =>
      session.run(
        feeds,
        fetched.map(({ node }) => node.name),
      ),
  };
}

/** Runs a graph once and returns the values of `outputs`. */
export function runGraph(graph: Graph, outputs: readonly Tensor[], feeds: Record<string, Feed> = {}): TypedArray[] {
  const { run, session } = openGraph(graph, outputs);
  try {
    return run(feeds);
  } finally {
    session.close();
  }
}
