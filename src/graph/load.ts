/** Loader of graphs: writes a graph as a SavedModel and opens a session on it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jspb from 'google-protobuf';
import type { Tensor } from './graph.js';
import { message } from './protobuf.js';
import { writeSavedModel } from './saved-model.js';
import { openSession, type Session } from './session.js';

/**
 * Loads the nodes that the roots need. On a CPU it turns TensorFlow's graph optimizer (Grappler) off, which finds little to improve in
 * our graphs and takes longer than everything else before the first step. On a GPU the optimizer chooses layouts and stays on.
 * TensorFlow loads graphs from a folder, which exists only during the call.
 */
export function loadGraph(roots: readonly Tensor[]): Session {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel(roots));
    const optimized = roots[0]?.graph.options.device === 'gpu';
    if (!optimized) writeFileSync(join(folder, 'session_config.pb'), withoutOptimizer());
    return openSession(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** ConfigProto { graph_options { rewrite_options { disable_meta_optimizer: true } } } (tensorflow/core/protobuf/{config,rewriter_config}.proto). */
function withoutOptimizer(): Uint8Array {
  const writer = new jspb.BinaryWriter();
  message(writer, 10, (graphOptions) => message(graphOptions, 10, (rewriter) => rewriter.writeBool(19, true)));
  return writer.getResultBuffer();
}
