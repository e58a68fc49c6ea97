/**
 * Plain TensorFlow.js in a Node process, as anybody has it: opens a graph model by its URL, and prints its outputs as JSON.
 * Arguments: the address of model.json, that of the pixels, their shape as JSON.
 */
import { createRequire } from 'node:module';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs');
const [model = '', pixels = '', shape = ''] = process.argv.slice(2);
const graph = await tf.loadGraphModel(model);
const bytes = new Uint8Array(await (await fetch(pixels)).arrayBuffer());
/** @type {Record<string, { dataSync(): Float32Array }>} */
const outputs = graph.predict(tf.tensor(bytes, JSON.parse(shape), 'int32'));
console.log(JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, [...y.dataSync()]]))));
