/** The networks are the tutorial's: its shape traces, its parameter counts, its blocks. */
import { describe, expect, it } from 'vitest';
import { Graph, layer } from '../../src/graph/graph.js';
import { transition } from '../../src/networks/densenet.js';
import { networks, summarize } from '../../src/networks/index.js';
import { residual } from '../../src/networks/resnet.js';

const trace = (name: 'resnet' | 'densenet', side: number) =>
  summarize(name, { channels: 1, height: side, width: side }, 10).layers.map(
    (row) => `${row.name} ${row.outputShape.slice(1).join('×')}`,
  );

describe('ResNet-18', () => {
  it('prints the shapes of the tutorial at 1×224×224', () => {
    expect(trace('resnet', 224)).toEqual([
      '0 64×112×112',
      '1 64×112×112',
      '2 64×112×112',
      '3 64×56×56',
      'resnet_block1 64×56×56',
      'resnet_block2 128×28×28',
      'resnet_block3 256×14×14',
      'resnet_block4 512×7×7',
      'global_avg_pool 512×1×1',
      'fc 10',
    ]);
  });
  it('has 11,178,378 parameters and 7,808 running values', () => {
    expect(summarize('resnet', { channels: 1, height: 96, width: 96 }, 10)).toMatchObject({
      parameters: 11_178_378,
      runningValues: 7_808,
    });
  });
  it('has residuals of the shapes the tutorial tries', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 6, 6, 3]);
    expect(layer('a', x, (y) => residual(y, 3)).shape).toEqual([4, 6, 6, 3]);
    expect(layer('b', x, (y) => residual(y, 6, { project: true, stride: 2 })).shape).toEqual([4, 3, 3, 6]);
  });
  it('refuses a residual whose shortcut does not fit', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 6, 6, 3]);
    expect(() => residual(x, 6)).toThrow(/\[4, 6, 6, 6\] and \[4, 6, 6, 3\]/);
  });
});

describe('DenseNet', () => {
  it('prints the shapes of the tutorial at 1×96×96', () => {
    expect(trace('densenet', 96)).toEqual([
      '0 64×48×48',
      '1 64×48×48',
      '2 64×48×48',
      '3 64×24×24',
      'DenseBlosk_0 192×24×24',
      'transition_block_0 96×12×12',
      'DenseBlosk_1 224×12×12',
      'transition_block_1 112×6×6',
      'DenseBlosk_2 240×6×6',
      'transition_block_2 120×3×3',
      'DenseBlosk_3 248×3×3',
      'BN 248×3×3',
      'relu 248×3×3',
      'global_avg_pool 248×1×1',
      'fc 10',
    ]);
  });
  it('has 758,226 parameters and 6,608 running values', () => {
    expect(summarize('densenet', { channels: 1, height: 96, width: 96 }, 10)).toMatchObject({
      parameters: 758_226,
      runningValues: 6_608,
    });
  });
  it('has a transition of the shape the tutorial tries', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 8, 8, 23]);
    expect(transition(x, 10).shape).toEqual([4, 4, 4, 10]);
  });
  it('refuses 28 pixels with a sentence that names the smallest size, which it takes', () => {
    expect(() => summarize('densenet', { channels: 1, height: 28, width: 28 }, 10)).toThrow(
      /at least 29×29 pixels, not 28×28/,
    );
    expect(summarize('densenet', { channels: 1, height: 29, width: 29 }, 10).layers.at(-1)?.outputShape).toEqual([
      1, 10,
    ]);
  });
});

describe.each(Object.entries(networks))('%s', (_, network) => {
  it('has the smallest size that really builds', () => {
    const build = (side: number) => network.build(new Graph().placeholder('x', 'float32', [-1, side, side, 1]), 10);
    expect(build(network.minimumResize).shape).toEqual([-1, 10]);
    if (network.minimumResize > 1)
      expect(() => build(network.minimumResize - 1)).toThrow(expect.objectContaining({ code: 'invalid_shape' }));
  });
  it('counts the parameters of each layer, without rest', () => {
    const graph = new Graph();
    network.build(graph.placeholder('x', 'float32', [-1, 64, 64, 3]), 7);
    expect(graph.layers.reduce((total, { parameters }) => total + parameters, 0)).toBe(graph.count('parameter'));
  });
});
