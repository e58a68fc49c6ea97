/** The exporter process: one command, then it exits. Its parent is the API process that forked it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ExporterCommand, ExporterMessage } from './contracts/export.js';
import { TrainyardError, toTrainyardError } from './errors.js';
import { readImport } from './exports/read.js';
import { writeExport } from './exports/write.js';
import { writeDurably } from './store/durable.js';
import { readModelFile } from './store/files.js';
import { openModelStore } from './store/index.js';
import { readStoredModel } from './store/manifest.js';

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: it is the parent's to decide
process.on('disconnect', () => process.exit(1));

const [command] = (await once(process, 'message')) as [ExporterCommand];
await send(await answer(command));
process.exit(0);

async function answer(command: ExporterCommand): Promise<ExporterMessage> {
  try {
    return command.type === 'import' ? await importModel(command) : await exportModel(command);
  } catch (error) {
    const { code, message, errors } = toTrainyardError(error);
    return { type: 'failed', error: { code, message, ...(errors && { errors }) } };
  }
}

type CommandOf<Type> = Extract<ExporterCommand, { type: Type }>;

async function exportModel({ folder, format, target }: CommandOf<'export'>): Promise<ExporterMessage> {
  const model = await readStoredModel(folder);
  const parts = await writeExport(model.manifest, format, async (name) => {
    const content = await readModelFile(model, name);
    if (content === undefined) throw new TrainyardError('model_corrupt', `${folder} has no file of ${name}.`);
    return content;
  });
  await writeDurably(target, parts);
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return { type: 'exported', sha256: hash.digest('hex') };
}

async function importModel({ path, request, modelsDir }: CommandOf<'import'>): Promise<ExporterMessage> {
  const { description, files } = readImport(request, await readFile(path));
  const store = await openModelStore(modelsDir);
  return { type: 'imported', model: await store.save(description, files) };
}

/** Resolves when the message has left this process. */
function send(message: ExporterMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
