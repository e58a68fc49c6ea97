/** Worker descriptions for tests, as workers report them. */
import type { WorkerInfo } from '../../src/contracts/service/live-worker.js';

type Shown = Omit<WorkerInfo, 'seenAt'>;

/** Describes a worker. Default: no bfloat16 support, and more memory than any job needs. */
export const workerOf = (change: Partial<Shown> = {}): Shown => ({
  host: 'here',
  pid: 7,
  device: 'cpu',
  processor: 'A CPU',
  cores: 2,
  memoryBytes: 1e12,
  bfloat16: 'none',
  concurrency: 1,
  ...change,
});
