/** Balance of classes: weights as scikit-learn computes them, a weighted loss as PyTorch's, and draws with equal chances. */
import { describe, expect, it } from 'vitest';
import { gradients } from '../../../src/graph/gradients.js';
import { Graph } from '../../../src/graph/graph.js';
import { softmaxCrossEntropy, weightedLoss } from '../../../src/graph/loss.js';
import { mean } from '../../../src/graph/ops.js';
import { microBatches } from '../../../src/training/step/batches.js';
import { balancedDraws, classWeightsOf, withWeights } from '../../../src/training/step/class-balance.js';
import { runGraph } from '../../support/run-graph.js';

/** 60 labels of 8 classes; three of the classes have no image. scikit-learn computed the values below from these labels. */
const LABELS = Uint8Array.from({ length: 60 }, (_, i) => ((i * i * 7 + i) % 11) % 8);

describe('balanced class weights', () => {
  it('are those of compute_class_weight("balanced") of scikit-learn 1.9', () => {
    const weights = [...classWeightsOf('balanced', Uint8Array.of(0, 0, 0, 0, 1, 1, 2), 3)];
    for (const [index, expected] of [7 / 12, 7 / 6, 7 / 3].entries()) expect(weights[index]).toBeCloseTo(expected, 6);
    const sparse = [...classWeightsOf('balanced', LABELS, 8)];
    for (const [index, expected] of [0.5, 2.4, 0, 0, 1.2, 1.2, 12 / 11, 0].entries()) {
      expect(sparse[index]).toBeCloseTo(expected, 6);
    }
  });

  it('reach each image of a batch, and of its micro batches', () => {
    const batch = { images: new Uint8Array(4), labels: Int32Array.of(1, 0, 2, 1) };
    const weighted = withWeights(batch, Float32Array.of(0.5, 2, 3));
    expect(weighted.weights).toEqual(Float32Array.of(2, 0.5, 3, 2));
    expect(microBatches(weighted, 3).map(({ weights }) => weights)).toEqual([
      Float32Array.of(2, 0.5, 3),
      Float32Array.of(2),
    ]);
  });
});

describe('a weighted loss', () => {
  // torch.nn.functional.cross_entropy(logits, labels, weight=[0.5, 2, 1.25], reduction="none"), and the gradient of its mean.
  const logits = [0.2, -1, 0.7, 1.5, 0.3, -0.4, -0.6, 0.1, 2, 0, 0.9, -1.1];
  const weights = Float32Array.of(1.25, 0.5, 2, 2);
  const losses = [0.7272206544876099, 0.18604472279548645, 4.203990459442139, 0.8660373687744141];
  const slopes = [
    ...[0.1059352457523346, 0.031907081604003906, -0.1378423124551773],
    ...[-0.03883843123912811, 0.025951366871595383, 0.012887067161500454],
    ...[0.030344432219862938, -0.4388938248157501, 0.408549427986145],
    ...[0.1318400502204895, -0.1757258176803589, 0.043885737657547],
  ];

  it('has the values and the gradient of PyTorch', () => {
    const graph = new Graph();
    const variable = graph.variable('logits', [4, 3], () => graph.constant(logits, 'float32', [4, 3]));
    const labels = graph.constant([2, 0, 1, 1], 'int32');
    const fixed = { ...variable, value: graph.constant(Float32Array.from(logits), 'float32', [4, 3]) };
    const each = weightedLoss(softmaxCrossEntropy(fixed.value, labels), graph.constant(weights, 'float32', [4]));
    const slope = gradients(mean(each), [fixed]).get(fixed);
    if (slope === undefined) throw new Error('The logits have no gradient.');
    const [values = [], found = []] = runGraph(graph, [each, slope]);
    for (const [index, value] of losses.entries()) expect(values[index]).toBeCloseTo(value, 5);
    for (const [index, value] of slopes.entries()) expect(found[index]).toBeCloseTo(value, 6);
  });
});

describe('balanced draws', () => {
  it('are as many as there are images, and take each class that has images equally often', () => {
    const labels = Uint16Array.from({ length: 30_000 }, (_, index) =>
      index % 100 === 0 ? 3 : index % 10 === 0 ? 1 : 0,
    );
    const drawn = Array.from(balancedDraws(labels, 5, 1), (index) => labels[index]);
    expect(drawn).toHaveLength(labels.length);
    for (const label of [0, 1, 3]) {
      const count = drawn.filter((each) => each === label).length;
      expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt((30_000 * 2) / 9));
    }
  });

  it('take each image of a class equally often', () => {
    const labels = Uint8Array.from({ length: 40 }, (_, index) => (index < 4 ? 1 : 0));
    const counts = [0, 0, 0, 0];
    for (let epoch = 1; epoch <= 500; epoch++) {
      for (const index of balancedDraws(labels, 1, epoch)) if (index < 4) counts[index] = (counts[index] ?? 0) + 1;
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    for (const count of counts) expect(Math.abs(count - total / 4)).toBeLessThan(5 * Math.sqrt((total * 3) / 16));
  });

  it('depend on seed and epoch alone', () => {
    const [first, again] = [balancedDraws(LABELS, 3, 2), balancedDraws(LABELS, 3, 2)];
    expect(again).toEqual(first);
    expect(balancedDraws(LABELS, 3, 1)).not.toEqual(first);
    expect(balancedDraws(LABELS, 4, 2)).not.toEqual(first);
  });
});
