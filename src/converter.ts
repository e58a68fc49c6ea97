/** The converter process: makes a model that can be served of one checkpoint, then exits. Its parent is the API process that forked it. */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { ConverterCommand, ConverterMessage } from './contracts/process.js';
import { datasets } from './datasets/index.js';
import { TrainyardError, toTrainyardError } from './errors.js';
import { readCheckpoint } from './store/checkpoint-file.js';
import { writeFiles } from './store/files.js';
import { hasCode } from './store/folders.js';
import { describeServed } from './training/served.js';

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: the parent ends this process
process.on('disconnect', () => process.exit(1)); // nobody waits for the model any more

const [command] = (await once(process, 'message')) as [ConverterCommand];
const message = await convert(command).catch((error: unknown): ConverterMessage => {
  const { code, message } = toTrainyardError(error);
  return { type: 'failed', error: { code, message } };
});
process.send?.(message, () => process.exit(0));

/** The model of a checkpoint in a folder that is not there yet. */
async function convert({ path, jobId, spec, folder }: ConverterCommand): Promise<ConverterMessage> {
  const checkpoint = await readCheckpoint(path, jobId).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    throw new TrainyardError('checkpoint_not_found', `The checkpoint ${path} is gone.`, { cause });
  });
  if (typeof checkpoint === 'string')
    throw new TrainyardError('model_corrupt', `The checkpoint ${path} cannot be used: ${checkpoint}.`);
  const { description, files } = describeServed(spec, checkpoint, datasets[spec.dataset.name]);
  await mkdir(folder);
  return { type: 'converted', manifest: { ...description, files: await writeFiles(folder, files) } };
}
