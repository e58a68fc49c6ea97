/** CPU and memory of a trainer, as /proc and nvidia-smi report them. */
import { describe, expect, test } from 'vitest';
import type { Usage } from '../../src/contracts/jobs/frame.js';
import { createUsageSampler, parseGpuUsage, parseStat } from '../../src/processes/trainer-usage.js';

describe('the usage of a trainer', () => {
  test('is read from the fields of /proc/<pid>/stat, whatever the name of the program', () => {
    const line = `4711 (a) b (c) S 1 4711 4711 0 -1 4194560 ${'7 0 0 0'} 250 50 0 0 20 0 12 0 99 1000000 2560 18446744073709551615 1`;
    expect(parseStat(line)).toEqual({ ticks: 300, memoryBytes: 2_560 * 4_096 });
    expect(parseStat('')).toBeUndefined();
  });

  test('counts the cores that are busy since the sample before', () => {
    const sampler = createUsageSampler(process.pid, undefined);
    const first = sampler.sampleIfDue() as Usage;
    expect(first.memoryBytes).toBeGreaterThan(2 ** 24);
    expect(first.cpu).toBeGreaterThan(0);
    expect(sampler.sampleIfDue()).toBeUndefined();
    sampler.stop();
  });

  test('is absent for a process that does not exist', () => {
    expect(createUsageSampler(undefined, undefined).sampleIfDue()).toBeUndefined();
    expect(createUsageSampler(2 ** 30, undefined).sampleIfDue()).toBeUndefined();
  });

  test('has the GPU as nvidia-smi reports it', () => {
    expect(parseGpuUsage('1024, 87\n')).toEqual({ gpu: 0.87, gpuMemoryBytes: 2 ** 30 });
    expect(parseGpuUsage('2048, [N/A]\n')).toEqual({ gpuMemoryBytes: 2 ** 31 });
    expect(parseGpuUsage('')).toEqual({});
  });
});
