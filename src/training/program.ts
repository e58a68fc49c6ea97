/** The TensorFlow program of one training run: a single graph that initialises, trains, evaluates, reads and restores. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec, OptimizerSpec } from '../contracts/job.js';
import { TrainyardError } from '../errors.js';
import { gradients } from '../graph/gradients.js';
import { elements, Graph, type Tensor, type Variable } from '../graph/graph.js';
import { countCorrect, softmaxCrossEntropy } from '../graph/loss.js';
import { decodeBytes, mean } from '../graph/ops.js';
import { adam, adamNumbers, type Optimizer, type StepNumbers, sgd, sgdNumbers } from '../graph/optimizers.js';
import { writeSavedModel } from '../graph/saved-model.js';
import { type Feed, openSession } from '../graph/session.js';
import { buildNetwork, type ImageSize } from '../networks/index.js';
import { networkInput } from './preprocessing.js';

/** Images as height × width × channels bytes each, one after the other, with their labels. */
export type Batch = Readonly<{ images: Uint8Array; labels: Int32Array }>;

/** Mean cross entropy and the number of right answers of one batch. */
export type Score = Readonly<{ loss: number; correct: number }>;

/** What of a job decides its graph. */
export type ProgramSpec = Pick<JobSpec, 'network' | 'networkOptions' | 'optimizer' | 'seed'> & {
  dataset: Pick<JobSpec['dataset'], 'resize'>;
};

/** The graph with the tensors that are fetched from it. */
type TrainingGraph = Readonly<{ graph: Graph; roots: readonly Tensor[]; variables: readonly Variable[] }>;

/** Builds the graph: 28×28 bytes in, resized to `resize` pixels, through the network, back, and into the weights. */
export function buildTrainingGraph(spec: ProgramSpec, image: ImageSize, classes: number): TrainingGraph {
  const { resize } = spec.dataset;
  const graph = new Graph({ seed: spec.seed });
  const bytes = graph.placeholder('images', 'string', []);
  const labels = graph.placeholder('labels', 'int32', [-1]);
  const input = networkInput(decodeBytes(bytes, [image.height, image.width, image.channels]), resize);

  graph.phase = 'training';
  const logits = buildNetwork(spec, input, classes);
  const loss = mean(softmaxCrossEntropy(logits, labels));
  const correct = countCorrect(logits, labels, 'train_correct');
  const optimizer = createOptimizer(graph, spec.optimizer);
  const updates = [...gradients(loss, graph.variablesOf('parameter'))].map(([variable, gradient]) =>
    optimizer.apply(variable, gradient),
  );
  const trained = graph.op('Identity', [loss], { T: 'float32' }, [], {
    name: 'train_loss',
    controls: [...updates, ...graph.updates],
  });

  graph.phase = 'evaluation';
  const testLogits = buildNetwork(spec, input, classes);
  const testLoss = mean(softmaxCrossEntropy(testLogits, labels));
  const evaluated = graph.op('Identity', [testLoss], { T: 'float32' }, [], { name: 'test_loss' });
  const outputs = graph.op('Identity', [testLogits], { T: 'float32' }, testLogits.shape, { name: 'logits' });

  const variables = [...graph.variables.values()];
  const roots = [trained, correct, evaluated, countCorrect(testLogits, labels, 'test_correct'), outputs];
  return { graph, roots: [...roots, ...stateAccess(graph, variables)], variables };
}

/** `init` gives every variable its initial value; `restore` gives each the value fed to `restore/<name>`; `read/<name>` reads it. */
function stateAccess(graph: Graph, variables: readonly Variable[]): Tensor[] {
  const assign = (variable: Variable, value: Tensor) =>
    graph.op('AssignVariableOp', [variable.handle, value], { dtype: 'float32' }, []);
  const fed = (variable: Variable) => graph.placeholder(`restore/${variable.name}`, 'float32', variable.shape);
  const done = (name: string, controls: readonly Tensor[]) =>
    graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { name, controls });
  return [
    done(
      'init',
      variables.map((variable) => assign(variable, variable.initial)),
    ),
    done(
      'restore',
      variables.map((variable) => assign(variable, fed(variable))),
    ),
    ...variables.map((variable) =>
      graph.op('Identity', [variable.value], { T: 'float32' }, variable.shape, { name: `read/${variable.name}` }),
    ),
  ];
}

function createOptimizer(graph: Graph, spec: OptimizerSpec): Optimizer {
  switch (spec.name) {
    case 'adam':
      return adam(graph, spec);
    case 'sgd':
      return sgd(graph, spec);
  }
}

/** The numbers that step `step` (from 1) is fed with. */
function stepNumbers(spec: OptimizerSpec, step: number): StepNumbers {
  return spec.name === 'adam' ? adamNumbers(step, spec.learningRate, spec) : sgdNumbers(spec.learningRate);
}

export type Program = ReturnType<typeof openProgram>;

/**
 * Builds the graph, loads it into a TensorFlow session and initialises the variables from the seed.
 * Every call blocks the thread until TensorFlow is done; `close` gives the memory back.
 */
export function openProgram(spec: ProgramSpec, image: ImageSize, classes: number) {
  const { graph, roots, variables } = buildTrainingGraph(spec, image, classes);
  const session = loadGraph(roots);
  session.run({}, ['init']);
  const weights = variables.filter(({ role }) => role !== 'slot');

  const feed = ({ images, labels }: Batch): Record<string, Feed> => {
    if (images.length !== labels.length * elements([image.height, image.width, image.channels])) {
      throw new TrainyardError('invalid_shape', `${labels.length} labels do not fit ${images.length} bytes of images.`);
    }
    return {
      images: { dtype: 'string', shape: [], values: [images] },
      labels: { dtype: 'int32', shape: [labels.length], values: labels },
    };
  };
  const score = (feeds: Record<string, Feed>, fetches: [string, string]): Score => {
    const [loss, correct] = session.run(feeds, fetches);
    return { loss: loss?.[0] ?? Number.NaN, correct: correct?.[0] ?? Number.NaN };
  };
  const read = (wanted: readonly Variable[]) => {
    const values = session.run(
      {},
      wanted.map(({ name }) => `read/${name}`),
    );
    return new Map(wanted.map(({ name }, i) => [name, values[i] as Float32Array]));
  };

  return {
    /** Numbers that are learned. */
    parameters: graph.count('parameter'),
    /** Shapes of the weights and running statistics, by name. */
    shapes: new Map(weights.map(({ name, shape }) => [name, shape])),

    /** One training step: forward, backward, running statistics, optimizer. `step` counts from 1 over the whole run. */
    train(batch: Batch, step: number): Score {
      const feeds = feed(batch);
      for (const [name, value] of Object.entries(stepNumbers(spec.optimizer, step))) {
        feeds[name] = { dtype: 'float32', shape: [], values: Float32Array.of(value) };
      }
      return score(feeds, ['train_loss', 'train_correct']);
    },

    /** The batch's score by running statistics; changes nothing. */
    evaluate: (batch: Batch): Score => score(feed(batch), ['test_loss', 'test_correct']),

    /** N×classes logits by running statistics. */
    logits(images: Uint8Array): Float32Array {
      const [logits] = session.run({ images: { dtype: 'string', shape: [], values: [images] } }, ['logits']);
      return logits as Float32Array;
    },

    /** Weights and running statistics by name, in the layout of `shapes`. */
    weights: (): Map<string, Float32Array> => read(weights),

    /** All that a resumed run needs: weights, running statistics and optimizer slots. */
    state: (): Map<string, Float32Array> => read(variables),

    /** Sets variables; those that `state` does not name keep their value. */
    restore(state: ReadonlyMap<string, Float32Array>): void {
      const missing = variables.filter(({ name }) => !state.has(name));
      const current = missing.length > 0 ? read(missing) : new Map<string, Float32Array>();
      const feeds: Record<string, Feed> = {};
      for (const { name, shape } of variables) {
        const values = state.get(name) ?? current.get(name) ?? new Float32Array();
        if (values.length !== elements(shape)) {
          throw new TrainyardError(
            'invalid_shape',
            `"${name}" needs ${elements(shape)} numbers, not ${values.length}.`,
          );
        }
        feeds[`restore/${name}`] = { dtype: 'float32', shape, values };
      }
      session.run(feeds, ['restore']);
    },

    close: (): void => session.close(),
  };
}

/** TensorFlow loads graphs from a folder; it is needed for the moment of loading only. */
function loadGraph(roots: readonly Tensor[]) {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), writeSavedModel(roots));
    return openSession(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
