/** Runs a graph of a test once: writes it, opens a session, feeds, fetches, closes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph, Tensor } from '../../src/graph/graph.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';
import { type Feed, openSession, type Session, type TypedArray } from '../../src/graph/session.js';

/** Opens a session with these tensors under names of their own; a fetch is a place in `outputs`. */
export function openGraph(
  graph: Graph,
  outputs: readonly Tensor[],
): { run(feeds?: Record<string, Feed>): TypedArray[]; session: Session } {
  const fetched = outputs.map((output, i) =>
    graph.op('Identity', [output], { T: output.dtype }, output.shape, { name: `fetch_${i}` }),
  );
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel(fetched));
    const session = openSession(folder);
    return {
      session,
      run: (feeds = {}) =>
        session.run(
          feeds,
          fetched.map(({ node }) => node.name),
        ),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
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
