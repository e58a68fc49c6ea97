/** `trainyard jobs`: lists, shows, follows and steers jobs. */

import type { Command } from 'commander';
import { JOB_SORT_FIELDS, type JobSort } from '../../contracts/submission/job-sort.js';
import { durationText, estimateText, relativeTime } from '../../wording/time-text.js';
import { assign, changeFields, type JsonObject } from '../assignments.js';
import { confirm } from '../confirm.js';
import { type Context, openContext } from '../context.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { findJob, findJobId } from '../find-job.js';
import { endCode, followJob } from '../follow-job.js';
import { comeBack, endText, modelText, progressText, specFacts } from '../job-text.js';
import { positive, requireKnown } from '../option-values.js';
import { percent, shortId } from '../output/numbers-text.js';
import { factLines, tableLines } from '../output/table.js';
import { JOB_STATUSES, type Job, type JobMove } from '../service-types.js';

type ListOptions = Readonly<{
  status?: string;
  name?: string;
  metadata?: string[];
  sort?: string;
  limit: string;
  all?: boolean;
}>;

const JOB = 'id, beginning of an id, or last';
const MAX_LIMIT = 100;

export function registerJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .summary('list, follow, cancel, pause, change, move, clone and delete jobs')
    .description('List, follow, change, move, clone and delete jobs.');
  registerList(jobs);
  registerReading(jobs);
  registerSteering(jobs);
}

function registerList(jobs: Command): void {
  jobs
    .command('ls')
    .description('List jobs, by default the newest first.')
    .option('--status <statuses>', 'only jobs in these statuses, separated by commas')
    .option('--name <model>', 'only jobs for this model name')
    .option('--metadata <key:value...>', 'only jobs with this metadata')
    .option('--sort <order>', `one of ${JOB_SORT_FIELDS.join(', ')}; with - in front from high to low`)
    .option('-n, --limit <count>', 'number of jobs', '20')
    .option('--all', 'list all jobs')
    .action((options: ListOptions, command: Command) => listJobs(openContext(command), options));
}

function registerReading(jobs: Command): void {
  jobs
    .command('show')
    .description(
      'Show a job: its settings, progress, scores and model; of a failed job also the last output of its trainer.',
    )
    .argument('<job>', JOB)
    .action(async (word: string, _: object, command: Command) => {
      const context = openContext(command);
      await showJob(context, await findJob(context, word));
    });
  jobs
    .command('watch')
    .description('Follow a job to its end, from its first frame. Ctrl-C detaches and the job goes on.')
    .argument('<job>', JOB)
    .action(async (word: string, _: object, command: Command) => {
      const context = openContext(command);
      process.exitCode = await followJob(context, await findJob(context, word));
    });
  jobs
    .command('wait')
    .description('Wait until the jobs have ended, without progress. Exits with 3 if one failed or was cancelled.')
    .argument('<jobs...>', JOB)
    .action(async (words: string[], _: object, command: Command) => {
      process.exitCode = await waitForJobs(openContext(command), words);
    });
}

function registerSteering(jobs: Command): void {
  jobs
    .command('cancel')
    .description('Cancel jobs. With --keep, the best weights so far become a model.')
    .argument('<jobs...>', JOB)
    .option('--keep', 'keep the best weights as a model')
    .action((words: string[], { keep }: { keep?: boolean }, command: Command) =>
      steer(openContext(command), words, async (context, id) => {
        const { jobs } = await context.client();
        return jobs.cancel(id, { mode: keep ? 'keep' : 'discard', signal: context.signal });
      }),
    );
  for (const action of ['pause', 'resume'] as const) registerPause(jobs, action);
  jobs
    .command('change')
    .description(`Change a job that has not ended: ${changeFields.map(({ path }) => path).join(', ')}.`)
    .argument('<job>', JOB)
    .argument('<fields...>', 'key=value')
    .action((word: string, assignments: string[], _: object, command: Command) => {
      const changes = assign({}, assignments, changeFields);
      return steer(openContext(command), [word], async (context, id) => {
        const { jobs } = await context.client();
        return jobs.change(id, changes as never, { signal: context.signal });
      });
    });
  registerMove(jobs);
  registerClone(jobs);
  jobs
    .command('rm')
    .description('Delete ended jobs with their frames and checkpoints. Their models stay.')
    .argument('<jobs...>', JOB)
    .option('-y, --yes', 'delete without a question')
    .action((words: string[], { yes }: { yes?: boolean }, command: Command) =>
      removeJobs(openContext(command), words, yes ?? false),
    );
}

function registerPause(jobs: Command, action: 'pause' | 'resume'): void {
  jobs
    .command(action)
    .description(action === 'pause' ? 'Pause jobs at their next step.' : 'Put paused jobs back into the queue.')
    .argument('<jobs...>', JOB)
    .action((words: string[], _: object, command: Command) =>
      steer(openContext(command), words, async (context, id) => {
        const { jobs } = await context.client();
        return jobs[action](id, { signal: context.signal });
      }),
    );
}

type MoveOptions = Readonly<{ top?: boolean; before?: string; after?: string }>;

function registerMove(jobs: Command): void {
  jobs
    .command('move')
    .description('Move a queued job within the queue. The job gets the priority of its new neighbour.')
    .argument('<job>', JOB)
    .option('--top', 'before all other queued jobs')
    .option('--before <job>', 'directly before this queued job')
    .option('--after <job>', 'directly after this queued job')
    .action((word: string, options: MoveOptions, command: Command) =>
      steer(openContext(command), [word], async (context, id) => {
        const target = await moveTarget(context, options);
        const { jobs } = await context.client();
        return jobs.move(id, target, { signal: context.signal });
      }),
    );
}

async function moveTarget(context: Context, { top, before, after }: MoveOptions): Promise<JobMove> {
  if ([top, before, after].filter((each) => each !== undefined).length !== 1)
    throw usageError('The new place is missing.', 'Give exactly one of --top, --before <job> and --after <job>.');
  if (before !== undefined) return { before: await findJobId(context, before) };
  return after === undefined ? { to: 'top' } : { after: await findJobId(context, after) };
}

function registerClone(jobs: Command): void {
  jobs
    .command('clone')
    .description('Submit a new job with the settings of another, and with changes. Webhooks are left out.')
    .argument('<job>', JOB)
    .argument('[fields...]', 'key=value')
    .option('-F, --follow', 'follow the new job to its end')
    .action(async (word: string, assignments: string[], { follow }: { follow?: boolean }, command: Command) => {
      const context = openContext(command);
      const request = assign(requestLike(await findJob(context, word)), assignments);
      const { jobs } = await context.client();
      const job: Job = await jobs.submit(request as never, { signal: context.signal });
      if (follow) process.exitCode = await followJob(context, job);
      else showSteered(context, job);
    });
}

/** Returns the request for the same job. Notes, which are about the other job, and webhooks are left out. */
const requestLike = ({ request, priority, metadata }: Job): JsonObject => ({
  ...(structuredClone(request) as JsonObject),
  priority,
  metadata,
});

async function listJobs(context: Context, { limit, all, sort, status, name, metadata }: ListOptions): Promise<void> {
  const { output, client, signal } = context;
  const count = all ? Number.POSITIVE_INFINITY : positive(limit);
  requireKnown('--status', status?.split(',') ?? [], JOB_STATUSES);
  requireKnown('--sort', sort === undefined ? [] : [sort.replace(/^-/, '')], JOB_SORT_FIELDS, SORT_HINT);
  const { jobs } = await client();
  const filters = {
    ...(status !== undefined && { status }),
    ...(name !== undefined && { name }),
    ...(metadata !== undefined && { metadata }),
  };
  const found: Job[] = [];
  let listed = 0;
  const order = { ...(sort !== undefined && { sort: sort as JobSort }) };
  for await (const job of jobs.list({ limit: Math.min(MAX_LIMIT, count), ...order, ...filters, signal })) {
    if (output.json) output.value(job);
    else if (output.quiet) output.line(job.id);
    else found.push(job);
    if (++listed === count) break;
  }
  if (output.json || output.quiet) return;
  if (listed === 0)
    output.note(
      Object.keys(filters).length > 0
        ? 'No job fits. List all with `trainyard jobs ls`.'
        : 'There is no job yet. Submit one with `trainyard train resnet`.',
    );
  else output.lines(jobTable(found, output.columns));
  if (listed === count)
    output.note(`The ${sort === undefined ? 'newest' : 'first'} ${listed}. More with --limit or --all.`);
}

const SORT_HINT = ' With - in front, from high to low.';

const JOB_COLUMNS = [
  { title: 'id' },
  { title: 'status' },
  { title: 'model', shrinks: true },
  { title: 'data' },
  { title: 'progress' },
  { title: 'created' },
] as const;

/** Returns the lines of a table of jobs. */
const jobTable = (jobs: readonly Job[], columns: number | undefined): string[] =>
  tableLines(
    JOB_COLUMNS,
    jobs.map((job) => [
      shortId(job.id),
      job.status,
      modelText(job.model) ?? job.spec.name,
      job.spec.dataset.name,
      progressText(job),
      relativeTime(job.createdAt),
    ]),
    columns,
  );

async function showJob(context: Context, job: Job): Promise<void> {
  const { output } = context;
  if (output.json) return output.value(job);
  if (output.quiet) return output.line(job.status);
  const { scores, bestScores, changes, estimate, metadata, notes } = job;
  const model = modelText(job.model);
  const labels = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['job', job.id],
    [
      'status',
      job.error || job.reason ? endText(job) : `${job.status}${job.position ? `, position ${job.position}` : ''}`,
    ],
    ['progress', job.progress && job.status !== 'succeeded' ? progressText(job) : undefined],
    ...specFacts(job.spec),
    [
      'scores',
      scores && `epoch ${scores.epoch}: train ${percent(scores.trainAccuracy)}, test ${percent(scores.testAccuracy)}`,
    ],
    [
      'best',
      bestScores && `epoch ${bestScores.epoch}: validation ${percent(bestScores.validationAccuracy ?? Number.NaN)}`,
    ],
    ['priority', job.priority === 0 ? undefined : String(job.priority)],
    ['metadata', labels.length > 0 ? labels.join(', ') : undefined],
    ['notes', notes],
    ['changes', changes.length > 0 ? changes.map(({ to }) => JSON.stringify(to)).join(', ') : undefined],
    ['created', relativeTime(job.createdAt)],
    ['time', timeOf(job)],
    ['expected', estimate && estimateText(estimate)],
    ['model', model],
    ['predict', model && `trainyard predict <image> --model ${model}`],
  ];
  output.lines(factLines(facts));
  if (job.error) output.lines(await logLines(context, job.id));
}

/** Number of lines of a trainer's output that a terminal shows. */
const SHOWN_LINES = 20;

/** Returns the last output of the job's trainer, below a heading; nothing if there is none. */
async function logLines({ client, signal }: Context, id: string): Promise<string[]> {
  const { jobs } = await client();
  const log = await jobs.log(id, { signal });
  if (log === undefined) return [];
  return [
    '',
    `Last output of the trainer of attempt ${log.attempt}:`,
    ...log.lines.slice(-SHOWN_LINES).map((line) => `  ${line}`),
  ];
}

const timeOf = ({ startedAt, endedAt }: Job): string | undefined =>
  startedAt && endedAt ? durationText((Date.parse(endedAt) - Date.parse(startedAt)) / 1000) : undefined;

async function waitForJobs(context: Context, words: readonly string[]): Promise<number> {
  const { output, signal, client } = context;
  const ids = await Promise.all(words.map((word) => findJobId(context, word)));
  const { jobs } = await client();
  let code: number = EXIT.ok;
  for (const id of ids) {
    const job: Job = await jobs.wait(id, { signal }).catch((error: unknown) => {
      throw signal.aborted ? new CliError(EXIT.interrupted, 'Detached.', comeBack(id)) : error;
    });
    if (output.json) output.value(job);
    else if (output.quiet) output.lines([modelText(job.model) ?? []].flat());
    else output.line(`${shortId(id)}  ${[modelText(job.model), endText(job)].filter(Boolean).join('  ')}`);
    code = Math.max(code, endCode(job.status));
  }
  return code;
}

/** Sends a request about each job, in their order, and shows what became of them. */
async function steer(
  context: Context,
  words: readonly string[],
  request: (context: Context, id: string) => Promise<Job>,
): Promise<void> {
  const ids = await Promise.all(words.map((word) => findJobId(context, word)));
  for (const id of ids) showSteered(context, await request(context, id));
}

async function removeJobs(context: Context, words: readonly string[], yes: boolean): Promise<void> {
  const { client, output, signal } = context;
  const ids = [...new Set(await Promise.all(words.map((word) => findJobId(context, word))))];
  const what = ids.length === 1 ? `the job ${shortId(ids[0] ?? '')}` : `${ids.length} jobs`;
  if (!(await confirm(context, `Delete ${what}?`, yes))) throw new CliError(EXIT.failed, 'Nothing was deleted.');
  const { jobs } = await client();
  for (const id of ids) {
    await jobs.delete(id, { signal });
    if (output.json) output.value({ deleted: id });
    else output.note(`Deleted job ${shortId(id)}.`);
  }
}

function showSteered({ output }: Context, job: Job) {
  if (output.json) return output.value(job);
  if (output.quiet) return output.line(job.id);
  output.line(`${shortId(job.id)}  ${steeredText(job)}`);
}

/** Returns the status, with the request that the worker has not applied yet. */
function steeredText(job: Job): string {
  if (job.cancelRequestedAt && !job.endedAt) return `${job.status}, cancel requested (${job.cancelMode ?? 'discard'})`;
  if (job.pauseRequestedAt && job.status === 'running') return 'running, pause requested';
  return job.status + (job.position === undefined ? '' : `, position ${job.position}`);
}
