/**
 * One measurement of the trainer in a process of its own: the compiled program and loop of the service, on random bytes.
 * Takes one argument, JSON of `Measurement`; prints one line of JSON. JavaScript, so that no loader counts into its memory.
 */

/**
 * @typedef {import('../../src/contracts/network.js').Architecture} Architecture
 * @typedef {Pick<Architecture, 'network'> & { networkOptions?: object; resize: number; batch: number; warmUp: number; steps: number }} Measurement
 */

/** A slow machine stops early: as bench/reference/train_speed.py does. */
const ENOUGH_SECONDS = 12;
const LEAST_STEPS = 3;

const argument = process.argv[2];
if (argument === undefined) throw new Error('One argument is needed: a measurement as JSON.');
const { network, networkOptions, resize, batch, warmUp, steps } = /** @type {Measurement} */ (JSON.parse(argument));
const dist = new URL('../../dist/', import.meta.url);
/** @type {typeof import('../../src/contracts/job.js')} */
const { resolveJob } = await import(new URL('contracts/job.js', dist).href);
/** @type {typeof import('../../src/training/program.js')} */
const { openProgram } = await import(new URL('training/program.js', dist).href);
/** @type {typeof import('../../src/training/train.js')} */
const { train } = await import(new URL('training/train.js', dist).href);

const image = { height: 28, width: 28, channels: 1 };
const samples = batch * (warmUp + steps);
const noise = Buffer.alloc(samples * image.height * image.width);
for (let i = 0; i < noise.length; i++) noise[i] = Math.imul(i, 0x9e3779b1) >>> 24;
const images = { images: noise, labels: Uint8Array.from({ length: samples }, (_, i) => i % 10), samples };

const spec = resolveJob({ network, networkOptions, dataset: { resize }, batchSize: batch, epochs: 1, stepInterval: 1 });
const program = openProgram(spec, image, 10);

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
