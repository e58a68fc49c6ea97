/** What a job's spec must hold to beyond its schema: it fits the data set, the network and itself. */

import type { Caller } from '../../concurrency/fair-limit.js';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { type JobSpec, smallestMicroBatch, stepsOf, trainedImages } from '../../contracts/jobs/job.js';
import type { PlannedChange } from '../../contracts/jobs/live-change.js';
import { checkNetworkOptions } from '../../contracts/networks/network.js';
import { modeOf } from '../../contracts/training/training-options.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { BuildQueue } from '../../processes/builder-process.js';
import { refuseFields } from '../http/validation.js';

/** A model's serving graph holds its numbers in one file of at most 2 GiB: TensorFlow's limit. */
const MOST_PARAMETERS = 500_000_000;

/** The data set of a spec, and who has its network built for whom. */
type SpecContext = Readonly<{ info: DatasetInfo; builds: Pick<BuildQueue, 'run'>; caller: Caller }>;

/** Throws `invalid_request` with a pointer to each field that does not fit. */
export async function checkSpec(spec: JobSpec, context: SpecContext): Promise<void> {
  const { info } = context;
  const unfit = checkNetworkOptions(spec);
  const errors = [
    ...checkSamples(spec, info),
    ...checkImages(spec, info),
    ...checkParts(spec),
    ...checkOptimizer(spec),
    ...checkSchedule(spec),
    ...checkEarlyStopping(spec),
    ...unfit.map(({ pointer, message }) => ({ pointer: `/networkOptions${pointer}`, message })),
    // Options that are refused may be too large to build.
    ...(unfit.length > 0 ? [] : await checkSize(spec, context)),
  ];
  if (errors.length > 0) throw refuseFields(errors);
}

/** Changes that a job is submitted with: in the order of their steps, and of values that the job has. */
export function checkChanges({ earlyStopping }: JobSpec, changes: readonly PlannedChange[]): void {
  const errors = changes.flatMap(({ step, to }, i) => {
    const found: FieldError[] = [];
    const before = changes[i - 1]?.step ?? 0;
    if (step < before) {
      const message = `must not be less than that of the change before it, ${before}, not ${step}`;
      found.push({ pointer: `/changes/${i}/step`, message });
    }
    if (to.patience !== undefined && earlyStopping === null)
      found.push({ pointer: `/changes/${i}/to/patience`, message: 'needs earlyStopping' });
    return found;
  });
  if (errors.length > 0) throw refuseFields(errors);
}

/** No more images than there are, and some left to train on. */
function* checkSamples({ dataset }: JobSpec, info: DatasetInfo): Generator<FieldError> {
  for (const field of ['trainSamples', 'testSamples'] as const) {
    if (dataset[field] <= info[field]) continue;
    const message = `must be at most ${info[field]}, the images ${info.name} has, not ${dataset[field]}`;
    yield { pointer: `/dataset/${field}`, message };
  }
  const { validation, validationSamples, trainSamples } = dataset;
  if (validation === 'own') yield* checkOwnValidation(dataset, info);
  else if (validationSamples >= trainSamples) {
    const message = `must be less than trainSamples, ${trainSamples}, of which it is set aside, not ${validationSamples}`;
    yield { pointer: '/dataset/validationSamples', message };
  }
}

/** A validation split of the data set's own, with as many images as are asked for. */
function* checkOwnValidation(
  { validationSamples }: JobSpec['dataset'],
  { name, validationSamples: most }: DatasetInfo,
): Generator<FieldError> {
  if (most === undefined) {
    const message = `must be left out: ${name} has no validation split. Import it with a folder "valid" beside "train" and "test", or set validationSamples to draw training images`;
    yield { pointer: '/dataset/validation', message };
  } else if (validationSamples > most) {
    const message = `must be at most ${most}, the validation images ${name} has, not ${validationSamples}`;
    yield { pointer: '/dataset/validationSamples', message };
  }
}

/** Augmentation and normalisation that fit the images of the data set, and something to mix. */
function* checkImages(
  { augmentation, normalization, microBatchSize }: JobSpec,
  info: DatasetInfo,
): Generator<FieldError> {
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
  if (augmentation.mixup > 0 && microBatchSize === 1) {
    const message = 'needs at least two images at once to mix, and microBatchSize is 1';
    yield { pointer: '/augmentation/mixup', message };
  }
  if (normalization === 'dataset') {
    const channel = info.std.indexOf(0);
    if (channel >= 0) {
      const message = `must be none or numbers: channel ${channel + 1} of ${info.name} is the same in all pixels, and no number makes its deviation 1`;
      yield { pointer: '/normalization', message };
    }
  }
  if (typeof normalization === 'string') return;
  for (const field of ['mean', 'std'] as const) {
    const { length } = normalization[field];
    if (length === 1 || length === info.channels) continue;
    const allowed = info.channels === 1 ? 'one number' : `one number, or one for each of ${info.channels} channels`;
    const message = `must have ${allowed}, as the images of ${info.name} need, not ${length}`;
    yield { pointer: `/normalization/${field}`, message };
  }
}

/** Parts of a batch that are equally large. */
function* checkParts({ batchSize, microBatchSize }: JobSpec): Generator<FieldError> {
  if (batchSize % microBatchSize === 0) return;
  const near = divisorsAround(batchSize, microBatchSize).join(' or ');
  const message = `must divide batchSize, ${batchSize}, as ${near} does, not ${microBatchSize}`;
  yield { pointer: '/microBatchSize', message };
}

/** The largest divisor below and the smallest above a number that is none; none is above one that is larger than `of`. */
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

/** Too few steps for up, peak and down. */
const LEAST_ONE_CYCLE_STEPS = 3;

/** A schedule that comes to its end within the run. */
function* checkSchedule(spec: JobSpec): Generator<FieldError> {
  const { schedule, epochs } = spec;
  if (schedule.name === 'one-cycle') {
    const steps = stepsOf(spec);
    if (steps >= LEAST_ONE_CYCLE_STEPS) return;
    const message = `needs a run of at least ${LEAST_ONE_CYCLE_STEPS} steps for one-cycle, not ${steps}: take more epochs or a smaller batchSize`;
    yield { pointer: '/schedule/name', message };
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
  if (schedule.name !== 'multi-step') return;
  for (const [i, epoch] of schedule.epochs.entries()) {
    const pointer = `/schedule/epochs/${i}`;
    const before = schedule.epochs[i - 1] ?? 0;
    if (epoch >= epochs)
      yield { pointer, message: `must be less than epochs, ${epochs}, to take effect, not ${epoch}` };
    else if (epoch <= before)
      yield { pointer, message: `must be greater than the one before it, ${before}, not ${epoch}` };
  }
}

/** Images to choose by, which are never those of the test set, and an improvement that there can be. */
function* checkEarlyStopping({ earlyStopping, dataset }: JobSpec): Generator<FieldError> {
  if (earlyStopping === null) return;
  if (dataset.validationSamples === 0) {
    const message =
      'needs images that are set aside to be watched: set dataset.validationSamples, or dataset.validation to "own" if the data set has a validation split, since the test set must choose nothing';
    yield { pointer: '/earlyStopping', message };
  }
  const { metric, mode, minDelta } = earlyStopping;
  if (metric === 'validationAccuracy' && minDelta >= 1) {
    const message = `must be less than 1 for validationAccuracy, which can improve by no more, not ${minDelta}`;
    yield { pointer: '/earlyStopping/minDelta', message };
  }
  if (mode === modeOf(metric)) return;
  const message = `must be ${modeOf(metric)} for ${metric}, of which ${modeOf(metric) === 'min' ? 'less' : 'more'} is better, not ${mode}`;
  yield { pointer: '/earlyStopping/mode', message };
}

/** Images that the network can take, and weights that a file can hold: the network is built symbolically. */
async function checkSize(spec: JobSpec, { info, builds, caller }: SpecContext): Promise<FieldError[]> {
  const { network, networkOptions, dataset } = spec;
  const input = { channels: info.channels, height: dataset.resize, width: dataset.resize };
  const command = { architecture: { network, networkOptions }, input, classes: info.classes.length };
  try {
    const { parameters, normalizedPixels } = await builds.run('summary', command, caller);
    const errors = normalizedPixels === 1 ? [...checkSingleValues(spec)] : [];
    if (parameters <= MOST_PARAMETERS) return errors;
    const [found, most] = [parameters, MOST_PARAMETERS].map((count) => count.toLocaleString('en-US'));
    return [
      ...errors,
      { pointer: '/networkOptions', message: `make ${found} parameters; at most ${most} can be stored` },
    ];
  } catch (error) {
    if (!(error instanceof TrainyardError && error.code === 'invalid_shape')) throw error;
    const message = `does not fit the network: ${error.message.replace(/\.$/, '')}`;
    return [{ pointer: '/dataset/resize', message }];
  }
}

/** Where a BatchNorm has but one pixel of an image, it needs two images: a single value less its mean is 0, and teaches nothing. */
function* checkSingleValues(spec: JobSpec): Generator<FieldError> {
  if (smallestMicroBatch(spec) !== 1) return;
  const { batchSize, microBatchSize, dataset } = spec;
  const images = trainedImages(dataset);
  const isWhole = microBatchSize === batchSize;
  const why = `where BatchNorm has single values to normalise, since the network comes down to 1×1 pixels at a resize of ${dataset.resize}`;
  const found = microBatchSize === 1 ? 'is 1, one image at once' : `leaves one image over of ${images}`;
  const instead =
    microBatchSize === 1 ? 'take at least 2' : 'take a size that leaves none or several, or other trainSamples';
  yield {
    pointer: isWhole ? '/batchSize' : '/microBatchSize',
    message: `${found}, ${why}: ${instead}, or a larger resize`,
  };
}
