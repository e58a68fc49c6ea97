/** The memory of a training run, estimated from its graph before anything is run: pure TypeScript. */

import { memoize } from '../../concurrency/memoize.js';
import { SMALLEST_RESIZE } from '../../contracts/datasets/dataset.js';
import { type JobSpec, trainedImages } from '../../contracts/jobs/job.js';
import type { TrainingMemory } from '../../contracts/networks/memory-estimate.js';
import type { TrainingWork } from '../../contracts/networks/training-work.js';
import type { MemoryLimit, TrainingPlan } from '../../contracts/processes/build.js';
import { TrainyardError } from '../../errors/errors.js';
import { elements, type Graph, type Node, type Tensor, type Variable } from '../../graph/graph.js';
import { liveSizes } from '../../graph/liveness.js';
import { type ImageSize, normalizedPixels } from '../../networks/index.js';
import { type PhasedProgramSpec, specOfPhase } from './phase-spec.js';
import { countWork } from './step-work.js';
import { buildTrainingGraph, type TrainingGraph } from './training-graph.js';
import { usesMicroBatches } from './training-step.js';

/** What of a job decides its memory. */
export type MemorySpec = PhasedProgramSpec & {
  microBatchSize: number;
  dataset: Pick<JobSpec['dataset'], 'trainSamples' | 'testSamples' | 'resize'> &
    Partial<Pick<JobSpec['dataset'], 'validation' | 'validationSamples'>>;
};

/*
 * Measured on whole trainer processes (peak resident memory of jobs of 3 steps and an epoch's end, 2 cores, Linux, glibc)
 * of networks with 0.8 to 43 million parameters at batches of 1 to 256 images: with these three the estimate is 0.89 to 1.14
 * times of each, and 1.02 in the middle.
 */
/** Node.js and TensorFlow once they have run a step: 294 MiB of it are pages of TensorFlow's library. */
const PROCESS_BYTES = 420 * 2 ** 20;
/** Resident over alive: the allocator's gaps, convolutions' working memory, and steps that overlap in TensorFlow. */
const ALLOCATOR_FACTOR = 1.25;
/** How often the parameters lie in memory besides: reordered for kernels, and as a model is saved. */
const PARAMETER_COPIES = 7;

const BYTES_PER_NUMBER = 4;
/** The largest batch of the contract. */
const MAX_STEP_IMAGES = 2 ** 13;

export type MemoryPlan = Readonly<{
  /** With so many images in memory at once. */
  at(images: number): TrainingMemory;
  /** Maximum number of images at once that fit into `bytes`, at most 8192; 0 if not even one fits. */
  largestBatch(bytes: number): number;
  /** Trainable parameters of the network. */
  parameters: number;
  /** Minimum number of pixels of an image over which a BatchNorm computes its statistics. */
  normalizedPixels: number;
  work: TrainingWork;
}>;

type BuiltGraph = Pick<TrainingGraph, 'graph' | 'roots'>;

/**
 * Plans the memory of every batch size from one graph for each phase of the run. `built` is the training graph of the first phase, if the
 * caller has it.
 */
export function planTrainingMemory(
  spec: MemorySpec,
  image: ImageSize,
  classes: number,
  built?: BuiltGraph,
): MemoryPlan {
  const first = planPhase(
    specOfPhase(spec, 0),
    image,
    built ?? buildTrainingGraph(specOfPhase(spec, 0), image, classes),
  );
  const [{ epochs } = { epochs: 1 }, ...others] = spec.phases ?? [];
  return others.reduce<PhasedPlan>(
    (before, phase, i) => {
      const phaseSpec = specOfPhase(spec, i + 1);
      const plan = planPhase(phaseSpec, image, buildTrainingGraph(phaseSpec, image, classes));
      return join(before, { ...plan, epochs: phase.epochs });
    },
    { ...first, epochs },
  );
}

/** Plan of a part of a run, with its epochs. */
type PhasedPlan = MemoryPlan & Readonly<{ epochs: number }>;

/** Joins the plans of two parts of a run: the larger memory, and the work of an epoch in each phase and on average. */
function join(one: PhasedPlan, other: PhasedPlan): PhasedPlan {
  const epochs = one.epochs + other.epochs;
  const mean = (of: (plan: PhasedPlan) => number): number => (one.epochs * of(one) + other.epochs * of(other)) / epochs;
  const work = (run: 'step' | 'scoring') => ({
    perImage: mean((plan) => plan.work[run].perImage),
    perRun: mean((plan) => plan.work[run].perRun),
    nodes: Math.round(mean((plan) => plan.work[run].nodes)),
  });
  return {
    at(images) {
      const [a, b] = [one.at(images), other.at(images)];
      return a.totalBytes >= b.totalBytes ? a : b;
    },
    largestBatch: (bytes) => Math.min(one.largestBatch(bytes), other.largestBatch(bytes)),
    parameters: one.parameters,
    normalizedPixels: Math.min(one.normalizedPixels, other.normalizedPixels),
    work: {
      ...{ step: work('step'), scoring: work('scoring') },
      phases: [one, other].flatMap(({ work: { step, phases } }) => phases ?? [step]),
    },
    epochs,
  };
}

function planPhase(spec: MemorySpec, image: ImageSize, { graph, roots }: BuiltGraph): MemoryPlan {
  const variables = [...graph.variables.values()];
  const live = liveSizes(rootsOfStep(graph, roots));
  const parametersBytes = bytesOf(variables.filter(isWeight));
  const slotsBytes = bytesOf(variables.filter((variable) => !isWeight(variable)));
  const { trainSamples, testSamples, validation, validationSamples = 0 } = spec.dataset;
  const ownSamples = validation === 'own' ? validationSamples : 0;
  const imagesBytes = (trainSamples + testSamples + ownSamples) * elements([image.height, image.width, image.channels]);
  const baseBytes = PROCESS_BYTES + imagesBytes + PARAMETER_COPIES * parametersBytes;

  const at = (images: number): TrainingMemory => {
    const peak = live.reduce((most, { fixed, perImage }) => Math.max(most, fixed + images * perImage), 0);
    const activationsBytes = Math.round(ALLOCATOR_FACTOR * peak);
    const totalBytes = parametersBytes + slotsBytes + activationsBytes + baseBytes;
    return { parametersBytes, slotsBytes, activationsBytes, baseBytes, totalBytes };
  };
  const largestBatch = (bytes: number): number => {
    const fits = (images: number) => at(images).totalBytes <= bytes;
    let [most, tooMany] = [0, MAX_STEP_IMAGES + 1];
    while (tooMany - most > 1) {
      const middle = Math.floor((most + tooMany) / 2);
      if (fits(middle)) most = middle;
      else tooMany = middle;
    }
    return most;
  };
  return {
    at,
    largestBatch,
    parameters: graph.count('parameter'),
    normalizedPixels: normalizedPixels(graph),
    work: countWork({ roots }),
  };
}

/** What a job needs. An evaluation has no more images at once than a step, and keeps less of each. */
export const estimateTrainingMemory = (spec: MemorySpec, image: ImageSize, classes: number): TrainingMemory =>
  planTrainingMemory(spec, image, classes).at(spec.microBatchSize);

type JobLimit = MemoryLimit & Readonly<{ image: ImageSize; classes: number }>;

/**
 * What is wrong with a job that does not fit into `bytes`, the memory of `holder`: "needs about 31.2 GB of memory, …", a
 * sentence without its subject. Undefined if it fits.
 */
export function describeShortage(
  spec: MemorySpec,
  { image, classes, bytes, holder }: JobLimit,
  plan = planTrainingMemory(spec, image, classes),
): string | undefined {
  const { totalBytes } = plan.at(spec.microBatchSize);
  if (totalBytes <= bytes) return undefined;
  const largest = largestFitting(spec, bytes, plan);
  const part = usesMicroBatches(spec) ? `part of batchSize, ${spec.batchSize},` : 'batch';
  const advice = largest === 0 ? 'not even one image at a time fits' : `the largest ${part} that fits is ${largest}`;
  return `needs about ${gigabytes(totalBytes)} of memory with ${spec.microBatchSize} images at once, and ${holder} has ${gigabytes(bytes)}: ${advice}`;
}

/**
 * Returns the largest batch that fits into `bytes`, at most all training images; with micro batches the largest micro batch, which must
 * divide the batch.
 */
function largestFitting(spec: MemorySpec, bytes: number, plan: MemoryPlan): number {
  const images = trainedImages({ validationSamples: 0, ...spec.dataset });
  const most = Math.min(plan.largestBatch(bytes), Math.max(1, images));
  if (!usesMicroBatches(spec) || most === 0) return most;
  let size = Math.min(most, spec.batchSize);
  while (spec.batchSize % size !== 0) size -= 1;
  return size;
}

/** Sides in pixels that are looked at for one that fits, as a share of the job's own. */
const SMALLER_SIDES = [0.75, 0.5, 0.35, 0.25, 0.15];
/** What ran out of memory had more of it than it can have: so much of that is taken to be free. */
const SAFETY_MARGIN = 0.75;

/**
 * What a job that ran out of memory with one image at once could be instead, by the estimate: "reduce batchSize or resize; …".
 * `bytes` is what it had at most.
 */
export function adviseOnMemory(spec: MemorySpec, image: ImageSize, classes: number, bytes: number): string {
  const free = SAFETY_MARGIN * bytes;
  const sides = SMALLER_SIDES.map((share) => Math.floor(share * spec.dataset.resize)).filter(
    (side) => side >= SMALLEST_RESIZE,
  );
  for (const resize of sides) {
    const fits = largestAt(atSide(spec, resize), image, classes, free);
    if (fits === 0) continue;
    const most = Math.min(fits, spec.batchSize);
    return `reduce batchSize or resize; by the estimate ${most} ${most === 1 ? 'image' : 'images'} of ${resize} pixels would fit at once`;
  }
  const needed = gigabytes(planTrainingMemory(spec, image, classes).at(1).totalBytes);
  return `reduce batchSize or resize; by the estimate no smaller resize fits either, and this one needs ${needed} for one image at once: take a smaller network, or a worker with more memory`;
}

/** Returns the spec with images of at most this side. */
function atSide(spec: MemorySpec, resize: number): MemorySpec {
  const phases = spec.phases?.map((phase) => ({ ...phase, resize: Math.min(phase.resize, resize) }));
  return { ...spec, dataset: { ...spec.dataset, resize }, ...(phases && { phases }) };
}

/** Maximum number of images at once that fit; 0 also if the network does not take images of this size. */
function largestAt(spec: MemorySpec, image: ImageSize, classes: number, bytes: number): number {
  try {
    return planTrainingMemory(spec, image, classes).largestBatch(bytes);
  } catch (error) {
    if (error instanceof TrainyardError) return 0;
    throw error;
  }
}

/** Memoized plans. */
const MAX_PLANS = 200;

/**
 * Returns a function that plans the training of a job. It memoizes the graph by everything that shapes it, since building a large
 * network takes tenths of a second: jobs that differ only in seed, batch size or learning rate share it.
 */
export function memoizeTrainingPlans(build = planTrainingMemory) {
  const planOf = memoize(build, MAX_PLANS, graphKey);
  return (
    spec: MemorySpec,
    image: ImageSize,
    classes: number,
    limit?: MemoryLimit,
  ): Omit<TrainingPlan, 'learningRate'> => {
    const plan = planOf(spec, image, classes);
    const shortage = limit && describeShortage(spec, { image, classes, ...limit }, plan);
    return {
      parameters: plan.parameters,
      normalizedPixels: plan.normalizedPixels,
      memory: plan.at(spec.microBatchSize),
      work: plan.work,
      ...(limit && { largestBatchSize: largestFitting(spec, limit.bytes, plan) }),
      ...(shortage !== undefined && { shortage }),
    };
  };
}

/** All that a plan depends on, and nothing that often differs beside. */
function graphKey(spec: MemorySpec, { height, width, channels }: ImageSize, classes: number): string {
  const { network, networkOptions, precision, augmentation, normalization, emaDecay, gradientClipNorm } = spec;
  const { labelSmoothing, classWeights, dataset, freeze, headRate, layerDecay, batchNorm, phases } = spec;
  const optimizer = { ...spec.optimizer, learningRate: 0 };
  const graph = [
    network,
    networkOptions,
    precision,
    augmentation,
    normalization,
    emaDecay,
    gradientClipNorm,
    optimizer,
    [freeze, headRate, layerDecay, batchNorm],
    phases?.map(({ schedule: _, learningRate: __, ...phase }) => phase),
  ];
  return JSON.stringify([
    graph,
    labelSmoothing,
    classWeights !== undefined,
    usesMicroBatches(spec),
    dataset,
    height,
    width,
    channels,
    classes,
  ]);
}

/** `31.2 GB`. */
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const isWeight = ({ role }: Variable): boolean => role === 'parameter' || role === 'statistic';

const bytesOf = (variables: readonly Variable[]): number =>
  BYTES_PER_NUMBER * variables.reduce((total, { shape }) => total + elements(shape), 0);

/** Returns the roots that are computed from images. The other roots initialize, read or restore variables. */
function rootsOfStep(graph: Graph, roots: readonly Tensor[]): Tensor[] {
  const seeing = new Set<Node>();
  for (const node of graph.nodes.values()) {
    const sees = ({ node: input }: Tensor) => seeing.has(input);
    if (node.name === 'images' || node.inputs.some(sees) || node.controls.some(sees)) seeing.add(node);
  }
  return roots.filter(({ node }) => seeing.has(node));
}
