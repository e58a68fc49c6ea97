/** The networks that are measured, and the spec by which each is trained. */
import { type JobSpec, resolveJob } from '../../src/contracts/jobs/job.js';

export type Precision = 'float32' | 'bfloat16';

/** PyTorch's order of a tensor's elements in memory: channels before pixels, or behind them. */
export const LAYOUTS = ['contiguous_format', 'channels_last'] as const;

/**
 * `architecture` is what a job says, `pytorch` what bench/reference/networks.py calls the same. `parameters` are those that
 * are learned, with one channel and ten classes: every measured process checks its network by them.
 */
const NETWORKS = {
  'ResNet-18': { architecture: { network: 'resnet' }, pytorch: 'resnet', parameters: 11_178_378 },
  DenseNet: { architecture: { network: 'densenet' }, pytorch: 'densenet', parameters: 758_226 },
  /** torchvision's 25,557,032 less what two more channels and 990 more classes take. */
  'ResNet-50': {
    architecture: { network: 'resnet', networkOptions: { variant: 'resnet50' } },
    pytorch: 'resnet50',
    parameters: 23_522_250,
  },
  /** torchvision's 7,978,856 less the same. */
  'DenseNet-121': {
    architecture: { network: 'densenet', networkOptions: { variant: 'densenet121' } },
    pytorch: 'densenet121',
    parameters: 6_957_834,
  },
} as const;
type Title = keyof typeof NETWORKS;

export type Workload = (typeof NETWORKS)[Title] & Readonly<{ name: string; resize: number; batch: number }>;

/** A network on images of 28 × 28 bytes, resized to `resize` pixels, in batches of `batch`. */
export function workload(title: Title, resize: number, batch: number): Workload {
  return { ...NETWORKS[title], name: `${title} @${resize}, batch ${batch}`, resize, batch };
}

/** The spec of one epoch with Adam, as the service resolves it. */
export function specOf({ architecture, resize, batch }: Workload, precision: Precision): JobSpec {
  const run = { batchSize: batch, epochs: 1, stepInterval: 1, precision };
  return resolveJob({ ...architecture, dataset: { resize }, ...run });
}

/** The same for the scripts of bench/reference/. */
export function pytorchOptions(
  { pytorch, parameters, resize, batch }: Workload,
  precision: Precision,
): Record<string, string | number> {
  return { network: pytorch, parameters, resize, batch, precision };
}
