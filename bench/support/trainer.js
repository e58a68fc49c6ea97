/**
 * One measurement of the trainer in a process of its own: the compiled program and loop of the service, on random bytes.
 * Takes one argument, JSON of `Measurement`; prints one line of JSON. JavaScript, so that no loader counts into its memory.
 */

/**
 * @typedef {{ spec: import('../../src/contracts/job.js').JobSpec; parameters: number; warmUp: number; steps: number }} Measurement
 */

/** A slow machine stops early: as bench/reference/measurement.py does. */
const ENOUGH_SECONDS = 12;
const LEAST_STEPS = 3;

const argument = process.argv[2];
if (argument === undefined) throw new Error('One argument is needed: a measurement as JSON.');
const { spec, parameters, warmUp, steps } = /** @type {Measurement} */ (JSON.parse(argument));
const dist = new URL('../../dist/training/', import.meta.url);
/** @type {typeof import('../../src/training/program.js')} */
const { openProgram } = await import(new URL('program.js', dist).href);
/** @type {typeof import('../../src/training/train.js')} */
const { train } = await import(new URL('train.js', dist).href);

const image = { height: 28, width: 28, channels: 1 };
const samples = spec.batchSize * (warmUp + steps);
const noise = Buffer.alloc(samples * image.height * image.width);
for (let i = 0; i < noise.length; i++) noise[i] = Math.imul(i, 0x9e3779b1) >>> 24;
const images = { images: noise, labels: Uint8Array.from({ length: samples }, (_, i) => i % 10), samples };

const program = openProgram(spec, image, 10);
if (program.parameters !== parameters) {
  throw new Error(`The network of ${argument} has ${program.parameters} parameters, not ${parameters}.`);
}

const stepSeconds = [];
let last = performance.now();
for await (const event of train(program, { train: images, test: images }, spec, new AbortController().signal)) {
  if (event.type !== 'step') break;
  const now = performance.now();
  stepSeconds.push((now - last) / 1000);
  last = now;
  const timed = stepSeconds.slice(warmUp);
  const enough = timed.length >= LEAST_STEPS && timed.reduce((sum, value) => sum + value, 0) > ENOUGH_SECONDS;
  if (enough || event.step === warmUp + steps) break; // before the evaluation
}
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ stepSeconds: stepSeconds.slice(warmUp), peakBytes, version: process.version }));
program.close();
