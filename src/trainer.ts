/** The trainer process: one job, then it exits, so that its memory goes back. Its parent is the worker that forked it. */
import { once } from 'node:events';
import type { CheckpointHeader } from './contracts/checkpoint.js';
import { scoresOf } from './contracts/event.js';
import type { EpochScores } from './contracts/job.js';
import type { DatasetInfo } from './contracts/network.js';
import type { TrainerCommand, TrainerMessage } from './contracts/process.js';
import { type Dataset, datasets, loadDataset } from './datasets/index.js';
import { TrainyardError, toTrainyardError } from './errors.js';
import { isUsingGpu } from './graph/session.js';
import { type Checkpoints, openCheckpoints } from './store/checkpoints.js';
import { openModelStore } from './store/index.js';
import { readStart } from './store/starts.js';
import { stepsPerEpoch } from './training/batches.js';
import { createCheckpointing, stateOf } from './training/checkpointing.js';
import { describeShortage } from './training/memory.js';
import { describePreprocessing, resolveNormalization } from './training/preprocessing.js';
import { openProgram, type Program } from './training/program.js';
import { buildServingModel, writeWeights } from './training/serving.js';
import { startValues } from './training/start.js';
import { train, turn } from './training/train.js';

const FELL_BACK =
  'RUNTIME is cuda, but TensorFlow found no GPU it can use and trains on the CPU: check the driver, nvidia-smi and the CUDA libraries.';

type TrainCommand = Extract<TrainerCommand, { type: 'train' }>;

/** Aborted with `cancel` or `stop`, whichever is told first. */
const halt = new AbortController();
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: it is the worker's to decide
process.on('disconnect', () => process.exit(1)); // the worker is gone, and so is who asked for this work

const [command] = (await once(process, 'message')) as [TrainerCommand];
process.on('message', ({ type }: TrainerCommand) => {
  if (type !== 'train') halt.abort(type);
});
if (command.type === 'train') await report(() => run(command, halt.signal));
process.exit(0);

/** Sends how the work ended: exactly one message. */
async function report(work: () => Promise<TrainerMessage>): Promise<void> {
  try {
    await send(await work());
  } catch (error) {
    if (halt.signal.aborted) return send({ type: halt.signal.reason === 'stop' ? 'stopped' : 'cancelled' });
    const { code, message, cause } = toTrainyardError(error, 'training_failed');
    console.error(cause ?? error);
    await send({ type: 'failed', error: { code, message } });
  }
}

/** Loads the data, trains from the last checkpoint on, and stores the model. */
async function run(command: TrainCommand, signal: AbortSignal): Promise<TrainerMessage> {
  const { spec, datasetsDir, modelsDir, expectsGpu = false } = command;
  requireMemory(command, datasets[spec.dataset.name]);
  const checkpoints = await openCheckpoints(command);
  const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir, signal });
  const program = openProgram(spec, data.info, data.info.classes.length);
  if (expectsGpu && !isUsingGpu()) await send({ type: 'warning', message: FELL_BACK });
  const scores = await trainOn(command, { data, program, checkpoints, signal });

  await heedHalt(signal);
  const { description, files } = describeModel(command, { data, program, scores });
  const store = await openModelStore(modelsDir);
  await heedHalt(signal); // the last moment at which a cancel leaves no model
  const model = await store.save(description, files);
  program.close();
  return { type: 'trained', model };
}

type Parts = Readonly<{ data: Dataset; program: Program }>;

/** Trains to the end and tells of it. Told to stop, it checkpoints where it is. Resolves with the scores of the last epoch. */
async function trainOn(
  command: TrainCommand,
  { data, program, checkpoints, signal }: Parts & Readonly<{ checkpoints: Checkpoints; signal: AbortSignal }>,
): Promise<EpochScores> {
  const { spec, jobId, attempt, checkpointSeconds: everySeconds } = command;
  const from =
    (await restore(program, checkpoints, attempt)) ?? (await start(command, program, data.info.classes.length));
  const steps = stepsPerEpoch(data.train.samples, spec.batchSize);
  const options = { program, checkpoints, jobId, attempt, stepsPerEpoch: steps, everySeconds, from };
  const checkpointing = createCheckpointing(options);
  let last = from?.events.findLast((event) => event.type === 'epoch');
  const course = { from: from?.position, reached: checkpointing.reached };
  try {
    for await (const event of train(program, data, spec, signal, course)) {
      checkpointing.note(event);
      await send({ type: 'event', event });
      if (event.type === 'epoch') last = event;
    }
    await checkpointing.settled();
  } catch (error) {
    // Thrown between two steps; after any other error the program may be in the middle of one.
    if (error === 'stop') await checkpointing.save().catch(warnOf);
    throw error;
  }
  if (last === undefined) throw new Error('The training ended without an epoch.');
  return scoresOf(last);
}

/** Puts the program where the last whole checkpoint was, and tells again what may not have reached the stream. */
async function restore(program: Program, checkpoints: Checkpoints, attempt: number) {
  const { checkpoint, faults } = await checkpoints.load();
  for (const message of faults) await send({ type: 'warning', message });
  const { epoch, step } = checkpoint?.header.position ?? { epoch: 1, step: 0 };
  const event = { type: 'resume', attempt, epoch, step, ...(faults.length > 0 && { faults: [...faults] }) } as const;
  if (checkpoint !== undefined || faults.length > 0) await send({ type: 'event', event });
  if (checkpoint === undefined) return undefined;
  program.restore(stateOf(checkpoint));
  for (const event of checkpoint.header.events) await send({ type: 'event', event });
  return checkpoint.header;
}

/** Gives the program what its job starts from, where it does. Resolves with the place in the run where it goes on. */
async function start(
  { spec: { from }, jobId, attempt, checkpointsDir }: TrainCommand,
  program: Program,
  classes: number,
): Promise<CheckpointHeader | undefined> {
  if (from === undefined) return undefined;
  const { header, tensors } = await readStart(checkpointsDir, jobId, from.sha256);
  const { values, fresh } = startValues(from, tensors, program, classes);
  program.restore(values);
  const { mode } = from;
  const isNew = mode === 'fine-tune' || header === undefined;
  const { epoch, step } = isNew ? { epoch: 1, step: 0 } : header.position;
  const event = { attempt, mode, epoch, step, taken: values.size, fresh: [...fresh] };
  await send({ type: 'event', event: { type: 'start', ...event } });
  // What the other job told, and which of its epochs was best, is its own.
  return isNew ? undefined : { jobId, attempt, steps: header.steps, position: header.position, events: [] };
}

/** The run goes on later from the checkpoint before, which is whole. */
function warnOf(error: unknown): Promise<void> {
  return send({ type: 'warning', message: `Stopped without a checkpoint. ${toTrainyardError(error).message}` });
}

/** What the store is given of a trained program. */
function describeModel(
  { jobId, spec }: TrainCommand,
  { data, program, scores }: Parts & Readonly<{ scores: EpochScores }>,
) {
  const { info, train: trained } = data;
  const weights = program.weights();
  const normalization = resolveNormalization(spec.normalization, info);
  const steps = spec.epochs * stepsPerEpoch(trained.samples, spec.batchSize);
  return {
    description: {
      jobId,
      createdAt: new Date().toISOString(),
      spec,
      parameters: program.parameters,
      preprocessing: describePreprocessing(info, spec.dataset.resize, normalization),
      classes: [...info.classes],
      scores,
    },
    files: {
      weights: writeWeights(weights, program.shapes, steps),
      savedModel: buildServingModel(spec, info, info.classes.length, weights),
    },
  };
}

/** A job that does not fit is told so now, not by the system that kills this process half-way. */
function requireMemory({ spec, memoryBytes: bytes }: TrainCommand, image: DatasetInfo): void {
  if (bytes === undefined) return;
  const shortage = describeShortage(spec, { image, classes: image.classes.length, bytes, holder: 'this worker' });
  if (shortage !== undefined) throw new TrainyardError('out_of_memory', `The job ${shortage}.`);
}

/** Lets a message that has arrived be read, and throws where it says to end. */
async function heedHalt(signal: AbortSignal): Promise<void> {
  for (let turns = 0; turns < 2; turns++) await turn(signal); // the first may end before the channel is looked at
}

/** Resolves when the message has left this process. */
function send(message: TrainerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
