/**
 * Measures the trainer once: runs the compiled program and loop of the service on random bytes. This file is JavaScript, so
 * that a TypeScript loader does not add to the measured memory.
 */
import { createStopwatch, readMeasurement, requireParameters } from './stopwatch.js';

/** @type {{ spec: import('../../src/contracts/jobs/job.js').JobSpec; parameters: number; warmUp: number; steps: number; device?: 'cpu' | 'cuda' }} */
const { spec, parameters, warmUp, steps, device = 'cpu' } = readMeasurement();
const dist = new URL('../../dist/', import.meta.url);
/** @type {typeof import('../../src/datasets/index.js')} */
const { datasets } = await import(new URL('datasets/index.js', dist).href);
/** @type {typeof import('../../src/training/step/program.js')} */
const { openProgram } = await import(new URL('training/step/program.js', dist).href);
/** @type {typeof import('../../src/graph/session.js')} */
const { isUsingGpu } = await import(new URL('graph/session.js', dist).href);
/** @type {typeof import('../../src/training/run/train.js')} */
const { train } = await import(new URL('training/run/train.js', dist).href);

const image = datasets['fashion-mnist'];
const samples = spec.batchSize * (warmUp + steps);
const noise = Buffer.alloc(samples * image.height * image.width);
for (let i = 0; i < noise.length; i++) noise[i] = Math.imul(i, 0x9e3779b1) >>> 24;
const images = { images: noise, labels: Uint8Array.from({ length: samples }, (_, i) => i % 10), samples };

const program = openProgram(spec, image, image.classes.length);
requireParameters(program.parameters, parameters);
if (isUsingGpu() !== (device === 'cuda')) {
  throw new Error(`The trainer does not run on the requested device ${device}.`);
}
const stopwatch = createStopwatch({ warmUp, steps });
for await (const event of train(program, { train: images, test: images }, spec, new AbortController().signal)) {
  if (event.type !== 'step' || stopwatch.lap()) break; // before the evaluation
}
stopwatch.print(process.version);
program.close();
