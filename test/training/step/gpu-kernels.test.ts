/** GPU kernels: TensorFlow's CUDA build has one for each node of a step except the decoding of bytes. */
import { describe, expect, test } from 'vitest';
import { platforms } from '../../../scripts/setup/platforms.js';
import type { Node } from '../../../src/graph/graph.js';
import golden from '../../golden/gpu-kernels.json' with { type: 'json' };
import { everyGraph } from '../../support/every-graph.js';

/** The kernels of each operation, each with the dtypes that it takes, by attribute. */
const kernels: Readonly<Record<string, readonly Readonly<Record<string, readonly string[] | undefined>>[]>> =
  golden.kernels;

const cuda = platforms['linux x64']?.tensorflow.cuda?.[0];

/** TensorFlow keeps strings in host memory. */
const ON_THE_CPU = ['DecodeRaw string'];

const hasKernel = ({ op, attributes }: Node): boolean =>
  (kernels[op] ?? []).some((dtypes) =>
    Object.entries(dtypes).every(([name, allowed]) => allowed?.includes(String(attributes[name]))),
  );

describe('with TensorFlow built for CUDA', () => {
  test('the list of kernels belongs to the installed TensorFlow and has every operation', () => {
    expect(cuda?.requirement).toBe(`tensorflow==${golden.tensorflow}`);
    const operations = everyGraph('gpu').flatMap(({ nodes }) => nodes.map(({ op }) => op));
    expect(operations.filter((op) => !(op in kernels))).toEqual([]);
  });

  test.each(everyGraph('gpu'))('$name has a kernel for a GPU for each node', ({ nodes }) => {
    const missing = nodes.filter((node) => !hasKernel(node)).map(({ op, inputs }) => `${op} ${inputs[0]?.dtype}`);
    expect([...new Set(missing)].filter((each) => !ON_THE_CPU.includes(each))).toEqual([]);
  });
});
