/** The course of a run as it lies on the disk: in the file of the job's model or, without a model, in its checkpoints. */
import { open } from 'node:fs/promises';
import { Compile } from 'typebox/compile';
import type { CourseEvent } from '../contracts/jobs/frame.js';
import { Course } from '../contracts/jobs/run-history.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { describeCheckpoint, digestFault } from './checkpoint-file.js';
import { checkpointPaths } from './checkpoints.js';
import { readModelFile } from './files.js';
import { hasCode } from './folders.js';
import { openModelStore } from './index.js';

const schema = Compile(Course);

type Run = Readonly<{ jobId: string; model: ModelReference | undefined }>;

export const encodeCourse = (events: readonly CourseEvent[]): Uint8Array =>
  Buffer.from(JSON.stringify({ format: 'trainyard-course/1', events: [...events] } satisfies Course));

/**
 * Returns the events of a job's run, as its model keeps them, or its newest whole checkpoint; none if there is neither. A checkpoint is
 * checked for damage only if its events are news: its digest covers all its bytes. `warn` is told why the model's file is not used.
 */
export async function readCourse(
  { modelsDir, checkpointsDir }: Readonly<{ modelsDir: string; checkpointsDir: string }>,
  { jobId, model }: Run,
  { isNews, warn }: Readonly<{ isNews: (events: readonly CourseEvent[]) => boolean; warn: (error: unknown) => void }>,
): Promise<readonly CourseEvent[]> {
  const kept = await courseOfModel(modelsDir, model).catch(warn);
  if (kept) return kept;
  for (const path of (await checkpointPaths(checkpointsDir, jobId)).reverse()) {
    const events = await eventsIn(path, jobId, isNews);
    if (events !== undefined) return events;
  }
  return [];
}

/** Returns undefined if the model is of a time before models kept their course. */
async function courseOfModel(
  modelsDir: string,
  model: ModelReference | undefined,
): Promise<readonly CourseEvent[] | undefined> {
  if (model === undefined) return undefined;
  const store = await openModelStore(modelsDir);
  const content = await readModelFile(await store.get(model), 'course');
  if (content === undefined) return undefined;
  const course: unknown = JSON.parse(content.toString());
  if (schema.Check(course)) return course.events;
  throw new TrainyardError('model_corrupt', `The course of model ${model.name}@${model.version} has a wrong form.`);
}

/** Returns undefined if the checkpoint cannot be used. */
async function eventsIn(
  path: string,
  jobId: string,
  isNews: (events: readonly CourseEvent[]) => boolean,
): Promise<readonly CourseEvent[] | undefined> {
  try {
    const described = await describeCheckpoint(path);
    if (typeof described === 'string' || described.header.jobId !== jobId) return undefined;
    const { events } = described.header;
    if (!isNews(events)) return [];
    return (await isWhole(path)) ? events : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function isWhole(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    return (await digestFault(file)) === undefined;
  } finally {
    await file.close();
  }
}
