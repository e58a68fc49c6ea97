/** Class activation maps next to those of PyTorch, which bench/reference/write_activation_maps.py writes (`npm run reference`). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type NetworkName, resolveNetworkOptions } from '../../../src/contracts/networks/network.js';
import { openExplainer } from '../../../src/training/result/class-activation.js';
import { variableShapes, writeWeights } from '../../../src/training/result/serving-graph.js';
import { describePreprocessing } from '../../../src/training/step/preprocessing.js';
import { formulaImages, formulaWeights } from '../../support/formula.js';

type Golden = Readonly<{
  network: NetworkName;
  variant: string;
  resize: number;
  height: number;
  width: number;
  targets: readonly number[];
  biases: readonly number[];
  logits: readonly number[];
  /** Values of the maps: for each image, row by row. */
  values: readonly (readonly number[])[];
}>;

const CLASSES = 10;
const IMAGE = { height: 28, width: 28, channels: 1 };

const file = new URL('../../golden/activation-maps.json', import.meta.url);
const { torch: _, command: __, ...cases } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Golden>;

/** Opens the explainer of a network with the formula's weights. */
function openReference({ network, variant, resize }: Golden) {
  const networkOptions = resolveNetworkOptions(network, { variant } as object);
  const preprocessing = describePreprocessing(IMAGE, resize);
  const spec = { network, networkOptions, dataset: { resize } as never };
  const served = { ...spec, normalization: 'none', precision: 'float32' } as const;
  const shapes = variableShapes(served, preprocessing, CLASSES);
  const weights = writeWeights(formulaWeights(shapes), shapes, 1);
  return openExplainer({ spec, preprocessing, classes: CLASSES }, weights);
}

describe.each(Object.entries(cases))('the maps of %s', (_name, golden) => {
  it("are PyTorch's", () => {
    const { height, width, targets, biases, logits, values } = golden;
    const explainer = openReference(golden);
    const images = targets.length;
    const found = explainer.run({
      shape: [images, IMAGE.height, IMAGE.width, IMAGE.channels],
      values: formulaImages(0, images),
      targets: Int32Array.from(targets),
    });
    explainer.close();
    expect([found.maps?.height, found.maps?.width]).toEqual([height, width]);
    const expected = values.flat();
    const scale = Math.max(...expected.map(Math.abs));
    const far = expected.map((value, place) => Math.abs(value - (found.maps?.values[place] ?? Number.NaN)) / scale);
    expect(Math.max(...far)).toBeLessThan(1e-4);
    for (const [place, target] of targets.entries()) {
      expect(found.maps?.biases[place]).toBeCloseTo(biases[place] ?? Number.NaN, 6);
      expect(found.logits[place * CLASSES + target]).toBeCloseTo(logits[place] ?? Number.NaN, 3);
    }
  });
});
