/** Manifests of before an option was there: what they lack is filled in as it was then, so that their models stay usable. */

import { NETWORK_NAMES, resolveNetworkOptions } from '../contracts/networks/network-options.js';
import { resolveAugmentation, resolveSchedule } from '../contracts/training/training-options.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that came later, each with what stood for it before. What depends on other fields, or has a shape of several, is not here. */
const LATER = {
  spec: {
    dataset: { validationSamples: 0 },
    augmentation: resolveAugmentation(),
    normalization: 'none',
    optimizer: { weightDecay: 0, decayNormAndBias: false },
    precision: 'float32',
    precisionReason: 'Trained before there was a choice.',
    labelSmoothing: 0,
    gradientClipNorm: null,
    emaDecay: null,
    earlyStopping: null,
    maxSeconds: null,
  },
  preprocessing: { mean: [0], std: [1] },
} as const;

/** The manifest with every field of today; what is there stays as it is, be it right or wrong. */
export function withLaterFields(manifest: unknown): unknown {
  if (isFields(manifest) && 'imported' in manifest) return manifest; // came later than all of them
  const filled = fill(manifest, LATER);
  if (!isFields(filled) || !isFields(filled['spec'])) return filled;
  const { spec } = filled;
  const network = NETWORK_NAMES.find((name) => name === spec['network']);
  const networkOptions = network && resolveNetworkOptions(network);
  return {
    ...filled,
    spec: {
      microBatchSize: spec['batchSize'],
      schedule: resolveSchedule(),
      ...(networkOptions && { networkOptions }),
      ...spec,
    },
  };
}

/** `value` with the fields of `defaults` that it lacks, at every depth. */
function fill(value: unknown, defaults: unknown): unknown {
  if (!isFields(value) || !isFields(defaults)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, later] of Object.entries(defaults)) {
    filled[name] = name in value ? fill(value[name], later) : later;
  }
  return filled;
}
