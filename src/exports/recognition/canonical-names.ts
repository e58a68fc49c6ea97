/** Names of weights in other libraries and older releases, renamed as in torchvision. Prefixes stay. */

type Rename = Readonly<{ pattern: RegExp; to: (parts: readonly string[]) => string }>;

const next = (number = '0'): number => Number(number) + 1;

/** ResNetForImageClassification of Hugging Face transformers (models/resnet/modeling_resnet.py). */
const HUGGING_FACE_STEM = /^(.*?)(?:resnet\.)?embedder\.embedder\.(convolution|normalization)\.(\w+)$/;
const HUGGING_FACE: readonly Rename[] = [
  { pattern: HUGGING_FACE_STEM, to: ([prefix, kind, rest]) => `${prefix}${LAYERS[kind ?? '']}1.${rest}` },
  {
    pattern:
      /^(.*?)(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.(convolution|normalization)\.(\w+)$/,
    to: ([prefix, stage, block, index, kind, rest]) =>
      `${prefix}layer${next(stage)}.${block}.${LAYERS[kind ?? '']}${next(index)}.${rest}`,
  },
  {
    pattern: /^(.*?)(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)$/,
    to: ([prefix, stage, block, kind, rest]) =>
      `${prefix}layer${next(stage)}.${block}.downsample.${kind === 'convolution' ? 0 : 1}.${rest}`,
  },
  { pattern: /^(.*?)classifier\.1\.(weight|bias)$/, to: ([prefix, rest]) => `${prefix}fc.${rest}` },
];
const LAYERS: Readonly<Record<string, string>> = { convolution: 'conv', normalization: 'bn' };

/** torchvision's DenseNet files of 2017, which torchvision renames in the same way (models/densenet.py, `_load_state_dict`). */
const OLD_DENSENET: Rename = {
  pattern: /^(.*denselayer\d+\.(?:norm|conv))\.([12]\.\w+)$/,
  to: ([layer, rest]) => `${layer}${rest}`,
};

/** Returns the function that renames the weights of a file with these names. */
export function canonicalName(names: Iterable<string>): (name: string) => string {
  const isHuggingFace = [...names].some((name) => HUGGING_FACE_STEM.test(name));
  const renames = isHuggingFace ? HUGGING_FACE : [OLD_DENSENET];
  return (name) => {
    for (const { pattern, to } of renames) {
      const found = pattern.exec(name);
      if (found !== null) return to(found.slice(1));
    }
    return name;
  };
}
