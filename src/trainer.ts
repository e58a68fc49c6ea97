/** Trainer process, a child of the worker: trains one job and exits, which returns all its memory. */

import type { DatasetInfo } from './contracts/datasets/dataset.js';
import { type JobSpec, smallestMicroBatch } from './contracts/jobs/job.js';
import type { LiveChange } from './contracts/jobs/live-change.js';
import { phaseAt } from './contracts/jobs/phases.js';
import type { EndReason } from './contracts/jobs/stop-reason.js';
import type { CheckpointHeader } from './contracts/processes/checkpoint-header.js';
import type {
  CheckCommand,
  CheckMessage,
  TrainerCommand,
  TrainerMessage,
} from './contracts/processes/trainer-messages.js';
import {
  type Dataset,
  describeDataset,
  digestOf,
  loadDataset,
  seenTestImages,
  testDigest,
  testPaths,
} from './datasets/index.js';
import { TrainyardError, toTrainyardError, unlessCorrupt } from './errors/errors.js';
import { preprocessingMetadata } from './formats/preprocessing-recipe.js';
import { proveTensorFlow } from './graph/proof.js';
import { isUsingGpu } from './graph/session.js';
import { stagesOf, summarize } from './networks/index.js';
import { openCheckpoints } from './store/checkpoints.js';
import { openModelStore } from './store/index.js';
import { readStartingPoint } from './store/starting-points.js';
import { encodeRunHistory } from './store/stored-run-history.js';
import { evaluateModel, evaluationFiles, goldenFiles, type ModelEvaluation } from './training/result/evaluate-model.js';
import { type FinalWeights, restoreFinalWeights } from './training/result/final-weights.js';
import { servingModels, writeWeights } from './training/result/serving-graph.js';
import { runAttempt } from './training/run/attempt.js';
import type { RunSummary } from './training/run/checkpointing.js';
import { createHeartbeat } from './training/run/heartbeat.js';
import { initialWeights } from './training/run/initial-weights.js';
import { evaluationBatchSize, yieldToEventLoop } from './training/run/scoring.js';
import { KEPT_BY_CANCEL } from './training/run/stop-conditions.js';
import { measureSpeed } from './training/step/machine-speed.js';
import { specOfPhase } from './training/step/phase-spec.js';
import { describePreprocessing, resolveNormalization } from './training/step/preprocessing.js';
import { openProgram, type Program } from './training/step/program.js';
import { buildTrainingGraph } from './training/step/training-graph.js';
import { describeShortage, type MemoryPlan, planTrainingMemory } from './training/step/training-memory.js';

const NO_GPU_WARNING =
  'RUNTIME is cuda, but TensorFlow found no GPU it can use and trains on the CPU: check the driver, nvidia-smi and the CUDA libraries.';

/** Stop reason of a job that was cancelled with `keep` before it had any weights. */
const NOTHING_KEPT = {
  code: 'nothing_kept',
  message: 'The job was cancelled before its first step: there are no weights to keep.',
} as const;

type TrainCommand = Extract<TrainerCommand, { type: 'train' }>;
type FirstCommand = TrainCommand | CheckCommand;

/** Aborts with the reason `cancel` or `stop`, whichever arrives first. */
const halt = new AbortController();
/** Aborts when the job is cancelled and its weights are to be kept. */
const keep = new AbortController();
/** Live changes that arrived before the run began. */
const earlyChanges: LiveChange[] = [];
let onChange = (change: LiveChange): void => void earlyChanges.push(change);
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: the worker decides
process.on('disconnect', () => process.exit(1)); // the worker is gone: another one will resume the job

const heartbeat = createHeartbeat((beat) => void send({ type: 'beat', ...beat }).catch(() => undefined));

/** One handler for all messages, so that none is missed right after the first. */
let begin: (command: FirstCommand) => void = () => undefined;
const begun = new Promise<FirstCommand>((resolve) => {
  begin = resolve;
});
process.on('message', (command: TrainerCommand) => {
  switch (command.type) {
    case 'train':
    case 'check':
      return begin(command);
    case 'change':
      return onChange(command.change);
    case 'keep':
      keep.abort(command.type);
      return void send({ type: 'keeping' }).catch(() => undefined);
    default:
      return halt.abort(command.type);
  }
});
await report(async () => {
  const first = await begun;
  if (first.type === 'train') return run(first, halt.signal);
  proveTensorFlow();
  return { type: 'checked', ...speedOfMachine() };
});
process.exit(0);

/** Sends exactly one message about the end of the work. */
async function report(work: () => Promise<TrainerMessage | CheckMessage>): Promise<void> {
  try {
    await send(await work());
  } catch (error) {
    if (halt.signal.aborted) return send({ type: halt.signal.reason === 'stop' ? 'stopped' : 'cancelled' });
    const { code, message, cause } = toTrainyardError(
      error,
      isAllocationFailure(error) ? 'out_of_memory' : 'training_failed',
    );
    console.error(cause ?? error);
    const peakBytes = 1024 * process.resourceUsage().maxRSS;
    await send({ type: 'failed', error: { code, message, ...(code === 'out_of_memory' && { peakBytes }) } });
  }
}

/** Returns the speed of this machine. A failure only leaves estimates out, so the check passes without it. */
function speedOfMachine(): { operationsPerSecond?: number } {
  try {
    return { operationsPerSecond: measureSpeed() };
  } catch (error) {
    console.error(error);
    return {};
  }
}

/** Returns whether V8 failed to allocate an array. TensorFlow's own errors have a code already. */
function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocation failed/i.test(error.message);
}

/** Loads the data, trains from the last checkpoint, and stores the model. */
async function run(command: TrainCommand, signal: AbortSignal): Promise<TrainerMessage> {
  const { spec, datasetsDir, importedDir, modelsDir, expectsGpu = false } = command;
  const image = await describeDataset(spec.dataset.name, { importedDir });
  const classes = image.classes.length;
  const store = await openModelStore(modelsDir);
  await store.requireClasses(spec.name, image.classes); // another job may have saved the name since this one was queued
  // Built once: the memory plan and, on a CPU, the program use the same graph of the first phase.
  const built = buildTrainingGraph(specOfPhase(spec, 0), image, classes);
  requireMemory(command, image, planTrainingMemory(spec, image, classes, built));
  requireSeveralValues(command, image);
  const checkpoints = await openCheckpoints(command);
  heartbeat('starting'); // reading the data set may take long
  const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir, importedDir, signal });
  const program = openProgram(spec, data.info, classes, built);
  if (expectsGpu && !isUsingGpu()) await warn(NO_GPU_WARNING);
  const result = await runAttempt({
    ...command,
    ...{ program, data, checkpoints, signal, warn, heartbeat, keep: keep.signal },
    applyStartingPoint: () => start(command, program),
    subscribe(take) {
      for (const change of earlyChanges) take(change);
      onChange = take;
    },
    send: (event) => send({ type: 'event', event }),
  });

  heartbeat('storing');
  const usesEarlyStopping = spec.earlyStopping !== null;
  let { reason: stopReason } = result;
  let final = await restoreFinalWeights(program, checkpoints, { ...result, usesEarlyStopping });
  await throwIfHalted(signal);
  const testSplit = {
    dataset: spec.dataset.name,
    sha256: await testDigest(spec.dataset.name, spec.seed, { importedDir }),
  };
  let evaluated =
    stopReason.code === 'kept'
      ? undefined
      : await evaluateUnlessKept(program, data, spec, { signal, testSplit, importedDir });
  heartbeat('storing');
  await throwIfHalted(signal); // the last moment at which a cancel still changes which weights are kept
  if (keep.signal.aborted && stopReason.code !== 'kept') {
    [stopReason, evaluated] = [KEPT_BY_CANCEL, undefined];
    final = await restoreFinalWeights(program, checkpoints, { ...result, reason: stopReason, usesEarlyStopping });
  }
  if (final === undefined) {
    if (stopReason.code !== 'kept') throw new Error('The training ended without an epoch.');
    return { type: 'cancelled', reason: NOTHING_KEPT };
  }
  const reason = { code: stopReason.code, message: `${stopReason.message} ${final.sentence}` };
  const { summary } = result;
  const { description, files } = describeModel(command, { data, program, final, summary, reason, evaluated });
  const model = await store.save(description, files, async () => {
    await throwIfHalted(signal); // the last moment at which a cancel still prevents the model
    await checkpoints.requireCurrent();
  });
  // A model that an earlier attempt has stored stays, and is the one to report.
  const saved = (await store.savedBy(command.jobId, spec.name)) ?? { model, reason };
  await result.finished().catch((error: unknown) => warn(`The last checkpoint was not written. ${String(error)}`));
  program.close();
  return { type: saved.reason?.code === 'kept' ? 'cancelled' : 'trained', ...saved };
}

/** Evaluates the model. Resolves with undefined if the job is cancelled with `keep` meanwhile, so that the cancel does not wait. */
async function evaluateUnlessKept(
  program: Program,
  data: Dataset,
  { microBatchSize, dataset }: JobSpec,
  {
    signal,
    testSplit,
    importedDir,
  }: Readonly<{
    signal: AbortSignal;
    testSplit: ModelEvaluation['evaluation']['testSplit'];
    importedDir: string | undefined;
  }>,
): Promise<ModelEvaluation | undefined> {
  const batchSize = evaluationBatchSize(microBatchSize);
  const ends = AbortSignal.any([signal, keep.signal]);
  const findPaths = (images: readonly number[]) =>
    testPaths(dataset.name, images, { importedDir }).catch(unlessCorrupt);
  const leaks = await seenTestImages(dataset, { importedDir }).catch(unlessCorrupt);
  const options = { batchSize, signal: ends, heartbeat, testSplit, findPaths, leaks };
  return evaluateModel(program, data, options).catch((error: unknown) => {
    if (signal.aborted || !ends.aborted || error !== ends.reason) throw error;
    return undefined;
  });
}

/**
 * Restores the weights of the job's starting point, if it has one, into the program. Resolves with the run position from which a job
 * continues; undefined if it begins at the first step.
 */
async function start(
  { spec, jobId, attempt, checkpointsDir }: TrainCommand,
  program: Program,
): Promise<CheckpointHeader | undefined> {
  const { from } = spec;
  if (from === undefined) return undefined;
  const { header, tensors } = await readStartingPoint(checkpointsDir, jobId, from.sha256);
  const { mode } = from;
  const isNew = mode === 'fine-tune' || header === undefined;
  const { epoch, step } = isNew ? { epoch: 1, step: 0 } : header.position;
  const phase = phaseAt(spec, epoch);
  program.enter(phase.index);
  const beginsPhase = phase.before > 0 && epoch === phase.before + 1 && step === 0;
  const { values, fresh } = initialWeights(from, tensors, program, stagesOf(spec).at(-1) ?? '', beginsPhase);
  program.restore(values);
  const event = { attempt, mode, epoch, step, taken: values.size, fresh: [...fresh] };
  await send({ type: 'event', event: { type: 'start', ...event } });
  if (isNew) return undefined;
  // The history, best epoch and training time belong to the other job, the time of the unfinished epoch included.
  const position = { ...header.position, seconds: -header.position.totals.seconds };
  return { jobId, attempt, steps: header.steps, position, events: [] };
}

type TrainedRun = Readonly<{
  data: Dataset;
  program: Program;
  final: FinalWeights;
  summary: RunSummary;
  reason: EndReason;
  evaluated: ModelEvaluation | undefined;
}>;

/** Returns the description and the files of the model, for the store. */
function describeModel(
  { jobId, spec }: TrainCommand,
  { data, program, final, summary, reason, evaluated }: TrainedRun,
) {
  const { info } = data;
  const normalization = resolveNormalization(spec.normalization, info);
  const { scores, steps, weights } = final;
  const { changes, events } = summary;
  const preprocessing = describePreprocessing(info, spec.dataset.resize, normalization);
  const metadata = preprocessingMetadata(preprocessing);
  return {
    description: {
      jobId,
      createdAt: new Date().toISOString(),
      spec,
      parameters: program.parameters,
      preprocessing,
      classes: [...info.classes],
      scores,
      steps,
      reason,
      ...(changes.length > 0 && { changes: [...changes] }),
      datasetSha256: digestOf(data),
      temperature: evaluated?.evaluation.calibration.temperature ?? null,
    },
    files: {
      weights: () => writeWeights(weights, program.shapes, steps, metadata),
      ...servingModels(spec, info, info.classes.length, weights, metadata),
      ...(evaluated === undefined ? goldenFiles(program, data) : evaluationFiles(evaluated)),
      course: encodeRunHistory(events),
    },
  };
}

/** Throws `out_of_memory` if the job does not fit into memory. Otherwise the system would kill this process in the middle of the run. */
function requireMemory({ spec, memoryBytes: bytes }: TrainCommand, image: DatasetInfo, plan: MemoryPlan): void {
  if (bytes === undefined) return;
  const limit = { image, classes: image.classes.length, bytes, holder: 'this worker' };
  const shortage = describeShortage(spec, limit, plan);
  if (shortage !== undefined) throw new TrainyardError('out_of_memory', `The job ${shortage}.`);
}

/**
 * Throws `out_of_memory` if a BatchNorm would normalize a single value. Micro batches that were halved for lack of memory may become that
 * small.
 */
function requireSeveralValues({ spec }: TrainCommand, { channels, classes }: DatasetInfo): void {
  if (smallestMicroBatch(spec) !== 1) return;
  const { resize } = spec.dataset;
  const { normalizedPixels } = summarize(spec, { channels, height: resize, width: resize }, classes.length);
  if (normalizedPixels > 1) return;
  const message = `With micro batches of ${spec.microBatchSize} a BatchNorm has one pixel of one image and cannot be trained.`;
  throw new TrainyardError('out_of_memory', message);
}

/** Yields to the event loop, so that a message that has arrived is read, and throws if it ends the job. */
async function throwIfHalted(signal: AbortSignal): Promise<void> {
  for (let times = 0; times < 2; times++) await yieldToEventLoop(signal); // the first may end before the channel is read
}

function warn(message: string): Promise<void> {
  return send({ type: 'warning', message });
}

/** Resolves when the message has left this process. */
function send(message: TrainerMessage | CheckMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const dated = message.type === 'event' ? { ...message, at: new Date().toISOString() } : message;
    process.send?.(dated, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
