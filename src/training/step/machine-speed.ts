/** Speed of this machine, from a few steps of a small network. */
import { resolveJob } from '../../contracts/jobs/job.js';
import { speedOf } from '../../contracts/networks/training-work.js';
import { isUsingGpu } from '../../graph/session.js';
import { openProgram } from './program.js';
import { countWork } from './step-work.js';
import { buildTrainingGraph } from './training-graph.js';

const IMAGE = { height: 28, width: 28, channels: 1 };
const CLASSES = 10;
/** A GPU needs more images, or it waits for the host most of the time. */
const BATCH = { cpu: 32, gpu: 1_024 } as const;
/** The first step of a process takes longer than all others. */
const WARM_UP_STEPS = 1;
/** Measured steps: as many as fit into the time, within these limits. */
const STEPS = { least: 2, most: 12 } as const;
const MEASURED_MS = 250;

/** Trains a small ResNet for about a second and returns the operations a second of its fastest step: other processes only slow steps down. */
export function measureSpeed(): number {
  const device = isUsingGpu() ? 'gpu' : 'cpu';
  const batchSize = BATCH[device];
  const networkOptions = { stem: 'small' as const, width: 16, blocks: [1, 1, 1] };
  const spec = resolveJob({ network: 'resnet', networkOptions, batchSize });
  const built = buildTrainingGraph(spec, IMAGE, CLASSES, device);
  const program = openProgram(spec, IMAGE, CLASSES, built);
  try {
    const batch = noise(batchSize);
    const times = measureSteps((step) => program.train(batch, step));
    return speedOf(countWork(built).step, batchSize, Math.min(...times) / 1000);
  } finally {
    program.close();
  }
}

/** Returns the milliseconds of each measured step. */
function measureSteps(run: (step: number) => void): number[] {
  const times: number[] = [];
  for (let step = 1; step <= WARM_UP_STEPS; step++) run(step);
  const began = performance.now();
  while (times.length < STEPS.most && (times.length < STEPS.least || performance.now() - began < MEASURED_MS)) {
    const before = performance.now();
    run(WARM_UP_STEPS + times.length + 1);
    times.push(performance.now() - before);
  }
  return times;
}

function noise(count: number) {
  const images = Uint8Array.from(
    { length: count * IMAGE.height * IMAGE.width },
    (_, i) => Math.imul(i, 0x9e3779b1) >>> 24,
  );
  return { images, labels: Int32Array.from({ length: count }, (_, i) => i % CLASSES) };
}
