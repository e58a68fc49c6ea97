/** Attempt of an evaluation on this worker: begins it, follows its process, and records its end. */

import type { Failure } from '../contracts/jobs/outcome.js';
import type { DatasetEvaluation } from '../contracts/models/dataset-evaluation.js';
import { retryWhileRedisIsAway } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { StartEvaluator } from '../processes/evaluator-process.js';
import type { EvaluationRecord, EvaluationRecords } from './evaluation-records.js';
import type { EntryClaim } from './run-attempt.js';
import type { Settlement } from './settle-attempt.js';

/** Worker losses and deaths of the process after which an evaluation fails. */
const MAX_LOSSES = 2;

/** Interval of progress writes, which also notice a deletion, in ms. */
const WRITE_EVERY_MS = 500;

/** Files of evaluations, in the folders of their models. */
export type StoredEvaluations = Readonly<{
  find(model: DatasetEvaluation['model'], id: string): Promise<DatasetEvaluation | undefined>;
  remove(model: DatasetEvaluation['model'], id: string): Promise<boolean>;
}>;

export type EvaluationRunnerDeps = Readonly<{
  records: EvaluationRecords;
  /** Returns the stored evaluations of a project. */
  storedIn: (project: string) => StoredEvaluations;
  startEvaluator: StartEvaluator;
}>;

type RunnerDeps = EvaluationRunnerDeps &
  Readonly<{
    /** Aborted when the worker stops. */
    stopping: AbortSignal;
    /** Aborted when a stop takes too long. */
    givingUp: AbortSignal;
    logger: Logger;
  }>;

/** Returns a function that runs an evaluation until it has ended, or must go back into the queue. */
export function createEvaluationRunner(deps: RunnerDeps) {
  const { records, storedIn, stopping, givingUp } = deps;
  const whileRedisIsAway = <T>(command: () => Promise<T>): Promise<T> =>
    retryWhileRedisIsAway(command, { signal: givingUp, logger: deps.logger });
  const write = (before: EvaluationRecord, next: DatasetEvaluation, losses?: number): Promise<boolean> =>
    whileRedisIsAway(() => records.write(before, next, losses));

  return async function runEvaluation(id: string, claim: EntryClaim): Promise<Settlement> {
    const record = await whileRedisIsAway(() => records.read(id));
    if (record === undefined) return { entry: 'done' };
    const { project, evaluation, isDeleted } = record;
    if (isDeleted) return removeResult(record);
    if (evaluation.state !== 'queued' && evaluation.state !== 'running') return { entry: 'done' };
    // After reading the record: an attempt in it cannot belong to a worker that got the entry later.
    if (!(await claim.isLocked())) return { entry: 'lost' };
    const result = await storedIn(project).find(evaluation.model, id);
    if (result !== undefined) return finish(record, result);
    const losses = record.losses + (evaluation.state === 'running' ? 1 : 0);
    if (losses > MAX_LOSSES) return finish(record, failed(evaluation, LOST));
    const begun = await begin(record, losses);
    return begun === undefined ? runEvaluation(id, claim) : attempt(begun);
  };

  /** Writes the begin of an attempt. Resolves with undefined if the record has changed meanwhile. */
  async function begin(record: EvaluationRecord, losses: number): Promise<EvaluationRecord | undefined> {
    const { progress: _, ...evaluation } = record.evaluation;
    const startedAt = new Date().toISOString();
    const next: DatasetEvaluation = { ...evaluation, state: 'running', attempt: evaluation.attempt + 1, startedAt };
    return (await write(record, next, losses)) ? { ...record, evaluation: next, losses } : undefined;
  }

  async function attempt(record: EvaluationRecord): Promise<Settlement> {
    const { project, evaluation } = record;
    const logger = deps.logger.child({ evaluationId: evaluation.id, attempt: evaluation.attempt });
    const overtaken = new AbortController();
    const progress = reportProgress(deps, record, overtaken);
    const signal = AbortSignal.any([stopping, overtaken.signal]);
    const outcome = await deps.startEvaluator(evaluation, { project, signal, logger, onProgress: progress.set });
    await progress.close();
    logger.info({ outcome: outcome.type }, 'evaluation attempt ended');
    if (outcome.type === 'evaluated') return finish(record, outcome.evaluation);
    if (overtaken.signal.aborted) return settleOvertaken(record);
    if (stopping.aborted) return requeue(record);
    if (outcome.type === 'failed') return finish(record, failed(evaluation, outcome.error));
    if (record.losses >= MAX_LOSSES) return finish(record, failed(evaluation, outcome.error));
    return requeue(record, record.losses + 1);
  }

  /** Records the end. If the evaluation was deleted meanwhile, removes what the process has stored. */
  async function finish(record: EvaluationRecord, ended: DatasetEvaluation): Promise<Settlement> {
    const { attempt: number } = record.evaluation;
    const isWritten = await write(record, { ...ended, attempt: number });
    return isWritten ? { entry: 'done' } : settleOvertaken(record);
  }

  async function settleOvertaken(record: EvaluationRecord): Promise<Settlement> {
    const now = await whileRedisIsAway(() => records.read(record.evaluation.id));
    return now?.isDeleted === true ? removeResult(record) : { entry: 'lost' };
  }

  async function requeue(record: EvaluationRecord, losses = record.losses): Promise<Settlement> {
    const { progress: _, startedAt: __, ...evaluation } = record.evaluation;
    const isWritten = await write(record, { ...evaluation, state: 'queued' }, losses);
    return isWritten ? { entry: 'return' } : settleOvertaken(record);
  }

  async function removeResult({ project, evaluation: { model, id } }: EvaluationRecord): Promise<Settlement> {
    await storedIn(project).remove(model, id);
    return { entry: 'done' };
  }
}

/** Writes the progress regularly. Aborts `overtaken` once the record belongs to another attempt, or was deleted. */
function reportProgress({ records, logger }: RunnerDeps, record: EvaluationRecord, overtaken: AbortController) {
  let current: DatasetEvaluation = record.evaluation;
  let writing: Promise<unknown> = Promise.resolve();
  const tick = (): void => {
    writing = writing
      .then(() => records.write(record, current))
      .then((isCurrent) => isCurrent || overtaken.abort())
      .catch((err: unknown) => logger.debug({ err }, 'progress of an evaluation not written'));
  };
  const timer = setInterval(tick, WRITE_EVERY_MS);
  return {
    set(progress: NonNullable<DatasetEvaluation['progress']>): void {
      current = { ...current, progress };
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await writing;
    },
  };
}

const LOST: Failure = {
  code: 'worker_lost',
  message: `The evaluation lost its worker ${MAX_LOSSES + 1} times. Workers die for lack of memory, for example: evaluate on a smaller data set.`,
};

function failed({ progress: _, ...evaluation }: DatasetEvaluation, error: Failure): DatasetEvaluation {
  return { ...evaluation, state: 'failed', endedAt: new Date().toISOString(), error };
}
