/** Architectures that this service does not have, recognized by the names and shapes of their weights. */
import { inferArchitecture, type Shapes } from './infer-architecture.js';

/** Architectures with other building blocks, by names of their weights: timm, torchvision or transformers. */
const FAMILIES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/relative_position_bias_table/, 'a Swin Transformer'],
  [/(cls_token|class_token)$/, 'a Vision Transformer'],
  [/(stages\.\d+\.blocks\.\d+\.conv_dw|features\.1\.0\.layer_scale)/, 'a ConvNeXt'],
  [/stages\.\d+\.blocks\.\d+\.(norm1|conv1)\.weight/, 'a pre-activation ResNet (timm’s resnetv2)'],
  [/(blocks\.\d+\.\d+\.conv_dw|features\.\d+\.\d+\.block\.\d)/, 'an EfficientNet or MobileNetV3'],
  [/features\.\d+\.conv\.\d/, 'a MobileNetV2'],
  [/Mixed_5b|inception3a/, 'an Inception network'],
  [/features\.\d+\.squeeze\.weight/, 'a SqueezeNet'],
  [/(trunk_output|s1\.b1\.)/, 'a RegNet'],
  [/stage2\.0\.branch/, 'a ShuffleNet'],
  [/features\.(8|10)\.weight$/, 'a VGG or an AlexNet'],
];

/** Returns the architecture and how its graph differs, as the end of "They look like"; undefined if it is not known as foreign. */
export function foreignArchitecture(shapes: Shapes): string | undefined {
  const names = [...shapes.keys()];
  const resnet = names.find((name) => /(^|\.)layer1\.0\.conv1\.weight$/.test(name));
  if (resnet !== undefined) return foreignResnet(shapes, resnet.slice(0, -'layer1.0.conv1.weight'.length));
  if (names.some((name) => /(^|\.)features\.conv1\.weight$/.test(name)))
    return 'timm’s densenetblur121d or densenet264d, whose stem has three convolutions';
  if (inferArchitecture(shapes) !== undefined) return undefined;
  return FAMILIES.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

/** Returns the kind of a ResNet with another graph. */
function foreignResnet(shapes: Shapes, prefix: string): string | undefined {
  const shape = (name: string): readonly number[] => shapes.get(prefix + name)?.shape ?? [];
  const has = (pattern: RegExp): boolean => [...shapes.keys()].some((name) => pattern.test(name.slice(prefix.length)));
  const size = `${shape('layer1.0.conv3.weight').length > 0 ? 3 : 2}`;
  const depth = `${Number(size) * [...shapes.keys()].filter((name) => /layer\d+\.\d+\.conv1\.weight$/.test(name)).length + 2}`;
  if (has(/^layer\d+\.\d+\.se\.conv\./)) return `timm’s ecaresnet${depth}, whose residuals have channel attention`;
  if (has(/^layer\d+\.\d+\.se/)) return `timm’s seresnet${depth}, whose residuals have squeeze-and-excitation`;
  if (shape('conv1.0.weight').length > 0) {
    const isPooled = shape('layer2.0.downsample.1.weight').length === 4;
    const kind = isPooled ? (shape('conv1.0.weight')[0] === 32 ? 'd' : 't') : 'c';
    return `timm’s resnet${depth}${kind}, whose stem has three convolutions${isPooled ? ' and whose shortcuts pool' : ''}`;
  }
  const [outputs = 0, inputs = 0] = shape('layer1.0.conv2.weight');
  if (inputs > 0 && inputs < (shape('layer1.0.conv1.weight')[0] ?? 0))
    return `a ResNeXt (resnext${depth}_${outputs / inputs}x${inputs}d), whose convolutions are grouped`;
  if (size === '3' && (shape('layer1.0.conv1.weight')[0] ?? 0) > (shape('conv1.weight')[0] ?? 0))
    return `a Wide ResNet (wide_resnet${depth}_2), whose bottlenecks are wider`;
  if (!has(/running_mean$/)) return `timm’s resnet${depth}_gn, which has GroupNorm instead of BatchNorm`;
  return undefined;
}
