/** A graph under construction → a session that runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from './graph.js';
import { writeSavedModel } from './saved-model.js';
import { openSession, type Session } from './session.js';

/** Loads all that the roots need. TensorFlow takes graphs from a folder; it is there for the moment of loading only. */
export function loadGraph(roots: readonly Tensor[]): Session {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel(roots));
    return openSession(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
