/** A graph under construction → a session that runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jspb from 'google-protobuf';
import type { Tensor } from './graph.js';
import { message } from './protobuf.js';
import { writeSavedModel } from './saved-model.js';
import { openSession, type Session } from './session.js';

/**
 * Loads all that the roots need, as it is written: on a CPU TensorFlow's graph optimizer (Grappler) finds little to do in our graphs, and
 * takes longer than all else before the first step. On a GPU it stays, for the layouts that it chooses there. TensorFlow takes graphs from a
 * folder; it is there for the moment of loading only.
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
