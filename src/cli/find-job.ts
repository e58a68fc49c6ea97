/** Finds a job by its id, by the beginning of its id, or as `last`. */
import type { Context } from './context.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import { shortId } from './output/numbers-text.js';
import type { Job } from './service-types.js';

const FULL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Number of the newest jobs that are searched for a beginning of an id. */
const MAX_SEARCHED = 10_000;
const PAGE = 100;
/** A beginning of this length names one job in practice: the search ends at the first match. */
const DECISIVE_LENGTH = 8;

/** Returns the id of the job. Throws if no job or several jobs fit. */
export async function findJobId(context: Context, word: string): Promise<string> {
  const text = word.toLowerCase();
  if (FULL_ID.test(text)) return text;
  if (text !== 'last' && !/^[0-9a-f-]{2,36}$/.test(text))
    throw usageError(`${JSON.stringify(word)} is no job id.`, 'Give an id, its first characters, or `last`.');
  const found = await search(context, text);
  const [first, second] = found;
  if (first === undefined) {
    if (text === 'last')
      throw new CliError(EXIT.refused, 'There is no job yet.', 'Submit one with `trainyard train resnet`.');
    const what = `No job has an id that begins with ${word}.`;
    throw new CliError(EXIT.refused, what, 'List the jobs with `trainyard jobs ls`.');
  }
  if (second !== undefined)
    throw usageError(
      `Several jobs have an id that begins with ${word}: ${found.map(({ id }) => shortId(id)).join(', ')}.`,
      'Give more characters of the id.',
    );
  return first.id;
}

async function search(context: Context, beginning: string): Promise<Job[]> {
  const { jobs } = await context.client();
  const found: Job[] = [];
  let searched = 0;
  for await (const job of jobs.list({ limit: beginning === 'last' ? 1 : PAGE, signal: context.signal })) {
    if (beginning === 'last') return [job];
    if (job.id.startsWith(beginning)) found.push(job);
    if (found.length > 0 && (beginning.length >= DECISIVE_LENGTH || found.length > 3)) break;
    if (++searched === MAX_SEARCHED) break;
  }
  return found;
}

/** Returns the job. */
export async function findJob(context: Context, word: string): Promise<Job> {
  const id = await findJobId(context, word);
  const { jobs } = await context.client();
  return jobs.get(id, { signal: context.signal });
}
