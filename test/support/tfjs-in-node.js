/**
 * Stock TensorFlow.js in a Node.js process: loads a graph model by its URL and prints its outputs as JSON.
 * Arguments: the URL of model.json, the URL of the pixels, and the shape of the pixels as JSON.
 */
import { createRequire } from 'node:module';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs');
const [model = '', pixels = '', shape = ''] = process.argv.slice(2);
const graph = await tf.loadGraphModel(model);
const bytes = new Uint8Array(await (await fetch(pixels)).arrayBuffer());
/** @type {Record<string, { dataSync(): Float32Array }>} */
const outputs = graph.predict(tf.tensor(bytes, JSON.parse(shape), 'int32'));
console.log(JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, [...y.dataSync()]]))));
