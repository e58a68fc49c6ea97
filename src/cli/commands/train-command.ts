/** `trainyard train`: submits a job, shows its plan, and follows it. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { assign, isAssignment, type JsonObject, jobFields, SHORT_NAMES } from '../assignments.js';
import { type Context, openContext } from '../context.js';
import { usageError } from '../exit-codes.js';
import { followJob } from '../follow-job.js';
import { comeBack, planFacts } from '../job-text.js';
import { networkNamed } from '../network-word.js';
import { shortId } from '../output/numbers-text.js';
import { factLines, tableLines } from '../output/table.js';
import type { Job, JobPlan } from '../service-types.js';

type TrainOptions = Readonly<{ file?: string; follow?: boolean; plan?: boolean; fields?: boolean }>;

const HELP = `
Arguments:
  resnet, densenet or a variant such as resnet50, then fields of the job as
  key=value: data=boots, epochs=5, batchSize=64, dataset.resize=28,
  optimizer=sgd, lr=0.01, schedule=one-cycle, metadata.team=vision,
  webhooks=@hooks.json

Examples:
  trainyard train resnet data=boots epochs=5 --follow
  trainyard train -f recipe.json epochs=30 --plan`;

export function registerTrain(program: Command): void {
  program
    .command('train')
    .summary('train a network')
    .description('Submit a job. With --follow, show its progress until it ends; Ctrl-C detaches and the job goes on.')
    .argument('[network and fields...]', 'network or variant, then key=value')
    .option('-f, --file <recipe>', 'JSON file with a job request; - reads stdin')
    .option('-F, --follow', 'follow the job to its end')
    .option('--plan', 'show what the job would take, without submitting it')
    .option('--fields', 'list the fields that key=value can set')
    .addHelpText('after', HELP)
    .action(async (words: string[], options: TrainOptions, command: Command) => {
      const context = openContext(command);
      if (options.fields) return listFields(context);
      const request = buildRequest(words, options.file);
      if (options.plan) return showPlan(context, request);
      process.exitCode = await submit(context, request, options.follow ?? false);
    });
}

/** Returns the request: the recipe, with network and assignments over it. */
export function buildRequest(words: readonly string[], file: string | undefined): JsonObject {
  const recipe = file === undefined ? {} : readRecipe(file);
  const assignments = words.flatMap((word, i) => (i === 0 && !isAssignment(word) ? networkAssignments(word) : word));
  const request = assign(recipe, assignments);
  if (request['network'] === undefined && request['from'] === undefined)
    throw usageError('A job needs a network.', 'For example: trainyard train resnet data=fashion-mnist');
  return request;
}

function readRecipe(file: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    throw usageError(`${file} cannot be read as JSON: ${(error as Error).message}.`);
  }
  throw usageError(`${file} must have a JSON object: the body of a job request.`);
}

/** Returns the assignments of a network or a variant: `resnet50` is resnet with `variant=resnet50`. */
function networkAssignments(word: string): string[] {
  const { network, variant } = networkNamed(word);
  return [`network=${network}`, ...(variant === undefined ? [] : [`networkOptions.variant=${variant}`])];
}

function listFields({ output }: Context) {
  if (output.json) return output.value(jobFields);
  const shortOf = (path: string): string => Object.entries(SHORT_NAMES).find(([, full]) => full === path)?.[0] ?? '';
  const rows = jobFields.map(({ path, types, values, title }) => [
    path,
    shortOf(path),
    values.length > 0 ? values.join(', ') : types.join(' or '),
    title,
  ]);
  const columns = [{ title: 'field' }, { title: 'short' }, { title: 'value', shrinks: true }, { title: 'meaning' }];
  output.lines(tableLines(columns, rows, output.columns));
}

async function showPlan({ client, output, signal }: Context, request: JsonObject): Promise<void> {
  const { jobs } = await client();
  const plan: JobPlan = await jobs.plan(request as never, { signal });
  if (output.json) return output.value(plan);
  output.lines(factLines(planFacts(plan)));
}

async function submit(context: Context, request: JsonObject, follow: boolean): Promise<number> {
  const { client, output, signal } = context;
  const { jobs } = await client();
  if (follow && !output.json && !output.quiet) {
    const plan: JobPlan = await jobs.plan(request as never, { signal });
    output.note(factLines(planFacts(plan)).join('\n'));
  }
  const job: Job = await jobs.submit(request as never, { signal });
  return follow ? followSubmitted(context, job) : showSubmitted(context, job);
}

function followSubmitted(context: Context, job: Job): Promise<number> {
  context.output.note(factLines([['job    ', `${shortId(job.id)}, model ${job.spec.name}`]]).join('\n'));
  return followJob(context, job);
}

function showSubmitted({ output }: Context, job: Job): number {
  if (output.json) output.value(job);
  else output.line(job.id);
  output.note(
    `Queued${job.position === undefined ? '' : ` at position ${job.position}`}. ${comeBack(job.id).replace('The job goes on. Follow it again', 'Follow it')}`,
  );
  return 0;
}
