/** Inference of a network and its options from the names and shapes of its weights, in torchvision's and the tutorial's naming. */
import {
  type Architecture,
  type NetworkName,
  type OptionsOf,
  resolveNetworkOptions,
  variantsOf,
} from '../../contracts/networks/network.js';

/** Shapes of tensors by name, in PyTorch's layout. */
export type Shapes = ReadonlyMap<string, Readonly<{ shape: readonly number[] }>>;

/** Options of the networks whose weights are recognized. */
type RecognizedOptions = OptionsOf['resnet'] | OptionsOf['densenet'];

/** Network of a file, with its outputs and input channels. `variant` is its name if all options are those of the variant. */
export type Inferred = Architecture &
  Readonly<{
    networkOptions: RecognizedOptions;
    classes: number;
    channels: number;
    variant: string | undefined;
  }>;

/** Naming of a network's weights. */
type Naming = Readonly<{
  network: NetworkName;
  stem: string;
  head: string;
  /** First convolution of each block, with the stage and the block as groups. */
  block: RegExp;
  /** Names of that convolution in the first stage and block. */
  first: string;
  /** Convolution whose outputs are the growth of a DenseNet. */
  growth?: string;
  /** Whether a variant has this naming. */
  has(variant: string, shapes: SideOf): boolean;
}>;
type SideOf = (name: string) => readonly number[] | undefined;

const isBottleneck = (sideOf: SideOf): boolean => sideOf('layer1.0.conv3.weight') !== undefined;
const BASIC: readonly string[] = ['resnet18', 'resnet34'];

const NAMINGS: readonly Naming[] = [
  {
    ...{ network: 'resnet', stem: 'conv1.weight', head: 'fc.weight', first: 'layer1.0.conv1.weight' },
    block: /^layer(\d+)\.(\d+)\.conv1\.weight$/,
    has: (variant, sideOf) => variant !== 'tutorial' && BASIC.includes(variant) !== isBottleneck(sideOf),
  },
  {
    ...{ network: 'densenet', stem: 'features.conv0.weight', head: 'classifier.weight' },
    first: 'features.denseblock1.denselayer1.conv1.weight',
    block: /^features\.denseblock(\d+)\.denselayer(\d+)\.conv1\.weight$/,
    growth: 'features.denseblock1.denselayer1.conv2.weight',
    has: (variant) => variant !== 'tutorial',
  },
  {
    ...{ network: 'resnet', stem: '0.weight', head: 'fc.1.weight', first: 'resnet_block1.0.conv1.weight' },
    block: /^resnet_block(\d+)\.(\d+)\.conv1\.weight$/,
    has: (variant) => variant === 'tutorial',
  },
  {
    ...{ network: 'densenet', stem: '0.weight', head: 'fc.1.weight', first: 'DenseBlosk_0.net.0.2.weight' },
    block: /^DenseBlosk_(\d+)\.net\.(\d+)\.2\.weight$/,
    growth: 'DenseBlosk_0.net.0.2.weight',
    has: (variant) => variant === 'tutorial',
  },
];

/** Returns the network of these weights; undefined if no network of this service has such names. Names may have a common prefix. */
export function inferArchitecture(shapes: Shapes): Inferred | undefined {
  for (const naming of NAMINGS) {
    const anchor = [...shapes.keys()].find((name) => name === naming.first || name.endsWith(`.${naming.first}`));
    if (anchor === undefined) continue;
    const inferred = inferAs(naming, under(shapes, anchor.slice(0, -naming.first.length)));
    if (inferred !== undefined) return inferred;
  }
  return undefined;
}

/** Returns the shapes under a prefix, without it. */
const under = (shapes: Shapes, prefix: string): Shapes =>
  new Map(
    [...shapes]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { shape }]) => [name.slice(prefix.length), { shape }]),
  );

function inferAs(naming: Naming, shapes: Shapes): Inferred | undefined {
  const { network, stem, head } = naming;
  const sideOf: SideOf = (name) => shapes.get(name)?.shape;
  const [width, channels, stemKernel] = sideOf(stem) ?? [];
  const classes = sideOf(head)?.[0];
  const blocks = countBlocks(naming.block, shapes);
  const growth = naming.growth === undefined ? undefined : sideOf(naming.growth)?.[0];
  if (width === undefined || channels === undefined || classes === undefined || blocks.length === 0) return undefined;
  const sizes = { width, blocks, ...(growth !== undefined && { growth }) };
  const variants = variantsOf(network).filter((variant) => naming.has(variant, sideOf));
  const variant = variants.find((name) => hasSizes(network, name, sizes)) ?? nearestVariant(network, variants, blocks);
  const isClassic = stemKernel === 7;
  const options = { variant, stem: isClassic ? 'classic' : 'small', stemKernel, ...sizes } as Partial<
    OptionsOf['resnet']
  >;
  const isPublished = isClassic && hasSizes(network, variant, sizes);
  const networkOptions = resolveNetworkOptions(network, options) as RecognizedOptions;
  return { network, networkOptions, classes, channels, variant: isPublished ? variant : undefined };
}

/** Counts the blocks of each stage. */
function countBlocks(pattern: RegExp, shapes: Shapes): number[] {
  const stages = new Map<number, number>();
  for (const name of shapes.keys()) {
    const stage = pattern.exec(name)?.[1];
    if (stage !== undefined) stages.set(Number(stage), (stages.get(Number(stage)) ?? 0) + 1);
  }
  return [...stages].toSorted(([a], [b]) => a - b).map(([, count]) => count);
}

type Sizes = Readonly<{ width: number; blocks: readonly number[]; growth?: number }>;

const sizesOf = (network: NetworkName, variant: string): Sizes =>
  resolveNetworkOptions(network, { variant } as Partial<OptionsOf[NetworkName]>);

function hasSizes(network: NetworkName, variant: string, { width, blocks, growth }: Sizes): boolean {
  const own = sizesOf(network, variant);
  return own.width === width && own.growth === growth && own.blocks.join() === blocks.join();
}

/** Returns the variant whose stages have the most similar numbers of blocks. */
function nearestVariant(network: NetworkName, variants: readonly string[], blocks: readonly number[]): string {
  const distance = (variant: string): number => {
    const own = sizesOf(network, variant).blocks;
    const stages = Math.max(own.length, blocks.length);
    return Array.from({ length: stages }, (_, i) => Math.abs((own[i] ?? 0) - (blocks[i] ?? 0))).reduce((a, b) => a + b);
  };
  return variants.toSorted((a, b) => distance(a) - distance(b))[0] ?? '';
}
