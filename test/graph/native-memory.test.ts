/** TensorFlow's kernels stay within their memory and return the right numbers, whatever the number of channels. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bfloat16Of } from '../../src/processes/hardware.js';

/**
 * Runs a module in a process of its own and returns what it prints. glibc checks each block of memory that the process frees,
 * and aborts it if something was written beyond the block. `kernels` is the newest instruction set that oneDNN uses.
 */
function runChecked(script: string, kernels = 'DEFAULT'): string {
  const { status, signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 120_000, // the corruption can also end in a deadlock
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      ONEDNN_MAX_CPU_ISA: kernels,
      LD_PRELOAD: 'libc_malloc_debug.so.0',
      GLIBC_TUNABLES: 'glibc.malloc.check=3',
    },
  });
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  return stdout.trim();
}

/** Prints the shapes whose weight gradient differs from its definition, of strided 1×1 convolutions with 1 to 18 channels. */
const gradientsOfPoints = (dtype: 'float32' | 'bfloat16', tolerance: number): string => `
  import { convolve } from './dist/graph/convolution.js';
  import { gradients } from './dist/graph/gradients.js';
  import { elements, Graph } from './dist/graph/graph.js';
  import { loadGraph } from './dist/graph/load.js';
  import { cast, mean, reshape } from './dist/graph/ops.js';
  const OUTPUTS = 5;
  const graph = new Graph();
  /** Eighths from -1 to 1, which bfloat16 holds exactly. */
  const pattern = (count, factor) => Float32Array.from({ length: count }, (_, i) => Math.round(8 * Math.sin(factor * (i + 1))) / 8);
  const cases = Array.from({ length: 18 }, (_, i) => i + 1).flatMap((inputs) =>
    [[9, 32, 2], [3, 12, 3]].map(([n, side, stride]) => {
      const shape = [n, side, side, inputs];
      const pixels = pattern(elements(shape), 1.7);
      const x = cast(graph.constant(pixels, 'float32', shape), '${dtype}');
      const initial = (g, name, size) => g.constant(new Float32Array(elements(size)), 'float32', size);
      const weight = graph.variable('weight_' + shape.join('_'), [1, 1, inputs, OUTPUTS], initial);
      const y = cast(convolve(x, weight.value, { kernel: 1, stride, padding: 0 }), 'float32');
      const factors = pattern(elements(y.shape), 0.9);
      const times = (value) => graph.op('Mul', [value, graph.constant(factors, 'float32', y.shape)], { T: 'float32' }, y.shape);
      const weighted = graph.differentiable(times(y), [y], (dy) => [times(dy)]);
      const [gradient] = gradients(mean(reshape(weighted, [factors.length])), [weight]).values();
      const assigned = graph.op('AssignVariableOp', [weight.handle, weight.initial], { dtype: 'float32' }, []);
      return { shape, stride, pixels, factors, gradient, assigned };
    }),
  );
  const controls = cases.map(({ assigned }) => assigned);
  const ready = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { name: 'ready', controls });
  const session = loadGraph([ready, ...cases.map(({ gradient }) => gradient)]);
  session.run({}, ['ready']);
  const found = session.run({}, cases.map(({ gradient: { node, index } }) => node.name + ':' + index));
  session.close();
  const wrong = cases.filter(({ shape: [n, side, , inputs], stride, pixels, factors }, i) => {
    const [sums, sizes] = [new Float64Array(inputs * OUTPUTS), new Float64Array(inputs * OUTPUTS)];
    for (let at = 0, image = 0; image < n; image++)
      for (let row = 0; row < side; row += stride)
        for (let column = 0; column < side; column += stride, at += OUTPUTS)
          for (let place = 0; place < sums.length; place++) {
            const pixel = pixels[((image * side + row) * side + column) * inputs + Math.floor(place / OUTPUTS)];
            const term = pixel * factors[at + (place % OUTPUTS)];
            sums[place] += term;
            sizes[place] += Math.abs(term);
          }
    return sums.some((sum, place) => !(Math.abs(found[i][place] * factors.length - sum) <= ${tolerance} * sizes[place]));
  });
  console.log(cases.length + ' shapes, wrong: [' + wrong.map(({ shape }) => shape.join('×')).join(', ') + ']');`;

const hasBfloat16 = bfloat16Of(readFileSync('/proc/cpuinfo', 'utf8')) !== 'none';

describe('a strided 1×1 convolution of few channels', () => {
  it.each([
    { kernels: 'DEFAULT', dtype: 'float32', tolerance: 1e-5 },
    { kernels: 'AVX2', dtype: 'float32', tolerance: 1e-5 },
    ...(hasBfloat16 ? [{ kernels: 'AVX512_CORE_BF16', dtype: 'bfloat16', tolerance: 2 ** -7 } as const] : []),
  ] as const)(
    'has the weight gradient of its definition, within its memory, in $dtype with kernels up to $kernels',
    ({ kernels, dtype, tolerance }) => {
      expect(runChecked(gradientsOfPoints(dtype, tolerance), kernels)).toBe('36 shapes, wrong: []');
    },
  );

  it('trains in a network whose last batch is smaller than the others', () => {
    const losses = runChecked(`
      import { resolveJob } from './dist/contracts/jobs/job.js';
      import { loadDataset } from './dist/datasets/index.js';
      import { train } from './dist/training/run/train.js';
      import { openProgram } from './dist/training/step/program.js';
      const spec = resolveJob({
        network: 'resnet',
        networkOptions: { stem: 'small', width: 8, blocks: [1, 1] },
        dataset: { name: 'synthetic', resize: 32, trainSamples: 57, testSamples: 15 },
        epochs: 2,
        batchSize: 16,
        precision: 'float32',
      });
      const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: '' });
      const program = openProgram(spec, data.info, data.info.classes.length);
      for await (const event of train(program, data, spec, new AbortController().signal)) {
        if (event.type === 'epoch') console.log(Number.isFinite(event.trainLoss));
      }
      program.close();`);
    expect(losses.split('\n')).toEqual(['true', 'true']);
  });
});
