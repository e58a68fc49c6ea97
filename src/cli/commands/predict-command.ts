/** `trainyard predict`: classifies image files. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Context, openContext } from '../context.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { modelText } from '../job-text.js';
import type { Output } from '../output/json-output.js';
import { percent } from '../output/numbers-text.js';
import { tableLines } from '../output/table.js';
import { printable } from '../output/text-width.js';

type PredictOptions = Readonly<{ model?: string; top: string; flip?: boolean; cropped?: boolean }>;
type Answer = Readonly<{
  model: object;
  predictions: readonly (readonly Readonly<{ label: string; index: number; probability: number }>[])[];
}>;

/** Images that are sent at the same time. */
const CONCURRENCY = 8;
/** Model names that an error lists. */
const LISTED = 20;

export function registerPredict(program: Command): void {
  program
    .command('predict')
    .summary('classify images with a model')
    .description('Classify image files: PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF. - reads one image from stdin.')
    .argument('<images...>', 'image files')
    .option(
      '-m, --model <reference>',
      'name, name@3, name@stable or job:<id>@best (default: the version with the label stable, if there is one model)',
    )
    .option('-k, --top <count>', 'number of classes for each image', '3')
    .option('--flip', 'average the image and its mirror image')
    .option('--cropped', 'the images were cropped before, as those of a data set are: leave out the crop of the model')
    .action(async (images: string[], options: PredictOptions, command: Command) => {
      await predictAll(openContext(command), images, options);
    });
}

async function predictAll(context: Context, images: readonly string[], options: PredictOptions): Promise<void> {
  const { output, client, signal } = context;
  const top = Number(options.top);
  if (!Number.isInteger(top) || top < 1) throw usageError(`--top must be a whole number from 1 (got ${options.top}).`);
  const { models } = await client();
  const query = {
    topK: top,
    ...(options.model !== undefined && { model: options.model }),
    ...(options.flip && { flip: true }),
    ...(options.cropped && { cropped: true }),
    signal,
  };
  const predict = (file: string): Promise<Answer | CliError> =>
    readImage(file)
      .then(async (image) => (await models.predict(image, query as never)) as unknown as Answer)
      .catch((error: unknown) => faultOf(context, file, error));
  const rows: string[][] = [];
  const faults: CliError[] = [];
  for await (const [file, answer] of inOrder(images, predict)) {
    if (answer instanceof CliError) faults.push(answer);
    else if (output.json) output.value(answer);
    else if (output.quiet) output.line(answer.predictions[0]?.[0]?.label ?? '');
    else rows.push(...rowsOf(file, answer));
  }
  if (rows.length > 0) output.lines(tableLines(COLUMNS, rows, output.columns));
  report(output, faults, images.length);
}

/** Throws the fault of the only image. Of several images, writes the faults and sets the exit code. */
function report(output: Output, faults: readonly CliError[], total: number): void {
  const [first] = faults;
  if (first === undefined) return;
  if (total === 1) throw first;
  for (const { message } of faults)
    output.warn(output.json ? JSON.stringify({ error: { code: 'failed', message } }) : printable(message));
  process.exitCode = EXIT.failed;
}

/** Returns the fault of one image, which says nothing about the others. Throws errors that concern all of them. */
async function faultOf({ client, signal }: Context, file: string, error: unknown): Promise<CliError> {
  if (error instanceof CliError) return error;
  const { code, errors = [] } = error as { code?: string; errors?: readonly { pointer: string; message: string }[] };
  if (code === 'invalid_image') return new CliError(EXIT.refused, `${nameOf(file)} ${errors[0]?.message ?? ''}.`);
  if (!errors.some(({ pointer }) => pointer === '/model')) throw error;
  const names = (await (await client()).models.list({ signal }).all()).map(({ name }) => name);
  if (names.length < 2) throw error;
  throw new CliError(
    EXIT.refused,
    `There are ${names.length} models: ${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? ', …' : ''}.`,
    `Say which: --model ${names[0]}`,
  );
}

const nameOf = (file: string): string => (file === '-' ? 'The image on stdin' : file);

const COLUMNS = [
  { title: 'image', shrinks: true },
  { title: 'class' },
  { title: 'probability', align: 'right' },
  { title: 'model' },
] as const;

/** Returns one row for each class. The file stands in the first row only. */
const rowsOf = (file: string, { model, predictions }: Answer): string[][] =>
  (predictions[0] ?? []).map(({ label, probability }, i) => [
    i === 0 ? file : '',
    label,
    percent(probability),
    i === 0 ? (modelText(model as { name: string; version: number }) ?? '') : '',
  ]);

async function readImage(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await readStdin() : await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(code === 'ENOENT' ? `${file} does not exist.` : `The image ${file} cannot be read (${code}).`);
  }
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Yields each item with its result in order. Runs 8 at the same time. */
async function* inOrder<Result>(
  items: readonly string[],
  run: (item: string) => Promise<Result>,
): AsyncGenerator<[string, Result]> {
  const running: Promise<Result>[] = [];
  for (let i = 0; i < items.length; i++) {
    while (running.length < Math.min(items.length, i + CONCURRENCY)) {
      const started = run(items[running.length] ?? '');
      // A later image may fail while an earlier one is awaited.
      started.catch(() => undefined);
      running.push(started);
    }
    yield [items[i] ?? '', (await running[i]) as Result];
  }
}
