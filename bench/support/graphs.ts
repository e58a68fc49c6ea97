/** Check that a graph has the precision that a measurement reports. */
import { datasets } from '../../src/datasets/index.js';
import { elements } from '../../src/graph/graph.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';
import { writeServingModels } from '../../src/training/result/serving-graph.js';
import { buildTrainingGraph } from '../../src/training/step/training-graph.js';
import { type Precision, specOf, type Workload } from './workloads.js';

const info = datasets['fashion-mnist'];
type Spec = ReturnType<typeof specOf>;

/** Build the training graph or the serving graph of a spec, as bytes. */
const graphs = {
  training: (spec: Spec) => writeSavedModel(buildTrainingGraph(spec, info, info.classes.length).roots),
  serving(spec: Spec) {
    const { variables } = buildTrainingGraph(spec, info, info.classes.length);
    const weights = new Map(variables.map(({ name, shape }) => [name, new Float32Array(elements(shape))]));
    return writeServingModels(spec, info, info.classes.length, weights).savedModel;
  },
};

/** Throws if the graph is the same as in float32: bfloat16 would then not be measured. */
export function requirePrecision(kind: keyof typeof graphs, workload: Workload, precision: Precision): void {
  if (precision === 'float32') return;
  const graph = Buffer.from(graphs[kind](specOf(workload, precision)));
  if (!graph.equals(graphs[kind](specOf(workload, 'float32')))) return;
  throw new Error(`The ${kind} graph of ${workload.architecture.network} is the same in ${precision} as in float32.`);
}
