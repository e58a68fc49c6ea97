/**
 * One measurement of inference in a process of its own: a session with the frozen serving graph, as the predictor has it.
 * The weights are those that training starts from: speed does not depend on what was learnt.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStopwatch, readMeasurement, requireParameters } from './stopwatch.js';

/** @type {{ spec: import('../../src/contracts/job.js').JobSpec; parameters: number; warmUp: number; steps: number }} */
const { spec, parameters, warmUp, steps } = readMeasurement();
const dist = new URL('../../dist/', import.meta.url);
/** @type {typeof import('../../src/datasets/index.js')} */
const { datasets } = await import(new URL('datasets/index.js', dist).href);
/** @type {typeof import('../../src/graph/session.js')} */
const { openSession } = await import(new URL('graph/session.js', dist).href);
/** @type {typeof import('../../src/training/program.js')} */
const { openProgram } = await import(new URL('training/program.js', dist).href);
/** @type {typeof import('../../src/training/serving.js')} */
const { buildServingModel } = await import(new URL('training/serving.js', dist).href);

const image = datasets['fashion-mnist'];
const session = openServingSession();
const size = image.height * image.width * image.channels;
/** @type {import('../../src/graph/session.js').Feed} */
const images = {
  dtype: 'uint8',
  shape: [spec.batchSize, image.height, image.width, image.channels],
  values: Uint8Array.from({ length: spec.batchSize * size }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24),
};
const stopwatch = createStopwatch({ warmUp, steps });
do session.run({ images }, ['probabilities']);
while (!stopwatch.lap());
stopwatch.print(process.version);
session.close();

function openServingSession() {
  const program = openProgram(spec, image, image.classes.length);
  requireParameters(program.parameters, parameters);
  const weights = program.weights();
  program.close();
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), buildServingModel(spec, image, image.classes.length, weights));
    return openSession(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
