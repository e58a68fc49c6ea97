/** Training graphs that together use every option, and the serving graphs of the models. */
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { datasets } from '../../src/datasets/index.js';
import { type Device, elements, type Node, neededBy } from '../../src/graph/graph.js';
import { buildServingGraph } from '../../src/training/result/serving-graph.js';
import { buildTrainingGraph } from '../../src/training/step/training-graph.js';

type Options = Partial<Omit<JobRequest, 'network' | 'networkOptions'>>;
type Architecture = Pick<JobRequest, 'network' | 'networkOptions'>;

const ARCHITECTURES: readonly Architecture[] = [
  { network: 'resnet' },
  { network: 'resnet', networkOptions: { variant: 'resnet50', dropRate: 0.1 } },
  { network: 'densenet' },
  { network: 'densenet', networkOptions: { variant: 'densenet121', dropRate: 0.1 } },
];

const OPTIONS: readonly Options[] = [
  { optimizer: { name: 'sgd' } },
  { optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.1, decayNormAndBias: true } },
  { optimizer: { name: 'adam', weightDecay: 0.1 }, microBatchSize: 4 },
  {
    optimizer: { name: 'adamw' },
    augmentation: { crop: 2, flip: true, erasing: 0.5, cutout: 4, mixup: 0.4 },
    normalization: 'dataset',
    labelSmoothing: 0.1,
    gradientClipNorm: 1,
    emaDecay: 0.99,
  },
  {
    optimizer: { name: 'sgd', nesterov: false },
    augmentation: {
      verticalFlip: true,
      randomResizedCrop: {},
      affine: { degrees: 10 },
      colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
      mixup: 0.2,
      cutmix: 1,
      trivialAugmentWide: true,
    },
  },
];

export type NamedGraph = Readonly<{ name: string; nodes: readonly Node[] }>;

/** Returns the training graphs of each architecture with each set of options in both precisions, and the serving graphs. */
export function everyGraph(device: Device): NamedGraph[] {
  const info = { ...datasets['fashion-mnist'], channels: 3 };
  const classes = info.classes.length;
  return ARCHITECTURES.flatMap((architecture) =>
    (['float32', 'bfloat16'] as const).flatMap((precision) => {
      const specs = OPTIONS.map((options) =>
        resolveJob({
          ...architecture,
          precision,
          batchSize: 8,
          dataset: { name: 'synthetic', resize: 64 },
          ...options,
        } as JobRequest),
      );
      const built = specs.map((spec) => ({ spec, ...buildTrainingGraph(spec, info, classes, device) }));
      const { network, networkOptions } = specs[0] as (typeof specs)[0];
      const name = `${network} ${networkOptions.variant} in ${precision}`;
      const trained = built.map(({ spec, roots }) => ({
        name: `${name}, trained by ${spec.optimizer.name}`,
        nodes: neededBy(roots),
      }));
      const [{ spec, variables }] = built as [(typeof built)[0]];
      const weights = new Map(variables.map((each) => [each.name, new Float32Array(elements(each.shape))]));
      const { outputs } = buildServingGraph(spec, info, classes, weights);
      return [...trained, { name: `${name}, served`, nodes: neededBy(Object.values(outputs)) }];
    }),
  );
}
