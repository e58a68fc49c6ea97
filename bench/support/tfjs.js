/**
 * One measurement of stock tfjs-node in a process of its own: `LayersModel.fit` with Adam on random images.
 * Takes one argument, JSON of `Measurement`; prints one line of JSON.
 */
import { createRequire } from 'node:module';
import { networks } from './tfjs-networks.js';

/**
 * @typedef {{ network: 'resnet' | 'densenet'; resize: number; batch: number; parameters: number; warmUp: number; steps: number }} Measurement
 */

/** A slow machine stops early: as trainer.js does. */
const ENOUGH_SECONDS = 12;
const LEAST_STEPS = 3;

const argument = process.argv[2];
if (argument === undefined) throw new Error('One argument is needed: a measurement as JSON.');
const { network, resize, batch, parameters, warmUp, steps } = /** @type {Measurement} */ (JSON.parse(argument));

// tfjs-node calls two functions that Node 23 took away.
const require = createRequire(import.meta.url);
const util = /** @type {Record<string, unknown>} */ (require('node:util'));
util['isNullOrUndefined'] ??= (/** @type {unknown} */ value) => value === null || value === undefined;
util['isArray'] ??= Array.isArray;
/** @type {typeof import('@tensorflow/tfjs-node-gpu')} */
const tf = require('@tensorflow/tfjs-node-gpu');
if (tf.getBackend() !== 'tensorflow')
  throw new Error(`tfjs runs on its backend "${tf.getBackend()}", not on TensorFlow.`);

const model = networks[network](tf, resize);
const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(/** @type {number[]} */ (shape)));
const count = sizes.reduce((sum, size) => sum + size, 0);
if (count !== parameters) throw new Error(`The network ${network} has ${count} parameters, not ${parameters}.`);
model.compile({ optimizer: tf.train.adam(0.001), loss: 'sparseCategoricalCrossentropy' });

const samples = batch * (warmUp + steps);
const images = tf.randomUniform([samples, resize, resize, 1]);
const labels = tf.tensor1d(Float32Array.from({ length: samples }, (_, i) => i % 10));

/** @type {number[]} */
const stepSeconds = [];
let last = 0;
await model.fit(images, labels, {
  epochs: 1,
  batchSize: batch,
  shuffle: false, // which leaves out the gathering of each batch
  verbose: 0,
  callbacks: {
    onEpochBegin: async () => {
      last = performance.now();
    },
    onBatchEnd: async (_, logs) => {
      if (!Number.isFinite(logs?.['loss'])) throw new Error(`The loss is ${logs?.['loss']}.`);
      const now = performance.now();
      stepSeconds.push((now - last) / 1000);
      last = now;
      const timed = stepSeconds.slice(warmUp);
      const enough = timed.length >= LEAST_STEPS && timed.reduce((sum, value) => sum + value, 0) > ENOUGH_SECONDS;
      if (enough) model.stopTraining = true;
    },
  },
});
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ stepSeconds: stepSeconds.slice(warmUp), peakBytes, version: tf.version['tfjs-node'] }));
