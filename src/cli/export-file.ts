/** Saves an export of a model: complete, or not at all. */
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from './context.js';
import { usageError } from './exit-codes.js';
import type { ModelVersionName } from './find-model.js';
import { bytesText } from './output/numbers-text.js';
import { bar, createProgressLine } from './output/progress.js';

type ExportOptions = Readonly<{ format: string; output?: string; force?: boolean }>;

/** Downloads the export into a temporary file beside its place, then renames it. */
export async function saveExport(
  context: Context,
  { name, version }: ModelVersionName,
  options: ExportOptions,
): Promise<void> {
  const { client, output, signal } = context;
  const { models } = await client();
  if (options.output !== undefined) refuseExisting(options.output, options.force);
  const { stream, fileName, size } = await models.export(name, version, { format: options.format as never, signal });
  const source = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
  if (options.output === '-') return pipeline(source, process.stdout, { end: false, signal });
  const path = options.output ?? fileName.replaceAll(/[/\\]/g, '_');
  refuseExisting(path, options.force);
  const line = createProgressLine(output.stderr, output.isLive);
  let received = 0;
  source.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    line.update((columns) => downloadLine(received, size, columns));
  });
  const temporary = `${path}.${process.pid}.part`;
  try {
    await pipeline(source, createWriteStream(temporary), { signal });
    await rename(temporary, path);
  } finally {
    line.clear();
    await rm(temporary, { force: true });
  }
  if (output.json) output.value({ file: path, bytes: received });
  else output.line(path);
  output.note(`Saved ${name}@${version} (${options.format}, ${bytesText(received)}).`);
}

const downloadLine = (received: number, size: number | undefined, columns: number): string =>
  size === undefined
    ? `downloading  ${bytesText(received)}`
    : `downloading  ${bar(received / size, Math.min(40, columns - 36))}  ${bytesText(received)} of ${bytesText(size)}`;

function refuseExisting(path: string, force = false): void {
  if (path !== '-' && !force && existsSync(path))
    throw usageError(`${path} exists already.`, 'Give --force to replace it, or another file with -o.');
}
