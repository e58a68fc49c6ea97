/** Whether a graph is what a measurement will call it. */
import { datasets } from '../../src/datasets/index.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';
import { buildTrainingGraph } from '../../src/training/program.js';
import { type Precision, specOf, type Workload } from './workloads.js';

/** Throws where the training graph of this precision is that of float32: figures of bfloat16 would be none. */
export function requirePrecision(workload: Workload, precision: Precision): void {
  if (precision === 'float32') return;
  const graph = trainingGraph(specOf(workload, precision));
  if (!graph.equals(trainingGraph(specOf(workload, 'float32')))) return;
  throw new Error(`The training graph of ${workload.name} in ${precision} is that of float32.`);
}

function trainingGraph(spec: ReturnType<typeof specOf>): Buffer {
  const info = datasets['fashion-mnist'];
  return Buffer.from(writeSavedModel(buildTrainingGraph(spec, info, info.classes.length).roots));
}
