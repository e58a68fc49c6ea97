/** Networks that the benches measure, and the job spec for each. */
import { type JobSpec, resolveJob } from '../../src/contracts/jobs/job.js';

export type Precision = 'float32' | 'bfloat16';

/** PyTorch's memory layouts of a tensor: channels before pixels, or after them. */
export const LAYOUTS = ['contiguous_format', 'channels_last'] as const;

/**
 * `architecture` names the network in a job, `pytorch` in bench/reference/networks.py. `parameters` counts the trainable
 * parameters for one channel and ten classes: every measured process checks its network against this number.
 */
const NETWORKS = {
  'ResNet-18': { architecture: { network: 'resnet' }, pytorch: 'resnet', parameters: 11_178_378 },
  DenseNet: { architecture: { network: 'densenet' }, pytorch: 'densenet', parameters: 758_226 },
  /** torchvision's 25,557,032 minus the parameters of two channels and 990 classes. */
  'ResNet-50': {
    architecture: { network: 'resnet', networkOptions: { variant: 'resnet50' } },
    pytorch: 'resnet50',
    parameters: 23_522_250,
  },
  /** torchvision's 7,978,856 minus the parameters of two channels and 990 classes. */
  'DenseNet-121': {
    architecture: { network: 'densenet', networkOptions: { variant: 'densenet121' } },
    pytorch: 'densenet121',
    parameters: 6_957_834,
  },
} as const;
type Title = keyof typeof NETWORKS;

export type Workload = (typeof NETWORKS)[Title] & Readonly<{ name: string; resize: number; batch: number }>;

/** Describes a network on 28 × 28 images, resized to `resize` pixels, in batches of `batch`. */
export function workload(title: Title, resize: number, batch: number): Workload {
  return { ...NETWORKS[title], name: `${title} @${resize}, batch ${batch}`, resize, batch };
}

/** Returns the job spec of one epoch with Adam. */
export function specOf({ architecture, resize, batch }: Workload, precision: Precision): JobSpec {
  const run = { batchSize: batch, epochs: 1, stepInterval: 1, precision };
  return resolveJob({ ...architecture, dataset: { resize }, ...run });
}

/** Returns the workload as options for the scripts of bench/reference/. */
export function pytorchOptions(
  { pytorch, parameters, resize, batch }: Workload,
  precision: Precision,
): Record<string, string | number> {
  return { network: pytorch, parameters, resize, batch, precision };
}
