/** Checks of a job's spec beyond its schema: it must fit its data set, its network and itself. */
import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { type JobSpec, smallestMicroBatch, stepsOf, trainedImages } from '../../contracts/jobs/job.js';
import type { PlannedChange } from '../../contracts/jobs/live-change.js';
import { BACKBONE, runPhases } from '../../contracts/jobs/phases.js';
import { checkNetworkOptions } from '../../contracts/networks/network.js';
import type { MemoryLimit, TrainingPlan } from '../../contracts/processes/build.js';
import type { WorkerInfo } from '../../contracts/service/live-worker.js';
import { modeOf } from '../../contracts/training/training-options.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { BuildQueue } from '../../processes/builder-process.js';
import { nearest } from '../../spelling/nearest-words.js';
import { hintOf } from '../http/suggestions.js';
import { refuseFields } from '../http/validation.js';

/** Maximum number of parameters of a network: its serving graph stores its weights in one file, which TensorFlow limits to 2 GiB. */
const MAX_PARAMETERS = 500_000_000;

type SpecContext = Readonly<{
  dataset: DatasetInfo;
  /** Live workers. The plan reports a shortage if the job needs more memory than the largest of these workers has. */
  workers: readonly Pick<WorkerInfo, 'memoryBytes'>[];
  /** Planned changes, which the curve of the learning rate shows. */
  changes: readonly PlannedChange[];
  builds: Pick<BuildQueue, 'run'>;
  caller: Caller;
}>;

/**
 * Checks a spec and builds its network, once. Returns the parameters and the memory that the training takes. Throws `invalid_request`
 * with a pointer to each field that does not fit.
 */
export async function checkSpec(spec: JobSpec, context: SpecContext): Promise<TrainingPlan> {
  const errors = [...checkFields(spec, context.dataset)];
  const optionFaults = checkNetworkOptions(spec);
  errors.push(...optionFaults.map(({ pointer, message }) => ({ pointer: `/networkOptions${pointer}`, message })));
  // Options that are refused may describe a network that is too large to build.
  if (optionFaults.length > 0) throw refuseFields(errors);
  errors.push(...(await freezeErrors(spec, context)));
  if (errors.length > 0) throw refuseFields([...errors, ...(await sizeErrors(spec, () => summarize(spec, context)))]);
  return planTraining(spec, context);
}

function* checkFields(spec: JobSpec, dataset: DatasetInfo): Generator<FieldError> {
  yield* checkSamples(spec, dataset);
  yield* checkAugmentation(spec, dataset);
  yield* checkNormalization(spec, dataset);
  yield* checkClassWeights(spec, dataset);
  yield* checkParts(spec);
  yield* checkOptimizer(spec);
  yield* checkSchedules(spec);
  yield* checkEarlyStopping(spec);
}

/** Requires layers of the network behind which others are left to train. */
async function freezeErrors(spec: JobSpec, { builds, caller }: SpecContext): Promise<FieldError[]> {
  const chosen = spec.phases?.map(({ freeze }, i) => ({ freeze, pointer: `/phases/${i}/freeze` })) ?? [
    { freeze: spec.freeze, pointer: '/freeze' },
  ];
  if (chosen.every(({ freeze }) => freeze === BACKBONE || !freeze)) return [];
  const { network, networkOptions } = spec;
  const architecture = { network, networkOptions };
  const layers = await builds.run('layers', { architecture }, caller);
  const wrong = chosen.filter(({ freeze }) => freeze && !layers.includes(freeze));
  if (wrong.length === 0) return [];
  const summary = await builds.run('summary', { architecture, input: ANY_INPUT, classes: 2 }, caller);
  const stages = layers.filter((layer) => !/\..*\.|\.\d+$/.test(layer)).map((layer) => `"${layer}"`);
  return wrong.map(({ freeze, pointer }) => {
    const isLast = summary.layers.some(({ name }) => name === freeze);
    const hint = hintOf(
      nearest(freeze ?? '', layers)
        .slice(0, 1)
        .map((each) => `"${each}"`),
    );
    const fault = isLast
      ? `behind "${freeze}", no layer of ${network} is left to train`
      : `${network} has no layer "${freeze}"${hint}`;
    return { pointer, message: `must be one of ${stages.join(', ')}, or a layer within them: ${fault}` };
  });
}

/** An input that every network takes. The names of the layers do not depend on it. */
const ANY_INPUT = { channels: 1, height: 224, width: 224 } as const;

/** Checks changes that a job is submitted with: steps in rising order, and only values that the job has. */
export function changeErrors({ earlyStopping }: JobSpec, changes: readonly PlannedChange[]): FieldError[] {
  return changes.flatMap(({ step, to }, i) => {
    const found: FieldError[] = [];
    const before = changes[i - 1]?.step ?? 0;
    if (step < before) {
      const message = `must be at least ${before}, the step of the change before it, not ${step}`;
      found.push({ pointer: `/changes/${i}/step`, message });
    }
    if (to.patience !== undefined && earlyStopping === null)
      found.push({ pointer: `/changes/${i}/to/patience`, message: 'needs earlyStopping' });
    return found;
  });
}

/** Requires at most as many images as the data set has, and some left to train on. */
function* checkSamples({ dataset }: JobSpec, info: DatasetInfo): Generator<FieldError> {
  for (const field of ['trainSamples', 'testSamples'] as const) {
    if (dataset[field] <= info[field]) continue;
    const message = `must be at most ${info[field]}, the images ${info.name} has, not ${dataset[field]}`;
    yield { pointer: `/dataset/${field}`, message };
  }
  const { validation, validationSamples, trainSamples } = dataset;
  if (validation === 'own') yield* checkOwnValidation(dataset, info);
  else if (validationSamples >= trainSamples) {
    const message = `must be less than trainSamples, ${trainSamples}, from which the validation images are held out, not ${validationSamples}`;
    yield { pointer: '/dataset/validationSamples', message };
  }
}

/** Requires that the data set has a validation split, with at least as many images as requested. */
function* checkOwnValidation(
  { validationSamples }: JobSpec['dataset'],
  { name, validationSamples: most }: DatasetInfo,
): Generator<FieldError> {
  if (most === undefined) {
    const message = `must be left out: ${name} has no validation split. Import it with a folder "valid" beside "train" and "test", or set validationSamples to hold out training images`;
    yield { pointer: '/dataset/validation', message };
  } else if (validationSamples > most) {
    const message = `must be at most ${most}, the validation images ${name} has, not ${validationSamples}`;
    yield { pointer: '/dataset/validationSamples', message };
  }
}

/** Requires augmentation that fits the images, and at least two images to mix. */
function* checkAugmentation({ augmentation, microBatchSize }: JobSpec, info: DatasetInfo): Generator<FieldError> {
  const side = Math.min(info.height, info.width);
  const images = `the images of ${info.name}, ${info.width}×${info.height} pixels`;
  if (augmentation.crop >= side) {
    const message = `must be smaller than ${images}, not ${augmentation.crop}`;
    yield { pointer: '/augmentation/crop', message };
  }
  if (augmentation.cutout > side) {
    const message = `must be no larger than ${images}, not ${augmentation.cutout}`;
    yield { pointer: '/augmentation/cutout', message };
  }
  for (const field of ['mixup', 'cutmix'] as const) {
    if ((augmentation[field] ?? 0) === 0 || microBatchSize > 1) continue;
    const message = 'needs at least two images at once to mix, and microBatchSize is 1';
    yield { pointer: `/augmentation/${field}`, message };
  }
  if (augmentation.trivialAugmentWide && augmentation.randAugment) {
    const message =
      'must be null with trivialAugmentWide: an image has the operations of one of the two. Set trivialAugmentWide to false to use randAugment';
    yield { pointer: '/augmentation/randAugment', message };
  }
  yield* checkResizedCrop(augmentation);
  yield* checkAscending('/augmentation/affine/scale', augmentation.affine?.scale);
}

/** Requires as many weights as the data set has classes, and at least one weight above 0. */
function* checkClassWeights({ classWeights }: JobSpec, { name, classes }: DatasetInfo): Generator<FieldError> {
  if (classWeights === undefined || classWeights === 'balanced') return;
  if (classWeights.length !== classes.length) {
    const message = `must have a number for each of the ${classes.length} classes of ${name}, in their order, not ${classWeights.length}. Use "balanced" to weight classes by their images`;
    yield { pointer: '/classWeights', message };
  } else if (classWeights.every((weight) => weight === 0)) {
    const message = 'must have a weight above 0: with zeros alone no image has a loss';
    yield { pointer: '/classWeights', message };
  }
}

/** Requires ascending ranges, and no other crop. */
function* checkResizedCrop({ crop, randomResizedCrop }: JobSpec['augmentation']): Generator<FieldError> {
  if (randomResizedCrop === undefined) return;
  if (crop > 0) {
    const message = `must be 0 with randomResizedCrop, which is a random crop too, not ${crop}. Set randomResizedCrop to null to use crop`;
    yield { pointer: '/augmentation/crop', message };
  }
  yield* checkAscending('/augmentation/randomResizedCrop/scale', randomResizedCrop.scale);
  yield* checkAscending('/augmentation/randomResizedCrop/ratio', randomResizedCrop.ratio);
}

/** Requires that the second number of a range is not below the first. */
function* checkAscending(pointer: string, range: readonly number[] = []): Generator<FieldError> {
  const [least = 0, most = least] = range;
  if (least > most)
    yield { pointer, message: `must be the least and the largest value, in this order, not ${least}, ${most}` };
}

/** Requires one number, or one for each channel; and no division by the zero deviation of a constant channel. */
function* checkNormalization({ normalization }: JobSpec, info: DatasetInfo): Generator<FieldError> {
  if (normalization === 'none') return;
  if (normalization === 'dataset') {
    const channel = info.std.indexOf(0);
    if (channel === -1) return;
    const message = `must be none or numbers: channel ${channel + 1} of ${info.name} is the same in all pixels, so its standard deviation is 0`;
    yield { pointer: '/normalization', message };
    return;
  }
  for (const field of ['mean', 'std'] as const) {
    const { length } = normalization[field];
    if (length === 1 || length === info.channels) continue;
    const allowed = info.channels === 1 ? 'one number' : `one number, or one for each of ${info.channels} channels`;
    const message = `must have ${allowed}, as the images of ${info.name} need, not ${length}`;
    yield { pointer: `/normalization/${field}`, message };
  }
}

/** Requires micro batches of equal size. */
function* checkParts({ batchSize, microBatchSize }: JobSpec): Generator<FieldError> {
  if (batchSize % microBatchSize === 0) return;
  const near = divisorsAround(batchSize, microBatchSize).join(' or ');
  const message = `must divide batchSize, ${batchSize}, as ${near} does, not ${microBatchSize}`;
  yield { pointer: '/microBatchSize', message };
}

/** Returns the largest divisor of `of` below `size` and the smallest above, if there is one. */
function divisorsAround(of: number, size: number): number[] {
  const divisors = Array.from({ length: of }, (_, i) => i + 1).filter((candidate) => of % candidate === 0);
  const [below, above] = [divisors.findLast((divisor) => divisor < size), divisors.find((divisor) => divisor > size)];
  return [below, above].filter((divisor) => divisor !== undefined);
}

function* checkOptimizer({ optimizer }: JobSpec): Generator<FieldError> {
  if (optimizer.name === 'sgd' && optimizer.nesterov && optimizer.momentum === 0) {
    yield { pointer: '/optimizer/nesterov', message: 'needs a momentum greater than 0' };
  }
  if (optimizer.decayNormAndBias && optimizer.weightDecay === 0) {
    yield { pointer: '/optimizer/decayNormAndBias', message: 'needs a weightDecay greater than 0' };
  }
}

/** One-cycle goes up, peaks and goes down: at least one step each. */
const LEAST_ONE_CYCLE_STEPS = 3;

/** Requires schedules that take effect within the run, or within each of its phases. */
function* checkSchedules(spec: JobSpec): Generator<FieldError> {
  for (const { index, epochs, schedule } of runPhases(spec)) {
    const place = spec.phases === undefined ? '' : `/phases/${index}`;
    for (const { pointer, ...error } of checkSchedule({ ...spec, epochs, schedule }))
      yield { ...error, pointer: `${place}${pointer}` };
  }
}

/** Requires a schedule that takes effect within the epochs. */
function* checkSchedule(spec: Pick<JobSpec, 'schedule' | 'epochs' | 'batchSize' | 'dataset'>): Generator<FieldError> {
  const { schedule, epochs } = spec;
  if (schedule.name === 'one-cycle') {
    yield* checkOneCycle(spec);
    return;
  }
  if (schedule.warmupEpochs > epochs) {
    const message = `must be at most epochs, ${epochs}, not ${schedule.warmupEpochs}`;
    yield { pointer: '/schedule/warmupEpochs', message };
  }
  if (schedule.name === 'step' && schedule.every >= epochs) {
    const message = `must be less than epochs, ${epochs}, to take effect, not ${schedule.every}`;
    yield { pointer: '/schedule/every', message };
  }
  if (schedule.name === 'multi-step') yield* checkMilestones(schedule.epochs, epochs);
}

function* checkOneCycle(spec: Parameters<typeof stepsOf>[0]): Generator<FieldError> {
  const steps = stepsOf(spec);
  if (steps >= LEAST_ONE_CYCLE_STEPS) return;
  const message = `needs at least ${LEAST_ONE_CYCLE_STEPS} steps for one-cycle, not ${steps}: take more epochs or a smaller batchSize`;
  yield { pointer: '/schedule/name', message };
}

function* checkMilestones(milestones: readonly number[], epochs: number): Generator<FieldError> {
  for (const [i, epoch] of milestones.entries()) {
    const pointer = `/schedule/epochs/${i}`;
    const before = milestones[i - 1] ?? 0;
    if (epoch >= epochs)
      yield { pointer, message: `must be less than epochs, ${epochs}, to take effect, not ${epoch}` };
    else if (epoch <= before)
      yield { pointer, message: `must be greater than the one before it, ${before}, not ${epoch}` };
  }
}

/** Requires validation images, since the test images choose nothing, and a margin by which the score can improve. */
function* checkEarlyStopping({ earlyStopping, dataset }: JobSpec): Generator<FieldError> {
  if (earlyStopping === null) return;
  if (dataset.validationSamples === 0) {
    const message =
      'needs validation images: set dataset.validationSamples, or dataset.validation to "own" if the data set has a validation split. The test images choose nothing';
    yield { pointer: '/earlyStopping', message };
  }
  const { metric, mode, minDelta } = earlyStopping;
  if (metric !== 'validationLoss' && minDelta >= 1) {
    const message = `must be less than 1 for ${metric}, which is 0 to 1, not ${minDelta}`;
    yield { pointer: '/earlyStopping/minDelta', message };
  }
  const better = modeOf(metric);
  if (mode === better) return;
  const message = `must be ${better} for ${metric}, of which ${better === 'min' ? 'less' : 'more'} is better, not ${mode}`;
  yield { pointer: '/earlyStopping/mode', message };
}

/** What the checks of a network's size need to know of it. */
type NetworkSize = Pick<TrainingPlan, 'parameters' | 'normalizedPixels'>;

/** Builds the network alone: its training graph needs a spec without faults. */
async function summarize(spec: JobSpec, { dataset: info, builds, caller }: SpecContext): Promise<NetworkSize> {
  const { network, networkOptions, dataset } = spec;
  const input = { channels: info.channels, height: dataset.resize, width: dataset.resize };
  const command = { architecture: { network, networkOptions }, input, classes: info.classes.length };
  return builds.run('summary', command, caller);
}

/** Builds the training graph. Throws `invalid_request` if its network does not fit. */
async function planTraining(spec: JobSpec, context: SpecContext): Promise<TrainingPlan> {
  const { dataset, workers, changes, builds, caller } = context;
  const { channels, height, width, mean, std, classes } = dataset;
  const image = { channels, height, width, mean, std };
  const limit = memoryLimitOf(workers);
  const planned = changes.length > 0 && { changes };
  const command = { spec, image, classes: classes.length, ...(limit && { limit }), ...planned };
  let plan: TrainingPlan | undefined;
  const errors = await sizeErrors(spec, async () => {
    plan = await builds.run('plan', command, caller);
    return plan;
  });
  if (errors.length > 0 || plan === undefined) throw refuseFields(errors);
  return plan;
}

const memoryLimitOf = (workers: SpecContext['workers']): MemoryLimit | undefined =>
  workers.length === 0
    ? undefined
    : { bytes: Math.max(...workers.map(({ memoryBytes }) => memoryBytes)), holder: 'the largest worker' };

/** Returns what is wrong with the size of a network that `build` builds: its images, its parameters, its batches. */
async function sizeErrors(spec: JobSpec, build: () => Promise<NetworkSize>): Promise<FieldError[]> {
  try {
    const { parameters, normalizedPixels } = await build();
    const errors = normalizedPixels === 1 ? [...checkSingleValues(spec)] : [];
    if (parameters <= MAX_PARAMETERS) return errors;
    const [found, most] = [parameters, MAX_PARAMETERS].map((count) => count.toLocaleString('en-US'));
    const message = `make ${found} parameters; at most ${most} can be stored`;
    return [...errors, { pointer: '/networkOptions', message }];
  } catch (error) {
    if (!(error instanceof TrainyardError && error.code === 'invalid_shape')) throw error;
    const message = `does not fit the network: ${error.message.replace(/\.$/, '')}`;
    return [{ pointer: smallestSide(spec), message }];
  }
}

/** Returns the pointer to the smallest side on which the job trains or scores. */
function smallestSide({ dataset, phases = [] }: JobSpec): string {
  const smallest = Math.min(dataset.resize, ...phases.map(({ resize }) => resize));
  const phase = phases.findIndex(({ resize }) => resize === smallest && resize < dataset.resize);
  return phase === -1 ? '/dataset/resize' : `/phases/${phase}/resize`;
}

/**
 * Requires two images at once if a BatchNorm sees one pixel of each: a single value less its mean is always 0, so nothing would be
 * learned.
 */
function* checkSingleValues(spec: JobSpec): Generator<FieldError> {
  if (smallestMicroBatch(spec) !== 1) return;
  const { batchSize, microBatchSize, dataset } = spec;
  const images = trainedImages(dataset);
  const isWhole = microBatchSize === batchSize;
  const reason = `and BatchNorm then has a single value to normalize, since the network reduces a resize of ${dataset.resize} to 1×1 pixels`;
  const found = microBatchSize === 1 ? 'is 1, one image at once' : `leaves one image over of ${images}`;
  const advice =
    microBatchSize === 1 ? 'take at least 2' : 'take a size that leaves none or several, or other trainSamples';
  yield {
    pointer: isWhole ? '/batchSize' : '/microBatchSize',
    message: `${found}, ${reason}: ${advice}, or a larger resize`,
  };
}
