/** Training program: the graph of one run in a TensorFlow session, to train, evaluate, read and restore. */

import { TrainyardError } from '../../errors/errors.js';
import { elements, type Graph, readOf, type Variable } from '../../graph/graph.js';
import { loadGraph } from '../../graph/load.js';
import { DRAW, drawOf } from '../../graph/random.js';
import { type Feed, isUsingGpu, type Session, type TypedArray } from '../../graph/session.js';
import { microBatches, type TrainingBatch } from './batches.js';
import { type PhasedProgramSpec, specOfPhase } from './phase-spec.js';
import type { ImageSource } from './preprocessing.js';
import { buildTrainingGraph, IMAGE_WEIGHTS, type ProgramSpec, type TrainingGraph } from './training-graph.js';
import {
  APPLY_UPDATE,
  FIRST_MICRO_BATCH,
  MICRO_BATCH_SHARE,
  NEXT_MICRO_BATCH,
  TRAIN_LOSS,
  usesMicroBatches,
} from './training-step.js';

export type { ProgramSpec } from './training-graph.js';

/** Mean cross entropy and number of correct answers of a batch. */
export type Score = Readonly<{ loss: number; correct: number }>;

export type Program = ReturnType<typeof openProgram>;

/** The training graph of a phase in its session. */
type OpenedGraph = Readonly<{
  /** Index of the phase, from 0. */
  phase: number;
  spec: ProgramSpec;
  training: TrainingGraph;
  session: Session;
  /** Parameters and running statistics. */
  weights: readonly Variable[];
  bytesPerImage: number;
}>;

/**
 * Loads the training graph of the run's first phase into a TensorFlow session and initializes the variables from the seed. `built` is the
 * graph of that phase, if the caller has built it; it is used if it was built for the device that TensorFlow uses. Every call blocks the
 * thread until TensorFlow is done. `close` frees the memory.
 */
export function openProgram(spec: PhasedProgramSpec, image: ImageSource, classes: number, built?: TrainingGraph) {
  let opened = openGraph(spec, { image, classes, phase: 0, built });
  const shapesOf = (variables: readonly Variable[]) => new Map(variables.map(({ name, shape }) => [name, shape]));

  return {
    /** Number of trainable parameters. */
    parameters: opened.training.graph.count('parameter'),
    classes,
    /** Shapes of the parameters and running statistics, by name. */
    shapes: shapesOf(opened.weights),
    /** Shapes of everything in `state`, by name. */
    get stateShapes() {
      return shapesOf(opened.training.variables);
    },

    /**
     * Goes to a phase of the run, by its index from 0. Weights and averages carry over; the optimizer's slots are empty. Does nothing if
     * the program is in that phase. Returns whether it went.
     */
    enter(phase: number): boolean {
      if (phase === opened.phase) return false;
      const state = read(
        opened.session,
        opened.training.variables.filter(({ role }) => role !== 'slot'),
      );
      opened.session.close();
      opened = openGraph(spec, { image, classes, phase });
      restoreState(opened, state);
      return true;
    },

    /**
     * Runs one training step: forward pass, backward pass, running statistics and optimizer; over micro batches if `microBatchSize`
     * is less than `batchSize`. `step` counts from 1 over the whole run, `updates` over the phase. Returns the score of the whole batch.
     */
    train(batch: TrainingBatch, step: number, learningRate = spec.optimizer.learningRate, updates = step): Score {
      const update = scalars(opened.training.numbers({ step, updates }, learningRate));
      return usesMicroBatches(spec)
        ? trainMicroBatches(opened, batch, step, update)
        : trainBatch(opened, batch, step, update);
    },

    /** Scores a batch in evaluation mode, with the averages if the job keeps any. `logits`: N×classes. */
    evaluate(batch: TrainingBatch): Score & Readonly<{ logits: Float32Array }> {
      const { score, logits } = evaluateBatch(opened, batch);
      return { ...score, logits };
    },

    /** Returns N×classes logits in evaluation mode, as `evaluate` computes them. */
    logits(images: Uint8Array): Float32Array {
      const labels = new Int32Array(images.length / opened.bytesPerImage);
      return evaluateBatch(opened, { images, labels }).logits;
    },

    /** Returns the parameters and running statistics by name, or their averages if the job keeps any, in the layout of `shapes`. */
    weights: (): Map<string, Float32Array> =>
      read(opened.session, opened.weights, (variable) => opened.training.graph.averages.get(variable) ?? variable),

    /** Returns everything that a resumed run needs: parameters, running statistics, optimizer slots and averages. */
    state: (): Map<string, Float32Array> => read(opened.session, opened.training.variables),

    /**
     * Sets variables. Those that `state` does not name keep their value, except that an average without a value starts at the
     * value of its variable. Throws `invalid_shape` if a value has another size.
     */
    restore: (state: ReadonlyMap<string, Float32Array>): void => restoreState(opened, state),

    close: (): void => opened.session.close(),
  };
}

type Opening = Readonly<{ image: ImageSource; classes: number; phase: number; built?: TrainingGraph | undefined }>;

function openGraph(run: PhasedProgramSpec, { image, classes, phase, built }: Opening): OpenedGraph {
  const spec = specOfPhase(run, phase);
  const training = trainingGraphFor(spec, image, classes, built);
  const session = loadGraph(training.roots);
  session.run({}, ['init']);
  const weights = training.variables.filter(({ role }) => role === 'parameter' || role === 'statistic');
  const bytesPerImage = elements([image.height, image.width, image.channels]);
  return { phase, spec, training, session, weights, bytesPerImage };
}

/** Returns `built` if it was built for the device that TensorFlow uses, and otherwise a new graph. */
function trainingGraphFor(
  spec: ProgramSpec,
  image: ImageSource,
  classes: number,
  built: TrainingGraph | undefined,
): TrainingGraph {
  const device = isUsingGpu() ? 'gpu' : 'cpu';
  return built?.graph.options.device === device ? built : buildTrainingGraph(spec, image, classes, device);
}

function trainBatch(opened: OpenedGraph, batch: TrainingBatch, step: number, update: Record<string, Feed>): Score {
  const { training, session, bytesPerImage } = opened;
  const feeds = {
    ...feedOf(batch, bytesPerImage),
    ...weightFeed(training.graph, batch),
    ...drawFeed(training.graph, 0, step),
    ...update,
  };
  return scoreOf(session.run(feeds, [TRAIN_LOSS, 'train_correct']));
}

/** Accumulates the gradients of the micro batches, then applies one update. Returns the score of the whole batch. */
function trainMicroBatches(
  opened: OpenedGraph,
  batch: TrainingBatch,
  step: number,
  update: Record<string, Feed>,
): Score {
  const total = { loss: 0, correct: 0 };
  for (const [i, micro] of microBatches(batch, opened.spec.microBatchSize).entries()) {
    const share = micro.labels.length / batch.labels.length;
    const feeds = {
      ...feedOf(micro, opened.bytesPerImage),
      ...weightFeed(opened.training.graph, micro),
      ...drawFeed(opened.training.graph, i, step),
      ...scalars({ [MICRO_BATCH_SHARE]: share }),
    };
    const fetches = [i === 0 ? FIRST_MICRO_BATCH : NEXT_MICRO_BATCH, 'train_correct'];
    const { loss, correct } = scoreOf(opened.session.run(feeds, fetches));
    total.loss += share * loss;
    total.correct += correct;
  }
  opened.session.run(update, [APPLY_UPDATE]);
  return total;
}

/** Fetches loss, correct answers and logits in one run: TensorFlow prepares each set of fetches separately, which takes long. */
function evaluateBatch({ session, bytesPerImage }: OpenedGraph, batch: TrainingBatch) {
  const [loss, correct, logits] = session.run(feedOf(batch, bytesPerImage), ['test_loss', 'test_correct', 'logits']);
  return { score: scoreOf([loss, correct]), logits: logits as Float32Array };
}

function restoreState({ training, session }: OpenedGraph, state: ReadonlyMap<string, Float32Array>): void {
  const { graph, variables } = training;
  const values = withAverages(graph, state);
  const hasSlots = variables.some(({ name, role }) => role === 'slot' && values.has(name));
  const restored = variables.filter(({ role }) => role !== 'slot' || hasSlots);
  const missing = restored.filter(({ name }) => !values.has(name));
  for (const [name, value] of missing.length > 0 ? read(session, missing) : []) values.set(name, value);
  session.run(restoreFeeds(restored, values), [hasSlots ? 'restore' : 'restore_weights']);
}

function feedOf({ images, labels }: TrainingBatch, bytesPerImage: number): Record<string, Feed> {
  if (images.length !== labels.length * bytesPerImage) {
    throw new TrainyardError('invalid_shape', `${labels.length} labels do not fit ${images.length} bytes of images.`);
  }
  return {
    images: { dtype: 'string', shape: [], values: [images] },
    labels: { dtype: 'int32', shape: [labels.length], values: labels },
  };
}

/** Returns the feed of a graph whose loss has weights: 1 for each image of a batch without weights. */
function weightFeed(graph: Graph, { labels, weights }: TrainingBatch): Record<string, Feed> {
  if (graph.findPlaceholder(IMAGE_WEIGHTS) === undefined) return {};
  const values = weights ?? new Float32Array(labels.length).fill(1);
  return { [IMAGE_WEIGHTS]: { dtype: 'float32', shape: [labels.length], values } };
}

/** Returns the values of `wanted` by name. `source` returns the variable to read in place of each. */
function read(
  session: Session,
  wanted: readonly Variable[],
  source = (variable: Variable) => variable,
): Map<string, Float32Array> {
  const values = session.run(
    {},
    wanted.map((variable) => readOf(source(variable).name)),
  );
  return new Map(wanted.map(({ name }, i) => [name, values[i] as Float32Array]));
}

/** Returns a copy of the state in which an average without a value has the value of its variable. */
function withAverages(graph: Graph, state: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  const values = new Map(state);
  for (const [{ name }, average] of graph.averages) {
    const value = state.get(name);
    if (value !== undefined && !state.has(average.name)) values.set(average.name, value);
  }
  return values;
}

function restoreFeeds(variables: readonly Variable[], values: ReadonlyMap<string, Float32Array>): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const { name, shape } of variables) {
    const value = values.get(name) ?? new Float32Array();
    if (value.length !== elements(shape)) {
      throw new TrainyardError('invalid_shape', `"${name}" needs ${elements(shape)} numbers, not ${value.length}.`);
    }
    feeds[`restore/${name}`] = { dtype: 'float32', shape, values: value };
  }
  return feeds;
}

const scoreOf = ([loss, correct]: readonly (TypedArray | undefined)[]): Score => ({
  loss: loss?.[0] ?? Number.NaN,
  correct: correct?.[0] ?? Number.NaN,
});

/** Returns float32 scalars as feeds. */
const scalars = (numbers: Readonly<Record<string, number>>): Record<string, Feed> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      { dtype: 'float32', shape: [], values: Float32Array.of(value) },
    ]),
  );

/** Returns the feed of a graph that draws random numbers: the index of the micro batch, from 0, and the step. */
const drawFeed = (graph: Graph, microBatch: number, step: number): Record<string, Feed> =>
  graph.findPlaceholder(DRAW) === undefined
    ? {}
    : { [DRAW]: { dtype: 'int32', shape: [2], values: drawOf(microBatch, step) } };
