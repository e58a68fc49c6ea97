/** Random numbers inside a training step: functions of the run's seed, of what draws them, and of the step. */
import { crc32 } from 'node:zlib';
import type { Graph, Tensor } from './graph.js';

/** Fed with `drawOf` when a graph that draws random numbers runs. */
export const DRAW = 'draw';

/** 2^32 / golden ratio, odd: the parts of a step are far from each other, and from those of neighbouring seeds. */
const PART = 0x9e3779b1;

/** What decides a draw beside the graph: the place of the part in its step, from 0, and the step from 1. */
export const drawOf = (part: number, step: number): Int32Array => Int32Array.of(Math.imul(part, PART), step);

/**
 * The seed of the stateless random op called `name` (unique within a graph): int32 [2]. Another name, step, part or
 * job seed gives independent numbers (counter-based: Salmon et al. 2011); the same ones give the same bits.
 */
export function drawSeed(graph: Graph, name: string): Tensor {
  const draw = graph.named(DRAW) ?? graph.placeholder(DRAW, 'int32', [2]);
  const place = graph.constant([((graph.options.seed ?? 0) ^ crc32(`draw/${name}`)) | 0, 0], 'int32');
  return graph.op('AddV2', [draw, place], { T: 'int32' }, [2]);
}

/** Uniform in [0, 1), float32. `shape` is the shape it is declared with; `size` its int32 value where the batch is open. */
export function uniform(name: string, size: Tensor, shape: readonly number[]): Tensor {
  const { graph } = size;
  const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
  return graph.op('StatelessRandomUniform', [size, drawSeed(graph, name)], attributes, shape, { dtype: 'float32' });
}
