/** Networks by the names and shapes of their weights: torchvision, timm, transformers, and architectures that this service lacks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { architectureOfId, refuseOrigin } from '../../src/contracts/models/model-origin.js';
import { NETWORK_NAMES, resolveNetworkOptions, variantsOf } from '../../src/contracts/networks/network.js';
import { IMAGENET_CLASSES } from '../../src/exports/imagenet-classes.js';
import { canonicalNames } from '../../src/exports/pytorch-names.js';
import { chooseArchitecture, explainMismatch } from '../../src/exports/recognition/choose-architecture.js';
import { inferArchitecture, type Shapes } from '../../src/exports/recognition/infer-architecture.js';
import { outputsFirstShape } from '../../src/graph/kernels.js';
import { variableShapes } from '../../src/training/result/serving-graph.js';

const golden = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../golden', name), 'utf8'));
/** Names and shapes of models of timm and transformers, written by bench/reference/write_library_names.py. */
const libraries: Record<string, Record<string, number[]>> = golden('library-names.json').models;

type Network = Parameters<typeof resolveNetworkOptions>[0];

/** Returns the shapes of a network's weights as PyTorch has them. */
function shapesOf(
  network: Network,
  options: object,
  { classes = 1000, channels = 3 as 1 | 3, prefix = '' } = {},
): Shapes {
  const spec = { network, networkOptions: resolveNetworkOptions(network, options), dataset: { resize: 64 } };
  const shapes = variableShapes(spec as never, { channels } as never, classes);
  return new Map([...shapes].map(([name, shape]) => [prefix + name, { shape: outputsFirstShape(shape) }]));
}

const asShapes = (model: string): Shapes =>
  new Map(Object.entries(libraries[model] ?? {}).map(([name, shape]) => [name, { shape }]));

const request = { name: 'x', classes: ['a', 'b'], image: { height: 64, width: 64, channels: 3 as const }, resize: 64 };
const refusal = (shapes: Shapes, more: object = {}): string => {
  try {
    chooseArchitecture({ ...request, ...more }, canonicalNames(shapes));
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the network of weights', () => {
  it.each(NETWORK_NAMES.flatMap((network) => variantsOf(network).map((variant) => [network, variant] as const)))(
    'is found without a hint: %s %s',
    (network, variant) => {
      const found = inferArchitecture(shapesOf(network, { variant }, { classes: 12, prefix: 'model.' }));
      const networkOptions = resolveNetworkOptions(network, { variant } as object);
      expect(found).toEqual({ network, networkOptions, classes: 12, channels: 3, variant });
    },
  );

  it.each<[Network, object]>([
    ['resnet', { variant: 'resnet18', width: 8, blocks: [1, 1] }],
    ['resnet', { variant: 'resnet34', width: 16, blocks: [3, 4, 5, 3], stem: 'small' }],
    ['resnet', { variant: 'resnet50', width: 64, blocks: [2, 2, 2, 2] }],
    ['resnet', { variant: 'tutorial', width: 8, blocks: [1, 2], stem: 'small', stemKernel: 5 }],
    ['densenet', { variant: 'densenet121', width: 16, growth: 8, blocks: [2, 3] }],
    ['densenet', { variant: 'tutorial', width: 16, growth: 8, blocks: [2, 3], stem: 'small' }],
  ])('has options of its own: %s %j', (network, options) => {
    const found = inferArchitecture(shapesOf(network, options, { channels: 1 }));
    // Another variant with the same blocks has the same weights.
    const { variant: _, ...sizes } = resolveNetworkOptions(network, options as object) as { variant: string };
    expect(found?.networkOptions).toMatchObject(sizes);
    expect(found).toMatchObject({ network, channels: 1, variant: undefined });
    expect(shapesOf(network, found?.networkOptions ?? {}, { channels: 1 })).toEqual(
      shapesOf(network, options, { channels: 1 }),
    );
  });

  it.each([
    ['timm/resnet18', 'resnet18'],
    ['timm/densenet121', 'densenet121'],
    ['transformers/resnet-basic', undefined],
    ['transformers/resnet-bottleneck', undefined],
  ])('is found by the names of the library: %s', (model, variant) => {
    const found = inferArchitecture(canonicalNames(asShapes(model)));
    expect(found?.variant).toBe(variant);
    const { network = 'resnet', networkOptions = {}, classes } = found ?? {};
    const named = canonicalNames(asShapes(model));
    const own = [...named].filter(([name]) => !name.endsWith('num_batches_tracked'));
    expect(new Map(own)).toEqual(shapesOf(network, networkOptions, { classes: classes ?? 0 }));
  });

  it("has torchvision's older names of DenseNet renamed", () => {
    const older = (name: string) => name.replace(/(denselayer\d+\.(?:norm|conv))([12])/, '$1.$2');
    const shapes = shapesOf('densenet', { variant: 'densenet121' });
    const renamed = new Map([...shapes].map(([name, shape]) => [older(name), shape]));
    expect([...renamed.keys()]).toContain('features.denseblock1.denselayer1.norm.1.weight');
    expect(canonicalNames(renamed)).toEqual(shapes);
  });
});

describe('weights of another architecture', () => {
  it.each([
    ['timm/resnet18d', 'timm’s resnet18d, whose stem has three convolutions and whose shortcuts pool'],
    ['timm/resnet26t', 'timm’s resnet26t, whose stem has three convolutions and whose shortcuts pool'],
    ['timm/resnet50c', 'timm’s resnet50c, whose stem has three convolutions'],
    ['timm/seresnet50', 'timm’s seresnet50, whose residuals have squeeze-and-excitation'],
    ['timm/ecaresnet50d', 'timm’s ecaresnet50, whose residuals have channel attention'],
    ['timm/resnext50_32x4d', 'a ResNeXt (resnext50_32x4d), whose convolutions are grouped'],
    ['timm/wide_resnet50_2', 'a Wide ResNet (wide_resnet50_2), whose bottlenecks are wider'],
    ['timm/resnet50_gn', 'timm’s resnet50_gn, which has GroupNorm instead of BatchNorm'],
    ['timm/densenetblur121d', 'timm’s densenetblur121d or densenet264d, whose stem has three convolutions'],
    ['timm/resnetv2_50', 'a pre-activation ResNet (timm’s resnetv2)'],
    ['timm/vgg11', 'a VGG or an AlexNet'],
    ['timm/vit_tiny_patch16_224', 'a Vision Transformer'],
    ['timm/efficientnet_b0', 'an EfficientNet or MobileNetV3'],
    ['timm/convnext_atto', 'a ConvNeXt'],
    ['timm/swin_tiny_patch4_window7_224', 'a Swin Transformer'],
    ['timm/mobilenetv2_100', 'an EfficientNet or MobileNetV3'],
    ['timm/regnetx_002', 'a RegNet'],
  ])('are refused by name: %s', (model, name) => {
    expect(refusal(asShapes(model))).toContain(`they look like ${name}`);
  });

  it('are refused if nothing is known of them', () => {
    expect(refusal(new Map([['a.weight', { shape: [1] }]]))).toMatch(
      /^The weights do not fit: they look like no known network\. This service has resnet \(tutorial, resnet18, .*densenet201\)\.$/,
    );
  });

  it('are refused if their options are beyond the limits', () => {
    expect(refusal(shapesOf('resnet', { variant: 'resnet18', width: 300, blocks: [1] }))).toMatch(
      /they look like a resnet like resnet18 with blocks 1 and width 300 .* beyond the options of resnet/,
    );
  });

  it.each<[string, Network, object, Shapes, RegExp]>([
    [
      'another depth',
      'resnet',
      { variant: 'resnet18' },
      shapesOf('resnet', { variant: 'resnet34' }),
      /^They look like resnet34 with 1000 outputs\. Set `network` and `networkOptions` to it, or leave out both\.$/,
    ],
    [
      'another network',
      'densenet',
      { variant: 'densenet121' },
      shapesOf('resnet', { variant: 'resnet50' }),
      /^They look like resnet50 /,
    ],
    [
      'the tutorial',
      'resnet',
      { variant: 'resnet18' },
      shapesOf('resnet', {}),
      /^They look like the tutorial's resnet /,
    ],
    [
      'other classes',
      'resnet',
      { variant: 'resnet18' },
      shapesOf('resnet', { variant: 'resnet18' }),
      /^They have 1000 outputs, and `classes` has 2 names\. For ImageNet's classes, send "imagenet-1k"\.$/,
    ],
    [
      'a network of timm',
      'resnet',
      { variant: 'resnet18' },
      asShapes('timm/resnet18d'),
      /^They look like timm’s resnet18d/,
    ],
  ])('are explained next to the first fault: %s', (_, network, options, shapes, sentence) => {
    const architecture = { network, networkOptions: resolveNetworkOptions(network, options as object) };
    expect(explainMismatch(architecture, { classes: 2, channels: 3 }, shapes)).toMatch(sentence);
  });

  it('are not explained if they are of the network and only a tensor is missing', () => {
    const architecture = {
      network: 'resnet' as const,
      networkOptions: resolveNetworkOptions('resnet', { variant: 'resnet18' }),
    };
    const ends = { classes: 1000, channels: 3 };
    expect(explainMismatch(architecture, ends, shapesOf('resnet', { variant: 'resnet18' }))).toBeUndefined();
  });

  it('are explained if they take grey images and the request says colour', () => {
    const architecture = { network: 'resnet' as const, networkOptions: resolveNetworkOptions('resnet', {}) };
    const shapes = new Map(shapesOf('resnet', {}));
    shapes.set('0.weight', { shape: [64, 1, 7, 7] });
    expect(explainMismatch(architecture, { classes: 1000, channels: 3 }, shapes)).toBe(
      'They take images of 1 channel, and `image.channels` is 3.',
    );
  });
});

describe('the id of a pretrained model', () => {
  it.each([
    ['resnet18.a1_in1k', 'resnet18'],
    ['timm/resnet26.bt_in1k', 'resnet26'],
    ['hf-hub:timm/densenet121.ra_in1k', 'densenet121'],
    ['microsoft/resnet-50', 'resnet50'],
    ['ResNet50_Weights.IMAGENET1K_V2', 'resnet50'],
    ['tv_resnet34', 'resnet34'],
  ])('names an architecture of this service: %s', (id, architecture) => {
    expect([architectureOfId(id), refuseOrigin(id)]).toEqual([architecture, undefined]);
  });

  it.each([
    [
      'timm/resnet18d.ra2_in1k',
      /"resnet18d", whose graph this service does not have: its stem has three convolutions\. It has resnet18,/,
    ],
    ['resnetblur50.bt_in1k', /it pools with a blur, which its weights do not show/],
    ['seresnet50.a1_in1k', /its residuals have attention/],
    ['resnext50_32x4d.tv_in1k', /its convolutions are grouped/],
    ['resnet50_gn.a1h_in1k', /GroupNorm/],
    ['densenetblur121d.ra_in1k', /blur/],
    ['vit_base_patch16_224', /which this service does not know/],
  ])('is refused for another graph: %s', (id, sentence) => {
    expect(refuseOrigin(id)).toMatch(sentence);
  });

  it('must be that of the weights', () => {
    const resnet34 = shapesOf('resnet', { variant: 'resnet34' });
    expect(refusal(resnet34, { origin: 'resnet34.a1_in1k' })).toBe('accepted');
    expect(refusal(resnet34, { origin: 'resnet18.a1_in1k' })).toMatch(
      /^The weights do not fit: `origin` says resnet18, and they look like resnet34 with 1000 outputs\. Correct `origin`, or leave it out\.$/,
    );
    const resnet26 = shapesOf('resnet', { variant: 'resnet50', blocks: [2, 2, 2, 2] });
    expect(refusal(resnet26, { origin: 'resnet26.bt_in1k' })).toBe('accepted');
    expect(refusal(resnet26, { origin: 'resnet50.a1_in1k' })).toContain('they look like resnet26');
  });
});

it('has the 1,000 names of ImageNet-1k, each once', () => {
  expect([IMAGENET_CLASSES.length, new Set(IMAGENET_CLASSES).size]).toEqual([1000, 1000]);
  // Outputs of ImageNet-1k that everybody knows.
  expect([0, 1, 134, 207, 281, 517, 817, 999].map((index) => IMAGENET_CLASSES[index])).toEqual([
    ...['tench', 'goldfish', 'crane bird', 'golden retriever', 'tabby', 'crane', 'sports car', 'toilet tissue'],
  ]);
});
