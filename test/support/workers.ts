/** Workers for tests: what one would say of itself. */
import type { WorkerInfo } from '../../src/contracts/service/worker.js';

type Shown = Omit<WorkerInfo, 'seenAt'>;

/** A worker without anything for bfloat16 and with more memory than any job needs, unless said otherwise. */
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
