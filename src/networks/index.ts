/** The table of networks, and the summary of each: pure TypeScript, nothing is run. */
import type { NetworkName } from '../contracts/job.js';
import type { NetworkSummary } from '../contracts/network.js';
import { TrainyardError } from '../errors.js';
import { Graph, type Tensor } from '../graph/graph.js';
import { densenet } from './densenet.js';
import { resnet } from './resnet.js';

export type Network = Readonly<{
  title: string;
  paper: string;
  /** Smallest side of an input in pixels. */
  minimumResize: number;
  /** N×H×W×C images in [0, 1] → N×classes logits. */
  build(images: Tensor, classes: number): Tensor;
}>;

export const networks: Readonly<Record<NetworkName, Network>> = {
  resnet: { title: 'ResNet-18', paper: 'arXiv:1512.03385', minimumResize: 1, build: resnet },
  densenet: {
    title: 'DenseNet, 4 blocks of 4 layers, growth 32',
    paper: 'arXiv:1608.06993',
    minimumResize: 29,
    build: densenet,
  },
};

export type ImageSize = Readonly<{ channels: number; height: number; width: number }>;

/** Checks that an image is large enough for the network; the sentence names the smallest legal size. */
export function requireSize(name: NetworkName, { height, width }: Pick<ImageSize, 'height' | 'width'>): void {
  const { title, minimumResize } = networks[name];
  if (Math.min(height, width) >= minimumResize) return;
  throw new TrainyardError(
    'invalid_shape',
    `${title} needs images of at least ${minimumResize}×${minimumResize} pixels, not ${height}×${width}.`,
  );
}

/** The layers with their output shapes, as the tutorial prints them, and how many numbers are learned. */
export function summarize(name: NetworkName, input: ImageSize, classes: number): NetworkSummary {
  requireSize(name, input);
  const { channels, height, width } = input;
  const graph = new Graph();
  networks[name].build(graph.placeholder('images', 'float32', [1, height, width, channels]), classes);
  return {
    network: name,
    input: [1, channels, height, width],
    classes,
    layers: graph.layers.map(({ name: layerName, output, parameters }) => ({
      name: layerName,
      outputShape: asPyTorch(output.shape),
      parameters,
    })),
    parameters: graph.count('parameter'),
    runningValues: graph.count('statistic'),
  };
}

/** Batch, channels, height, width: the order in which PyTorch prints a shape. */
function asPyTorch(shape: readonly number[]): number[] {
  const [batch = 1, ...rest] = shape;
  const channels = rest.pop() ?? 1;
  return [batch, channels, ...rest];
}
