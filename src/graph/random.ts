/** Random numbers in a training step: they depend on the run's seed, the name of the draw, the step and the micro batch alone. */
import { crc32 } from 'node:zlib';
import type { Graph, Tensor } from './graph.js';

/** Placeholder of a graph that draws random numbers. It is fed with `drawOf`. */
export const DRAW = 'draw';

/** 2^32 / golden ratio, odd: the seeds of micro batches lie far from each other and from those of neighbouring job seeds. */
const MICRO_BATCH_FACTOR = 0x9e3779b1;

/** Returns the part of the seed that changes between runs of the graph: int32 [2]. `microBatch` counts from 0, `step` from 1. */
export const drawOf = (microBatch: number, step: number): Int32Array =>
  Int32Array.of(Math.imul(microBatch, MICRO_BATCH_FACTOR), step);

/**
 * Returns the seed of the stateless random operation `name`, which is unique within a graph: int32 [2]. Another name, step, micro
 * batch or job seed gives independent numbers (counter-based: Salmon et al. 2011); the same ones give the same bits.
 */
export function drawSeed(graph: Graph, name: string): Tensor {
  const draw = graph.findPlaceholder(DRAW) ?? graph.placeholder(DRAW, 'int32', [2]);
  const place = graph.constant([((graph.options.seed ?? 0) ^ crc32(`draw/${name}`)) | 0, 0], 'int32');
  return graph.op('AddV2', [draw, place], { T: 'int32' }, [2]);
}

/** Draws numbers uniform in [0, 1), float32. `shape` is the static shape; `size` is the shape as an int32 tensor. */
export function uniform(name: string, size: Tensor, shape: readonly number[]): Tensor {
  const { graph } = size;
  const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
  return graph.op('StatelessRandomUniform', [size, drawSeed(graph, name)], attributes, shape, { dtype: 'float32' });
}
