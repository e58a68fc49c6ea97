/** Run histories on disk: in the job's model or, if there is none, in the job's checkpoints. */
import { open } from 'node:fs/promises';
import { Compile } from 'typebox/compile';
import type { RunHistoryEvent } from '../contracts/jobs/frame.js';
import { RunHistory } from '../contracts/jobs/run-history.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { hasCode } from '../files/error-codes.js';
import { describeCheckpoint, digestFault } from './checkpoint-file.js';
import { checkpointPaths } from './checkpoints.js';
import { openModelStore } from './index.js';
import { readModelFile } from './model-files.js';

const schema = Compile(RunHistory);

type Run = Readonly<{ jobId: string; model: ModelReference | undefined }>;

export const encodeRunHistory = (events: readonly RunHistoryEvent[]): Uint8Array =>
  Buffer.from(JSON.stringify({ format: 'trainyard-history/1', events: [...events] } satisfies RunHistory));

/**
 * Returns the run history of a job from its model or, if that has none, from its newest intact checkpoint. Empty if there is neither.
 * `isNews` says whether the events contain anything new to the caller. A checkpoint without news is not verified, because its digest
 * covers the whole file. `warn` receives the error if the model's file cannot be used.
 */
export async function readRunHistory(
  { modelsDir, checkpointsDir }: Readonly<{ modelsDir: string; checkpointsDir: string }>,
  { jobId, model }: Run,
  {
    isNews,
    warn,
  }: Readonly<{ isNews: (events: readonly RunHistoryEvent[]) => boolean; warn: (error: unknown) => void }>,
): Promise<readonly RunHistoryEvent[]> {
  const stored = await historyOfModel(modelsDir, model).catch(warn);
  if (stored) return stored;
  for (const path of (await checkpointPaths(checkpointsDir, jobId)).reverse()) {
    const events = await eventsIn(path, jobId, isNews);
    if (events !== undefined) return events;
  }
  return [];
}

/** Returns undefined if the model was stored before models had a run history. */
async function historyOfModel(
  modelsDir: string,
  model: ModelReference | undefined,
): Promise<readonly RunHistoryEvent[] | undefined> {
  if (model === undefined) return undefined;
  const store = await openModelStore(modelsDir);
  const content = await readModelFile(await store.get(model), 'course');
  if (content === undefined) return undefined;
  const history: unknown = JSON.parse(content.toString());
  if (schema.Check(history)) return history.events;
  throw new TrainyardError('model_corrupt', `The run history of model ${model.name}@${model.version} is not valid.`);
}

/** Returns undefined if the checkpoint cannot be used. */
async function eventsIn(
  path: string,
  jobId: string,
  isNews: (events: readonly RunHistoryEvent[]) => boolean,
): Promise<readonly RunHistoryEvent[] | undefined> {
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
