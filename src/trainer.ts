/** The trainer process: one job, then it exits, so that its memory goes back. Its parent is the worker that forked it. */
import { once } from 'node:events';
import { type EpochEvent, scoresOf } from './contracts/event.js';
import type { DatasetInfo } from './contracts/network.js';
import type { TrainerCommand, TrainerMessage } from './contracts/process.js';
import { datasets, loadDataset } from './datasets/index.js';
import { TrainyardError, toTrainyardError } from './errors.js';
import { isUsingGpu } from './graph/session.js';
import { openModelStore } from './store/index.js';
import { stepsPerEpoch } from './training/batches.js';
import { describeShortage } from './training/memory.js';
import { describePreprocessing, resolveNormalization } from './training/preprocessing.js';
import { openProgram } from './training/program.js';
import { buildServingModel, writeWeights } from './training/serving.js';
import { train, turn } from './training/train.js';

const FELL_BACK =
  'RUNTIME is cuda, but TensorFlow found no GPU it can use and trains on the CPU: check the driver, nvidia-smi and the CUDA libraries.';

type TrainCommand = Extract<TrainerCommand, { type: 'train' }>;

const cancelled = new AbortController();
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: it is the worker's to decide
process.on('disconnect', () => process.exit(1)); // the worker is gone, and so is who asked for this work

const [command] = (await once(process, 'message')) as [TrainerCommand];
process.on('message', (message: TrainerCommand) => {
  if (message.type === 'cancel') cancelled.abort();
});
if (command.type === 'train') await report(() => run(command, cancelled.signal));
process.exit(0);

/** Sends how the work ended: exactly one message. */
async function report(work: () => Promise<TrainerMessage>): Promise<void> {
  try {
    await send(await work());
  } catch (error) {
    if (cancelled.signal.aborted) return send({ type: 'cancelled' });
    const { code, message, cause } = toTrainyardError(error, 'training_failed');
    console.error(cause ?? error);
    await send({ type: 'failed', error: { code, message } });
  }
}

/** Loads the data, trains, and stores the model. */
async function run(command: TrainCommand, signal: AbortSignal): Promise<TrainerMessage> {
  const { jobId, spec, datasetsDir, modelsDir, expectsGpu = false } = command;
  requireMemory(command, datasets[spec.dataset.name]);
  const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir, signal });
  const { classes } = data.info;
  const program = openProgram(spec, data.info, classes.length);
  if (expectsGpu && !isUsingGpu()) await send({ type: 'warning', message: FELL_BACK });
  let last: EpochEvent | undefined;
  for await (const event of train(program, data, spec, signal)) {
    await send({ type: 'event', event });
    if (event.type === 'epoch') last = event;
  }
  if (last === undefined) throw new Error('The training ended without an epoch.');

  await heedCancel(signal);
  const weights = program.weights();
  const description = {
    jobId,
    createdAt: new Date().toISOString(),
    spec,
    parameters: program.parameters,
    preprocessing: describePreprocessing(
      data.info,
      spec.dataset.resize,
      resolveNormalization(spec.normalization, data.info),
    ),
    classes: [...classes],
    scores: scoresOf(last),
  };
  const store = await openModelStore(modelsDir);
  const files = {
    weights: writeWeights(weights, program.shapes, spec.epochs * stepsPerEpoch(data.train.samples, spec.batchSize)),
    savedModel: buildServingModel(spec, data.info, classes.length, weights),
  };
  await heedCancel(signal); // the last moment at which a cancel leaves no model
  const model = await store.save(description, files);
  program.close();
  return { type: 'trained', model };
}

/** A job that does not fit is told so now, not by the system that kills this process half-way. */
function requireMemory({ spec, memoryBytes: bytes }: TrainCommand, image: DatasetInfo): void {
  if (bytes === undefined) return;
  const shortage = describeShortage(spec, { image, classes: image.classes.length, bytes, holder: 'this worker' });
  if (shortage !== undefined) throw new TrainyardError('out_of_memory', `The job ${shortage}.`);
}

/** Lets a message that has arrived be read, and throws where it was a cancel. */
async function heedCancel(signal: AbortSignal): Promise<void> {
  for (let turns = 0; turns < 2; turns++) await turn(signal); // the first may end before the channel is looked at
}

/** Resolves when the message has left this process. */
function send(message: TrainerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
