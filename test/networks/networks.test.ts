/** Networks against the tutorial and torchvision: shapes, parameter counts and names; and the effects of their options. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Architecture,
  NETWORK_NAMES,
  type NetworkName,
  type OptionsOf,
  resolveNetworkOptions,
  variantsOf,
} from '../../src/contracts/networks/network.js';
import { Graph, layer } from '../../src/graph/graph.js';
import { outputsFirstShape } from '../../src/graph/kernels.js';
import { transition } from '../../src/networks/densenet.js';
import { buildNetwork, describeNetworks, networks, summarize } from '../../src/networks/index.js';
import { residual } from '../../src/networks/resnet.js';

/** Parameters of torchvision's networks, written by bench/reference/write_names.py. */
const published: {
  channels: number;
  classes: number;
  networks: Record<string, { tensors: number; sha256: string }>;
} = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/torchvision.json'), 'utf8'));

const architecture = <Name extends NetworkName>(network: Name, request?: Partial<OptionsOf[Name]>): Architecture => ({
  network,
  networkOptions: resolveNetworkOptions(network, request),
});

/** Every network with its defaults, and every variant. */
const everyArchitecture = NETWORK_NAMES.flatMap((network) => [
  architecture(network),
  ...variantsOf(network).map((variant) => architecture(network, { variant } as object)),
]);

const shapes = (of: Architecture, side: number, channels = 1, classes = 10) =>
  summarize(of, { channels, height: side, width: side }, classes).layers.map(
    (row) => `${row.name} ${row.outputShape.slice(1).join('×')}`,
  );
const trace = (name: NetworkName, side: number) => shapes(architecture(name), side);

/** Names and shapes of the variables of an architecture. */
function variablesOf(of: Architecture, { side = 64, channels = 1, classes = 10 } = {}): Map<string, readonly number[]> {
  const graph = new Graph();
  buildNetwork(of, graph.placeholder('images', 'float32', [-1, side, side, channels]), classes);
  return new Map([...graph.variables].map(([name, { shape }]) => [name, shape]));
}

describe('the tutorial’s ResNet-18', () => {
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
  it('has 11,178,378 parameters and 7,808 running statistics', () => {
    expect(summarize(architecture('resnet'), { channels: 1, height: 96, width: 96 }, 10)).toMatchObject({
      parameters: 11_178_378,
      runningValues: 7_808,
    });
  });
  it.each([
    ['resnet', { variant: 'resnet18' }, 32, 1],
    ['resnet', { variant: 'resnet18' }, 33, 4],
    ['resnet', { variant: 'resnet18', stem: 'small' }, 28, 16],
    ['densenet', {}, 96, 9],
  ] as const)('of %s %j at %i pixels, a BatchNorm has at least %i of an image', (network, options, side, pixels) => {
    const summary = summarize(architecture(network, options), { channels: 1, height: side, width: side }, 10);
    expect(summary.normalizedPixels).toBe(pixels);
  });
  it('has residual blocks with the shapes of the tutorial', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 6, 6, 3]);
    expect(layer('a', x, (y) => residual(y, 3)).shape).toEqual([4, 6, 6, 3]);
    expect(layer('b', x, (y) => residual(y, 6, { project: true, stride: 2 })).shape).toEqual([4, 3, 3, 6]);
  });
  it('rejects a residual block whose shortcut does not fit', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 6, 6, 3]);
    expect(() => residual(x, 6)).toThrow(/\[4, 6, 6, 6\] and \[4, 6, 6, 3\]/);
  });
});

describe('the tutorial’s DenseNet', () => {
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
  it('has 758,226 parameters and 6,608 running statistics', () => {
    expect(summarize(architecture('densenet'), { channels: 1, height: 96, width: 96 }, 10)).toMatchObject({
      parameters: 758_226,
      runningValues: 6_608,
    });
  });
  it('has a transition with the shape of the tutorial', () => {
    const x = new Graph().placeholder('x', 'float32', [4, 8, 8, 23]);
    expect(transition(x, 10).shape).toEqual([4, 4, 4, 10]);
  });
  it('rejects 28 pixels, names the smallest size, and accepts that', () => {
    expect(() => summarize(architecture('densenet'), { channels: 1, height: 28, width: 28 }, 10)).toThrow(
      /at least 29×29 pixels, not 28×28/,
    );
    expect(
      summarize(architecture('densenet'), { channels: 1, height: 29, width: 29 }, 10).layers.at(-1)?.outputShape,
    ).toEqual([1, 10]);
  });
});

describe('torchvision’s networks, for 3 channels and 1000 classes,', () => {
  it.each([
    ['resnet18', 11_689_512, 9_600],
    ['resnet34', 21_797_672, 17_024],
    ['resnet50', 25_557_032, 53_120],
    ['resnet101', 44_549_160, 105_344],
    ['resnet152', 60_192_808, 151_424],
  ] as const)(
    'have the published parameters and the running values: %s, %i, %i',
    (variant, parameters, runningValues) => {
      const input = { channels: 3, height: 224, width: 224 };
      expect(summarize(architecture('resnet', { variant }), input, 1000)).toMatchObject({ parameters, runningValues });
    },
  );
  it.each([
    ['densenet121', 7_978_856, 83_648],
    ['densenet161', 28_681_000, 219_936],
    ['densenet169', 14_149_480, 158_400],
    ['densenet201', 20_013_928, 229_056],
  ] as const)(
    'have the published parameters and the running values: %s, %i, %i',
    (variant, parameters, runningValues) => {
      const input = { channels: 3, height: 224, width: 224 };
      expect(summarize(architecture('densenet', { variant }), input, 1000)).toMatchObject({
        parameters,
        runningValues,
      });
    },
  );

  it('have the shapes of the paper: ResNet-50', () => {
    expect(shapes(architecture('resnet', { variant: 'resnet50' }), 224, 3, 1000)).toEqual([
      'conv1 64×112×112',
      'bn1 64×112×112',
      'relu 64×112×112',
      'maxpool 64×56×56',
      'layer1 256×56×56',
      'layer2 512×28×28',
      'layer3 1024×14×14',
      'layer4 2048×7×7',
      'avgpool 2048×1×1',
      'fc 1000',
    ]);
  });
  it('have the shapes of the paper: DenseNet-121', () => {
    expect(shapes(architecture('densenet', { variant: 'densenet121' }), 224, 3, 1000)).toEqual([
      'features.conv0 64×112×112',
      'features.norm0 64×112×112',
      'features.relu0 64×112×112',
      'features.pool0 64×56×56',
      'features.denseblock1 256×56×56',
      'features.transition1 128×28×28',
      'features.denseblock2 512×28×28',
      'features.transition2 256×14×14',
      'features.denseblock3 1024×14×14',
      'features.transition3 512×7×7',
      'features.denseblock4 1024×7×7',
      'features.norm5 1024×7×7',
      'relu 1024×7×7',
      'avgpool 1024×1×1',
      'classifier 1000',
    ]);
  });

  it.each(Object.entries(published.networks))(
    'have the names, types and shapes that torchvision’s state_dict has: %s',
    (variant, { tensors, sha256 }) => {
      const { channels, classes } = published;
      const network = NETWORK_NAMES.find((name) => variantsOf(name).includes(variant)) ?? 'resnet';
      const variables = variablesOf(architecture(network, { variant } as object), { channels, classes });
      const lines = [...variables].flatMap(([name, shape]) => {
        const line = `${name} F32 [${outputsFirstShape(shape).join(', ')}]`;
        return name.endsWith('running_mean')
          ? [line, `${name.replace('running_mean', 'num_batches_tracked')} I64 []`]
          : [line];
      });
      expect(lines).toHaveLength(tensors);
      expect(createHash('sha256').update(lines.sort().join('\n')).digest('hex')).toBe(sha256);
    },
  );

  it('halve the size in the 3×3 convolution of a bottleneck', () => {
    const graph = new Graph({ device: 'gpu' }); // on a CPU some convolutions are matrix products
    const { networkOptions } = architecture('resnet', { variant: 'resnet50' });
    networks.resnet.build(
      graph.placeholder('images', 'float32', [-1, 64, 64, 3]),
      10,
      networkOptions as OptionsOf['resnet'],
    );
    const strided = [...graph.nodes.values()].filter(
      ({ op, attributes }) => op === 'Conv2D' && String(attributes['strides']) === '1,2,2,1',
    );
    const kernels = strided.map(({ inputs }) => inputs[1]?.shape[0]);
    expect(kernels).toEqual([7, 3, 1, 3, 1, 3, 1]); // the stem, then the residual block and its shortcut of three stages
  });
});

describe('an option', () => {
  const parameters = (of: Architecture, channels = 1, classes = 10) =>
    summarize(of, { channels, height: 64, width: 64 }, classes).parameters;

  it('`stem: small` keeps the size and has no pool, with a kernel of 3 or 5', () => {
    for (const variant of ['tutorial', 'resnet18'] as const) {
      const rows = shapes(architecture('resnet', { variant, stem: 'small' }), 28);
      expect(rows).toHaveLength(9);
      expect(rows.slice(0, 4).map((row) => row.split(' ')[1])).toEqual(Array(4).fill('64×28×28'));
    }
    const three = parameters(architecture('densenet', { stem: 'small' }));
    const five = parameters(architecture('densenet', { stem: 'small', stemKernel: 5 }));
    expect(five - three).toBe((25 - 9) * 64);
  });
  it('`width` scales every stage of a ResNet', () => {
    expect(shapes(architecture('resnet', { width: 16 }), 64).at(-2)).toBe('global_avg_pool 128×1×1');
    expect(shapes(architecture('resnet', { variant: 'resnet50', width: 16 }), 64).at(-2)).toBe('avgpool 512×1×1');
  });
  it('`width` sets the channels of a DenseNet’s stem, and `growth` those that each layer adds', () => {
    const rows = shapes(
      architecture('densenet', { variant: 'densenet121', width: 24, growth: 12, blocks: [2, 3] }),
      64,
    );
    expect(rows.slice(4, 7)).toEqual([
      'features.denseblock1 48×16×16',
      'features.transition1 24×8×8',
      'features.denseblock2 60×8×8',
    ]);
  });
  it('`blocks` sets the number of stages of both networks', () => {
    const rows = shapes(architecture('resnet', { blocks: [1, 1, 1, 1, 1], width: 8, stem: 'small' }), 28);
    expect(rows.slice(3, 9)).toEqual([
      'resnet_block1 8×28×28',
      'resnet_block2 16×14×14',
      'resnet_block3 32×7×7',
      'resnet_block4 64×4×4',
      'resnet_block5 128×2×2',
      'global_avg_pool 128×1×1',
    ]);
    const names = [...variablesOf(architecture('resnet', { variant: 'resnet34', blocks: [1, 3] })).keys()];
    expect(names).toContain('layer2.2.conv2.weight');
    expect(names.some((name) => name.startsWith('layer1.1') || name.startsWith('layer3'))).toBe(false);
  });
  it('`channels` changes the first convolution alone, and `classes` the last layer alone', () => {
    for (const of of everyArchitecture) {
      const grey = variablesOf(of, { channels: 1 });
      const colour = variablesOf(of, { channels: 3 });
      const changed = [...grey].filter(([name, shape]) => colour.get(name)?.join() !== shape.join());
      const [first = ['', []]] = grey;
      expect(changed).toEqual([first]);
      expect(colour.get(first[0])).toEqual(first[1].with(-2, 3));
      const features = summarize(of, { channels: 3, height: 64, width: 64 }, 3).layers.at(-2)?.outputShape[1] ?? 0;
      expect(parameters(of, 3, 103) - parameters(of, 3, 3)).toBe(100 * (features + 1));
    }
  });
});

describe('the smallest size', () => {
  const stems = [{ stem: 'classic' }, { stem: 'small' }] as const;
  const blocks = [[1], [1, 1], [2, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]];
  const cases = (['resnet', 'densenet'] as const).flatMap((network) =>
    variantsOf(network).flatMap((variant) =>
      stems.flatMap((stem) => blocks.map((list) => [network, variant, stem.stem, list] as const)),
    ),
  );
  it.each(cases)('builds, and one pixel less does not: %s %s %s %j', (network, variant, stem, list) => {
    const { networkOptions } = architecture(network, { variant, stem, blocks: list } as object);
    const { build, smallestSide } = networks[network] as (typeof networks)['resnet'];
    const options = networkOptions as OptionsOf['resnet'];
    const at = (side: number) => build(new Graph().placeholder('x', 'float32', [-1, side, side, 1]), 10, options);
    const smallest = smallestSide(options);
    expect(at(smallest).shape).toEqual([-1, 10]);
    expect(() => at(smallest - 1)).toThrow(expect.objectContaining({ code: 'invalid_shape' }));
  });
  it('is named if the shorter side of an image is below it', () => {
    const of = architecture('densenet', { blocks: [1, 1, 1, 1, 1] });
    expect(() => summarize(of, { channels: 1, height: 200, width: 60 }, 10)).toThrow(
      /at least 61×61 pixels, not 200×60/,
    );
    expect(summarize(of, { channels: 1, height: 200, width: 61 }, 10).classes).toBe(10);
  });
});

describe('the description of the networks', () => {
  it('lists each variant with its options, its parameters and its smallest size', () => {
    const described = describeNetworks();
    expect(described.map(({ name, minimumResize }) => [name, minimumResize])).toEqual([
      ['resnet', 8],
      ['densenet', 29],
    ]);
    expect(described[0]?.variants.map(({ name }) => name)).toEqual(variantsOf('resnet'));
    expect(described[0]?.variants[0]).toEqual({
      name: 'tutorial',
      options: resolveNetworkOptions('resnet'),
      parameters: 11_178_378,
      minimumResize: 8,
    });
    expect(described[1]?.variants.find(({ name }) => name === 'densenet161')?.options).toMatchObject({
      width: 96,
      growth: 48,
      blocks: [6, 12, 36, 24],
    });
  });
  it('counts each parameter in exactly one layer', () => {
    for (const of of everyArchitecture) {
      const graph = new Graph();
      buildNetwork(of, graph.placeholder('x', 'float32', [-1, 64, 64, 3]), 7);
      expect(graph.layers.reduce((total, row) => total + row.parameters, 0)).toBe(graph.count('parameter'));
    }
  });
});
