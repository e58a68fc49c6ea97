/** Runs a graph of a test once: writes it, opens a session, feeds, fetches, closes. */
import type { Graph, Tensor } from '../../src/graph/graph.js';
import { loadGraph } from '../../src/graph/load.js';
import type { Feed, Session, TypedArray } from '../../src/graph/session.js';

/** Opens a session with these tensors under names of their own; a fetch is a place in `outputs`. */
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

/** The values of `outputs` in one run. */
export function runGraph(graph: Graph, outputs: readonly Tensor[], feeds: Record<string, Feed> = {}): TypedArray[] {
  const { run, session } = openGraph(graph, outputs);
  try {
    return run(feeds);
  } finally {
    session.close();
  }
}
