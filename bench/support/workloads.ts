/** The networks that are measured, and the spec by which each is trained. */
import { type JobSpec, type NetworkName, resolveJob } from '../../src/contracts/job.js';

export type Precision = 'float32' | 'bfloat16';

/** PyTorch's order of a tensor's elements in memory: channels before pixels, or behind them. */
export const LAYOUTS = ['contiguous_format', 'channels_last'] as const;

type MeasuredNetwork = Readonly<{
  title: string;
  network: NetworkName;
  /** One of torchvision's; absent: the tutorial's network. */
  variant?: string;
  /** Trainable parameters with one channel and ten classes: every measured process checks its network by them. */
  parameters: number;
}>;

export const RESNET_18: MeasuredNetwork = { title: 'ResNet-18', network: 'resnet', parameters: 11_178_378 };
export const DENSENET: MeasuredNetwork = { title: 'DenseNet', network: 'densenet', parameters: 758_226 };
/** torchvision's 25,557,032 parameters less those of two more channels and 990 more classes. */
export const RESNET_50: MeasuredNetwork = {
  title: 'ResNet-50',
  network: 'resnet',
  variant: 'resnet50',
  parameters: 23_522_250,
};
/** torchvision's 7,978,856 parameters, less the same. */
export const DENSENET_121: MeasuredNetwork = {
  title: 'DenseNet-121',
  network: 'densenet',
  variant: 'densenet121',
  parameters: 6_957_834,
};

export type Workload = MeasuredNetwork & Readonly<{ name: string; resize: number; batch: number }>;

/** A network on images of 28 × 28 bytes, resized to `resize` pixels, in batches of `batch`. */
export function workload(network: MeasuredNetwork, resize: number, batch: number): Workload {
  return { ...network, name: `${network.title} @${resize}, batch ${batch}`, resize, batch };
}

/** The spec of one epoch with Adam, as the service resolves it. */
export function specOf({ network, variant, resize, batch }: Workload, precision: Precision): JobSpec {
  const spec = resolveJob({ network, dataset: { resize }, batchSize: batch, epochs: 1, stepInterval: 1 });
  return Object.assign(spec, { precision, networkOptions: variant === undefined ? {} : { variant } });
}

/** The same for the scripts of bench/reference/. */
export function pytorchOptions(
  { network, variant, parameters, resize, batch }: Workload,
  precision: Precision,
): Record<string, string | number> {
  return { network: variant ?? network, parameters, resize, batch, precision };
}
