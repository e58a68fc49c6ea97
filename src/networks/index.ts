/** The table of networks, and what is said of each: pure TypeScript, nothing is run. */

import { memoize } from '../concurrency/memoize.js';
import { SMALLEST_RESIZE } from '../contracts/datasets/dataset.js';
import { BACKBONE } from '../contracts/jobs/phases.js';
import {
  type Architecture,
  NETWORK_NAMES,
  type NetworkInfo,
  type NetworkName,
  type NetworkOptions,
  type NetworkSummary,
  type OptionsOf,
  optionsSchemaOf,
  resolveNetworkOptions,
  variantsOf,
} from '../contracts/networks/network.js';
import { TrainyardError } from '../errors/errors.js';
import { Graph, type Tensor } from '../graph/graph.js';
import { densenet, densenetStages, smallestDensenetSide } from './densenet.js';
import { resnet, resnetStages } from './resnet.js';

type Network<Options> = Readonly<{
  title: string;
  paper: string;
  /** Smallest side of an image in pixels. */
  smallestSide(options: Options): number;
  /** Names of the layers that begin a stage after the stem, in order. The last is the head, which gives the logits. */
  stages(options: Options): readonly string[];
  /** N×H×W×C images in [0, 1] → N×classes logits. */
  build(images: Tensor, classes: number, options: Options): Tensor;
}>;

export const networks: { readonly [Name in NetworkName]: Network<OptionsOf[Name]> } = {
  resnet: { title: 'ResNet', paper: 'arXiv:1512.03385', smallestSide: () => 1, stages: resnetStages, build: resnet },
  densenet: {
    title: 'DenseNet',
    paper: 'arXiv:1608.06993',
    smallestSide: smallestDensenetSide,
    stages: densenetStages,
    build: densenet,
  },
};

/** The network of an architecture, whose options are the network's own. */
const networkOf = ({ network }: Architecture) => networks[network] as Network<NetworkOptions>;

/** A side in pixels that every ready set of options takes; the parameters do not depend on it. */
const COMMON_SIDE = 224;

export type ImageSize = Readonly<{ channels: number; height: number; width: number }>;

/** N×H×W×C images in [0, 1] → N×classes logits. An image that is too small is refused with the smallest size. */
export function buildNetwork(architecture: Architecture, images: Tensor, classes: number): Tensor {
  const { title, smallestSide, build } = networkOf(architecture);
  const options = architecture.networkOptions;
  const smallest = smallestSide(options);
  const [, height = 0, width = 0] = images.shape;
  if (Math.min(height, width) >= smallest) return build(images, classes, options);
  throw new TrainyardError(
    'invalid_shape',
    `${title} with these options needs images of at least ${smallest}×${smallest} pixels, not ${height}×${width}.`,
  );
}

/** Returns the names of the layers that begin a stage after the stem; the last is the head. */
export const stagesOf = (architecture: Architecture): readonly string[] =>
  networkOf(architecture).stages(architecture.networkOptions);

/**
 * Returns whether a name stands for all layers but the head, the last of `stages`: `backbone`, or the module around them, such as
 * torchvision's `features`.
 */
export const isBackbone = (name: string, stages: readonly string[]): boolean =>
  name === BACKBONE || stages.slice(0, -1).every((stage) => stage.startsWith(`${name}.`));

/**
 * Returns the names that `freeze` takes: `backbone` and a module of the same meaning, then the layers at every depth behind which parameters
 * are left to train, in order.
 */
export function freezableLayers(architecture: Architecture): string[] {
  const graph = new Graph();
  buildNetwork(architecture, graph.placeholder('images', 'float32', [1, COMMON_SIDE, COMMON_SIDE, 1]), 2);
  const all = graph.variablesOf('parameter').length;
  const layers = [...graph.ends].filter(([, parameters]) => parameters < all).map(([name]) => name);
  const modules = new Set([BACKBONE, ...layers.map((name) => name.replace(/\..*/, ''))]);
  const stages = stagesOf(architecture);
  return [...[...modules].filter((name) => isBackbone(name, stages)), ...layers];
}

/** The layers with their output shapes, as the tutorial prints them, and how many numbers are learned. */
export function summarize(architecture: Architecture, input: ImageSize, classes: number): NetworkSummary {
  const { channels, height, width } = input;
  const graph = new Graph();
  buildNetwork(architecture, graph.placeholder('images', 'float32', [1, height, width, channels]), classes);
  const { network, networkOptions } = architecture;
  return {
    network,
    networkOptions,
    input: [1, channels, height, width],
    classes,
    layers: graph.layers.map(({ name: layerName, output, parameters }) => ({
      name: layerName,
      outputShape: asPyTorch(output.shape),
      parameters,
    })),
    parameters: graph.count('parameter'),
    runningValues: graph.count('statistic'),
    normalizedPixels: normalizedPixels(graph),
  };
}

/** Returns the fewest pixels of an image over which a BatchNorm computes statistics; without such a BatchNorm a number above any size. */
export function normalizedPixels(graph: Graph): number {
  const inputs = [...graph.nodes.values()].flatMap(
    ({ op, inputs, attributes }) => (op === 'FusedBatchNormV3' && attributes['is_training'] ? inputs[0] : []) ?? [],
  );
  return Math.min(Number.MAX_SAFE_INTEGER, ...inputs.map(({ shape: [, height = 1, width = 1] }) => height * width));
}

/** Memoized summaries. */
const MAX_SUMMARIES = 200;

/** Returns a memoized `summarize`. */
export const memoizeSummaries = (build = summarize): typeof summarize =>
  memoize(build, MAX_SUMMARIES, ({ network, networkOptions }, input, classes) =>
    JSON.stringify([network, networkOptions, input, classes]),
  );

/** Batch, channels, height, width: the order in which PyTorch prints a shape. */
function asPyTorch(shape: readonly number[]): number[] {
  const [batch = 1, ...rest] = shape;
  const channels = rest.pop() ?? 1;
  return [batch, channels, ...rest];
}

/** What `GET /networks` says: each network with its options and its ready sets of them. */
export function describeNetworks(summary = summarize): NetworkInfo[] {
  const grey = { channels: 1, height: COMMON_SIDE, width: COMMON_SIDE };
  const smallestResize = (architecture: Architecture): number =>
    Math.max(SMALLEST_RESIZE, networkOf(architecture).smallestSide(architecture.networkOptions));
  return NETWORK_NAMES.map((network) => {
    const architectureOf = (request?: object): Architecture => ({
      network,
      networkOptions: resolveNetworkOptions(network, request),
    });
    const { title, paper } = networks[network];
    const variants = variantsOf(network).map((name) => {
      const architecture = architectureOf({ variant: name });
      const { parameters } = summary(architecture, grey, 10);
      return { name, options: architecture.networkOptions, parameters, minimumResize: smallestResize(architecture) };
    });
    return {
      name: network,
      title,
      paper,
      minimumResize: smallestResize(architectureOf()),
      variants,
      options: optionsSchemaOf(network),
    };
  });
}
