/** Manifests that were written before an option existed: fills in the behaviour of that time, so that their models stay usable. */
import { DEFAULT_IMAGE_PREPROCESSING } from '../contracts/images/image-preprocessing.js';
import { NETWORK_NAMES, resolveNetworkOptions } from '../contracts/networks/network-options.js';
import { resolveAugmentation } from '../contracts/training/augmentation.js';
import { resolveSchedule } from '../contracts/training/training-options.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Later fields with the values that had the same effect before. Fields that depend on others are filled in below. */
const LATER_FIELDS = {
  spec: {
    dataset: { validationSamples: 0 },
    augmentation: resolveAugmentation(),
    normalization: 'none',
    optimizer: { weightDecay: 0, decayNormAndBias: false },
    precision: 'float32',
    precisionReason: 'Trained before precision was an option.',
    labelSmoothing: 0,
    gradientClipNorm: null,
    emaDecay: null,
    earlyStopping: null,
    maxSeconds: null,
  },
} as const;
/** Imported models are younger than all other fields. */
const LATER_PREPROCESSING = { preprocessing: { mean: [0], std: [1], ...DEFAULT_IMAGE_PREPROCESSING } };

/** Returns the manifest with every missing later field. Existing fields stay as they are, valid or not. */
export function withLaterFields(manifest: unknown): unknown {
  const prepared = fill(manifest, LATER_PREPROCESSING);
  if (isFields(prepared) && 'imported' in prepared) return prepared;
  const filled = fill(prepared, LATER_FIELDS);
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

/** Returns `value` with the fields of `defaults` that it lacks, at every depth. */
function fill(value: unknown, defaults: unknown): unknown {
  if (!isFields(value) || !isFields(defaults)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, later] of Object.entries(defaults)) {
    filled[name] = name in value ? fill(value[name], later) : later;
  }
  return filled;
}
