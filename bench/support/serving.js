/**
 * Measures inference once: runs the serving graph in a session of the given runtime, as the predictor does. The weights are
 * untrained, since speed does not depend on them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStopwatch, readMeasurement, requireParameters } from './stopwatch.js';

/** @type {{ spec: import('../../src/contracts/jobs/job.js').JobSpec; parameters: number; runtime: import('../../src/contracts/processes/trainer-messages.js').GraphRuntime; warmUp: number; steps: number }} */
const { spec, parameters, runtime, warmUp, steps } = readMeasurement();
const dist = new URL('../../dist/', import.meta.url);
/** @type {typeof import('../../src/datasets/index.js')} */
const { datasets } = await import(new URL('datasets/index.js', dist).href);
/** @type {typeof import('../../src/graph/session.js')} */
const { openSession } = await import(new URL('graph/session.js', dist).href);
/** @type {typeof import('../../src/graph/onnx-session.js')} */
const { openOnnxSession } = await import(new URL('graph/onnx-session.js', dist).href);
/** @type {typeof import('../../src/inference/runtimes.js')} */
const { createRuntimes } = await import(new URL('inference/runtimes.js', dist).href);
/** @type {typeof import('../../src/training/step/program.js')} */
const { openProgram } = await import(new URL('training/step/program.js', dist).href);
/** @type {typeof import('../../src/training/result/serving-graph.js')} */
const { writeServingModels } = await import(new URL('training/result/serving-graph.js', dist).href);

const image = datasets['fashion-mnist'];
const model = await openServingModel();
const size = image.height * image.width * image.channels;
const images = {
  shape: [spec.batchSize, image.height, image.width, image.channels],
  values: Uint8Array.from({ length: spec.batchSize * size }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24),
};
const stopwatch = createStopwatch({ warmUp, steps });
do await model.predict(images);
while (!stopwatch.lap());
stopwatch.print(process.version);
await model.close();

async function openServingModel() {
  const program = openProgram(spec, image, image.classes.length);
  requireParameters(program.parameters, parameters);
  const weights = program.weights();
  program.close();
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-'));
  try {
    const { savedModel, onnx } = writeServingModels(spec, image, image.classes.length, weights);
    const path = join(folder, runtime === 'onnxruntime' ? 'model.onnx' : 'saved_model.pb');
    writeFileSync(path, runtime === 'onnxruntime' ? onnx : savedModel);
    return await createRuntimes({ openSession, openOnnxSession })[runtime](path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
