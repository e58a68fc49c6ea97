/** The TensorFlow program of one training run: its graph in a session, to train, evaluate, read and restore. */

import { TrainyardError } from '../../errors/errors.js';
import { elements, type Graph, readOf, type Variable } from '../../graph/graph.js';
import { loadGraph } from '../../graph/load.js';
import { DRAW, drawOf } from '../../graph/random.js';
import { type Feed, isUsingGpu, type TypedArray } from '../../graph/session.js';
import type { TrainingBatch } from './batches.js';
import { microBatches } from './batches.js';
import type { ImageSource } from './preprocessing.js';
import { buildTrainingGraph, type ProgramSpec } from './training-graph.js';
import {
  APPLY_UPDATE,
  FIRST_MICRO_BATCH,
  MICRO_BATCH_SHARE,
  NEXT_MICRO_BATCH,
  TRAIN_LOSS,
  usesMicroBatches,
} from './training-step.js';

export type { ProgramSpec } from './training-graph.js';

/** Mean cross entropy and the number of right answers of one batch. */
export type Score = Readonly<{ loss: number; correct: number }>;

export type Program = ReturnType<typeof openProgram>;

/**
 * Builds the graph, loads it into a TensorFlow session and initialises the variables from the seed.
 * Every call blocks the thread until TensorFlow is done; `close` gives the memory back.
 */
export function openProgram(spec: ProgramSpec, image: ImageSource, classes: number) {
  const { graph, roots, variables, numbers } = buildTrainingGraph(spec, image, classes, isUsingGpu() ? 'gpu' : 'cpu');
  const session = loadGraph(roots);
  session.run({}, ['init']);
  const weights = variables.filter(({ role }) => role === 'parameter' || role === 'statistic');
  const averageOf = (variable: Variable) => graph.averages.get(variable) ?? variable;

  const feed = ({ images, labels }: TrainingBatch): Record<string, Feed> => {
    if (images.length !== labels.length * elements([image.height, image.width, image.channels])) {
      throw new TrainyardError('invalid_shape', `${labels.length} labels do not fit ${images.length} bytes of images.`);
    }
    return {
      images: { dtype: 'string', shape: [], values: [images] },
      labels: { dtype: 'int32', shape: [labels.length], values: labels },
    };
  };
  const score = (feeds: Record<string, Feed>, fetches: [string, string]): Score => {
    return scoreOf(session.run(feeds, fetches));
  };
  /** One run for all that is asked in evaluation mode: TensorFlow prepares each set of fetches anew, which takes a while. */
  const answer = (batch: TrainingBatch) => {
    const [loss, correct, logits] = session.run(feed(batch), ['test_loss', 'test_correct', 'logits']);
    return { score: scoreOf([loss, correct]), logits: logits as Float32Array };
  };
  /** The values of variables, or of others in their place, by name. */
  const read = (wanted: readonly Variable[], source = (variable: Variable) => variable) => {
    const values = session.run(
      {},
      wanted.map((variable) => readOf(source(variable).name)),
    );
    return new Map(wanted.map(({ name }, i) => [name, values[i] as Float32Array]));
  };
  /** The parts one after the other, then the update. */
  const trainInParts = (batch: TrainingBatch, step: number, update: Record<string, Feed>): Score => {
    const total = { loss: 0, correct: 0 };
    for (const [i, part] of microBatches(batch, spec.microBatchSize).entries()) {
      const share = part.labels.length / batch.labels.length;
      const feeds = { ...feed(part), ...drawFeed(graph, i, step), ...scalars({ [MICRO_BATCH_SHARE]: share }) };
      const { loss, correct } = score(feeds, [i === 0 ? FIRST_MICRO_BATCH : NEXT_MICRO_BATCH, 'train_correct']);
      total.loss += share * loss;
      total.correct += correct;
    }
    session.run(update, [APPLY_UPDATE]);
    return total;
  };

  return {
    /** Numbers that are learned. */
    parameters: graph.count('parameter'),
    /** Shapes of the weights and running statistics, by name. */
    shapes: new Map(weights.map(({ name, shape }) => [name, shape])),
    /** The same for all that `state` has. */
    stateShapes: new Map(variables.map(({ name, shape }) => [name, shape])),

    /**
     * One training step: forward, backward, running statistics, optimizer; in parts of `microBatchSize` images where that
     * is less than `batchSize`. `step` counts from 1 over the whole run. The score is that of the whole batch.
     */
    train(batch: TrainingBatch, step: number, learningRate = spec.optimizer.learningRate): Score {
      const update = scalars(numbers(step, learningRate));
      if (usesMicroBatches(spec)) return trainInParts(batch, step, update);
      return score({ ...feed(batch), ...drawFeed(graph, 0, step), ...update }, [TRAIN_LOSS, 'train_correct']);
    },

    /** The batch's score by running statistics, and by averages where the run keeps them; changes nothing. */
    evaluate: (batch: TrainingBatch): Score => answer(batch).score,

    /** N×classes logits in evaluation mode, as `evaluate` has it. */
    logits(images: Uint8Array): Float32Array {
      const labels = new Int32Array(images.length / elements([image.height, image.width, image.channels]));
      return answer({ images, labels }).logits;
    },

    /** Weights and running statistics by name, or their averages where the run keeps them, in the layout of `shapes`. */
    weights: (): Map<string, Float32Array> => read(weights, averageOf),

    /** All that a resumed run needs: weights, running statistics, optimizer slots and averages. */
    state: (): Map<string, Float32Array> => read(variables),

    /**
     * Sets variables; those that `state` does not name keep their value. An average that it does not name starts at the
     * value that it names for the variable.
     */
    restore(state: ReadonlyMap<string, Float32Array>): void {
      const values = new Map(state);
      for (const [{ name }, average] of graph.averages) {
        const value = state.get(name);
        if (value !== undefined && !state.has(average.name)) values.set(average.name, value);
      }
      const hasSlots = variables.some(({ name, role }) => role === 'slot' && values.has(name));
      const among = variables.filter(({ role }) => role !== 'slot' || hasSlots);
      const missing = among.filter(({ name }) => !values.has(name));
      for (const [name, value] of missing.length > 0 ? read(missing) : []) values.set(name, value);
      const feeds: Record<string, Feed> = {};
      for (const { name, shape } of among) {
        const given = values.get(name) ?? new Float32Array();
        if (given.length !== elements(shape)) {
          throw new TrainyardError('invalid_shape', `"${name}" needs ${elements(shape)} numbers, not ${given.length}.`);
        }
        feeds[`restore/${name}`] = { dtype: 'float32', shape, values: given };
      }
      session.run(feeds, [hasSlots ? 'restore' : 'restore_weights']);
    },

    close: (): void => session.close(),
  };
}

const scoreOf = ([loss, correct]: readonly (TypedArray | undefined)[]): Score => ({
  loss: loss?.[0] ?? Number.NaN,
  correct: correct?.[0] ?? Number.NaN,
});

/** Float32 scalars as feeds. */
const scalars = (numbers: Readonly<Record<string, number>>): Record<string, Feed> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      { dtype: 'float32', shape: [], values: Float32Array.of(value) },
    ]),
  );

/** What a graph that draws random numbers is fed with: the place of the part in its batch, from 0, and the step. */
const drawFeed = (graph: Graph, part: number, step: number): Record<string, Feed> =>
  graph.named(DRAW) === undefined ? {} : { [DRAW]: { dtype: 'int32', shape: [2], values: drawOf(part, step) } };
