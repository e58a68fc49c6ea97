/** Measures stock tfjs-node once: `LayersModel.fit` with Adam on random images. */
import { createRequire } from 'node:module';
import { createStopwatch, readMeasurement, requireParameters } from './stopwatch.js';
import { networks } from './tfjs-networks.js';

/** @type {{ network: 'resnet' | 'densenet'; resize: number; batch: number; parameters: number; warmUp: number; steps: number }} */
const { network, resize, batch, parameters, warmUp, steps } = readMeasurement();

// tfjs-node calls two functions that Node.js 23 removed.
const require = createRequire(import.meta.url);
const util = /** @type {Record<string, unknown>} */ (require('node:util'));
util['isNullOrUndefined'] ??= (/** @type {unknown} */ value) => value === null || value === undefined;
util['isArray'] ??= Array.isArray;
/** @type {typeof import('@tensorflow/tfjs-node-gpu')} */
const tf = require('@tensorflow/tfjs-node-gpu');
if (tf.getBackend() !== 'tensorflow')
  throw new Error(`tfjs uses the backend "${tf.getBackend()}" instead of TensorFlow.`);

const model = networks[network](tf, resize);
const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(/** @type {number[]} */ (shape)));
requireParameters(
  sizes.reduce((sum, size) => sum + size, 0),
  parameters,
);
model.compile({ optimizer: tf.train.adam(0.001), loss: 'sparseCategoricalCrossentropy' });

const samples = batch * (warmUp + steps);
const images = tf.randomUniform([samples, resize, resize, 1]);
const labels = tf.tensor1d(Float32Array.from({ length: samples }, (_, i) => i % 10));

const stopwatch = createStopwatch({ warmUp, steps });
await model.fit(images, labels, {
  epochs: 1,
  batchSize: batch,
  shuffle: false, // shuffling would add the time of gathering each batch
  verbose: 0,
  callbacks: {
    onEpochBegin: async () => stopwatch.start(),
    onBatchEnd: async (_, logs) => {
      if (!Number.isFinite(logs?.['loss'])) throw new Error(`The loss is ${logs?.['loss']}.`);
      if (stopwatch.lap()) model.stopTraining = true;
    },
  },
});
stopwatch.print(tf.version['tfjs-node']);
