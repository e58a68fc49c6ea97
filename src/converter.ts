/** Converter process, a child of the API: takes one command, answers it and exits. */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Conversion, Conversions, ConverterCommand, ConverterMessage } from './contracts/processes/conversion.js';
import { importDataset } from './datasets/import.js';
import { TrainyardError, toTrainyardError } from './errors/errors.js';
import { readImport } from './exports/read-import.js';
import { writeExport } from './exports/write-export.js';
import { writeDurably } from './files/durable.js';
import { hasCode } from './files/error-codes.js';
import { createSha256 } from './files/sha256.js';
import { readCheckpoint } from './store/checkpoint-file.js';
import { openModelStore } from './store/index.js';
import { readStoredModel } from './store/manifest.js';
import { readModelFile, writeFiles } from './store/model-files.js';
import { checkpointToModel } from './training/result/checkpoint-to-model.js';

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: the parent decides
process.on('disconnect', () => process.exit(1)); // nobody waits for the answer any more

const [command] = (await once(process, 'message')) as [ConverterCommand];
const message = await answer(command).catch((error: unknown): ConverterMessage => {
  const { code, message, errors } = toTrainyardError(error);
  return { error: { code, message, ...(errors && { errors }) } };
});
process.send?.(message, () => process.exit(0));

async function answer({ type, command }: ConverterCommand): Promise<ConverterMessage> {
  switch (type) {
    case 'export':
      return { answer: await exportModel(command) };
    case 'import':
      return { answer: await importModel(command) };
    case 'dataset':
      return { answer: await importDataset(command, (progress) => process.send?.({ progress }, () => undefined)) };
    case 'checkpoint':
      return { answer: await serveCheckpoint(command) };
  }
}

type Command<Type extends Conversion> = Conversions[Type]['command'];
type Answer<Type extends Conversion> = Promise<Conversions[Type]['answer']>;

async function exportModel({ folder, format, target }: Command<'export'>): Answer<'export'> {
  const model = await readStoredModel(folder);
  const parts = await writeExport(model.manifest, format, (name) => readModelFile(model, name));
  await writeDurably(target, parts);
  const hash = createSha256();
  for (const part of parts) hash.update(part);
  return { sha256: hash.digest() };
}

async function importModel({ path, request, samples, modelsDir }: Command<'import'>): Answer<'import'> {
  const { description, files } = await readImport(request, path, samples);
  const store = await openModelStore(modelsDir);
  return store.save(description, files);
}

async function serveCheckpoint({ path, jobId, spec, info, folder }: Command<'checkpoint'>): Answer<'checkpoint'> {
  const checkpoint = await readCheckpoint(path, jobId).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    throw new TrainyardError(
      'checkpoint_not_found',
      `The checkpoint ${path} was removed meanwhile. Try again to use a newer one.`,
      { cause },
    );
  });
  if (typeof checkpoint === 'string')
    throw new TrainyardError('model_corrupt', `The checkpoint ${path} cannot be used: ${checkpoint}.`);
  const { description, files } = checkpointToModel(spec, checkpoint, info);
  await mkdir(folder);
  return { ...description, files: await writeFiles(folder, files) };
}
