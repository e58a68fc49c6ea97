/** Hardware detection: from sample system files, and on this machine. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  addressSpaceOf,
  bfloat16Of,
  concurrencyOf,
  detectHardware,
  parseGpus,
  visibleOf,
} from '../../src/processes/hardware.js';

const cpuinfo = (flags: string, vendor = 'AuthenticAMD'): string =>
  `processor\t: 0\nvendor_id\t: ${vendor}\nmodel name\t: A CPU\nflags\t\t: fpu ${flags} sse2\nbogomips\t: 5000\n\nprocessor\t: 1\n`;

describe('the CPU', () => {
  test.each([
    ['avx512f avx512_bf16 amx_bf16 amx_tile', 'amx'],
    ['avx512f avx512_bf16', 'avx512'],
    ['avx2', 'none'],
    ['not_amx_bf16 avx512_bf16x', 'none'],
  ])('has bfloat16 support by the flags %s: %s', (flags, support) => {
    expect(bfloat16Of(cpuinfo(flags))).toBe(support);
  });

  test('has AMX or nothing if it is from Intel: float32 is faster than AVX-512 BF16 alone', () => {
    expect(bfloat16Of(cpuinfo('avx512f avx512_bf16 amx_bf16', 'GenuineIntel'))).toBe('amx');
    expect(bfloat16Of(cpuinfo('avx512f avx512_bf16', 'GenuineIntel'))).toBe('none');
  });

  test('has no bfloat16 support on a system without /proc/cpuinfo', () => {
    expect(bfloat16Of('')).toBe('none');
  });
});

describe('concurrent jobs', () => {
  test.each([
    [undefined, 0, 1],
    [4, 0, 4],
    [undefined, 8, 8],
    [3, 8, 3],
    [16, 8, 8],
  ])('are as many as requested, at most the GPU slots: %s, %i, %i', (asked, slots, found) => {
    expect(concurrencyOf(asked, slots)).toBe(found);
  });
});

describe('GPUs', () => {
  const gpus = parseGpus(
    '0, GPU-aaaa-1, NVIDIA A100-SXM4-80GB, 81920, 8.0\n1, GPU-bbbb-2, Tesla T4, 15360, 7.5\n2, GPU-cccc-3, Old, [N/A], [N/A]\n',
  );

  test('are read from nvidia-smi', () => {
    expect(gpus).toEqual([
      { name: 'GPU-aaaa-1', model: 'NVIDIA A100-SXM4-80GB', memoryBytes: 80 * 2 ** 30, computeCapability: 8 },
      { name: 'GPU-bbbb-2', model: 'Tesla T4', memoryBytes: 15 * 2 ** 30, computeCapability: 7.5 },
      { name: 'GPU-cccc-3', model: 'Old', memoryBytes: 0, computeCapability: 0 },
    ]);
    expect(parseGpus('')).toEqual([]);
  });

  test.each([
    [undefined, ['GPU-aaaa-1', 'GPU-bbbb-2', 'GPU-cccc-3']],
    ['1', ['GPU-bbbb-2']],
    ['2,0', ['GPU-cccc-3', 'GPU-aaaa-1']],
    ['GPU-bb', ['GPU-bbbb-2']],
    ['0,7,1', ['GPU-aaaa-1']],
    ['', []],
    ['-1', []],
  ])('are limited to those of CUDA_VISIBLE_DEVICES=%s', (visible, names) => {
    expect(visibleOf(gpus, visible).map(({ name }) => name)).toEqual(names);
  });
});

describe('the memory of a trainer', () => {
  test('is at most the memory of this machine, shared by the trainers of a worker', async () => {
    const one = await detectHardware({ cuda: false, concurrency: 1 });
    const four = await detectHardware({ cuda: false, concurrency: 4 });
    expect(one).toMatchObject({ device: 'cpu', cores: availableParallelism(), gpus: [] });
    expect(one.processor).not.toBe('');
    expect(one.memoryBytes).toBeGreaterThan(0);
    expect(one.memoryBytes).toBeLessThanOrEqual(totalmem());
    expect(four.memoryBytes / one.memoryBytes).toBeCloseTo(1 / 4, 6);
  });

  test('is limited by the address space of the process, if that has a limit', () => {
    const script = `import(${JSON.stringify(new URL('../../dist/processes/hardware.js', import.meta.url).href)})
      .then(({ detectHardware }) => detectHardware({ cuda: false, concurrency: 1 }))
      .then(({ memoryBytes }) => console.log(memoryBytes));`;
    const output = execFileSync('bash', ['-c', 'ulimit -v 3500000 && exec "$0" -e "$1"', process.execPath, script]);
    expect(Number(output)).toBe(3_500_000 * 1024 - 2.5e9);
  });

  test('is not limited by an address space without a limit', () => {
    expect(addressSpaceOf('Max address space         unlimited            unlimited            bytes\n')).toBe(
      Infinity,
    );
    expect(addressSpaceOf('Max address space         4096000000           unlimited            bytes\n')).toBe(
      4_096_000_000,
    );
    expect(addressSpaceOf('')).toBe(Infinity);
  });
});
