/** Operations of the api on queued evaluations: submit, find, list, delete, and restoring their queue entries. */
import { randomUUID } from 'node:crypto';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { DatasetEvaluation, DatasetEvaluationRequest } from '../contracts/models/dataset-evaluation.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import type { EvaluationRecord, EvaluationRecords } from './evaluation-records.js';
import { idempotencyOf } from './idempotency.js';
import type { QueueEntries } from './queue-entries.js';

type EvaluationJobsDeps = Readonly<{
  records: EvaluationRecords;
  entries: Pick<QueueEntries, 'add' | 'remove' | 'restore'>;
  logger: Logger;
  /** Project whose evaluations are seen. Default `default`. */
  project?: string;
  /** Limit on open evaluations. Undefined: no limit. */
  queueDepth?: number | undefined;
}>;

/** `replayed`: an earlier request with the same idempotency key has submitted it. */
export type SubmittedEvaluation = Readonly<{ evaluation: DatasetEvaluation; replayed: boolean }>;

export type EvaluationJobs = ReturnType<typeof createEvaluationJobs>;

export function createEvaluationJobs(deps: EvaluationJobsDeps) {
  const { records, entries, logger, project = DEFAULT_PROJECT, queueDepth } = deps;
  /** Returns the record of an evaluation of the project. */
  async function read(id: string): Promise<EvaluationRecord | undefined> {
    const record = await records.read(id);
    return record?.project === project ? record : undefined;
  }

  return {
    /** Returns the record of an evaluation, unless it was deleted. Undefined if there is none. */
    async find(id: string): Promise<DatasetEvaluation | undefined> {
      const record = await read(id);
      return record === undefined || record.isDeleted ? undefined : record.evaluation;
    },

    /** Returns the records of a version, newest first. */
    list: async (model: ModelReference): Promise<DatasetEvaluation[]> =>
      (await records.listOf(project, model)).filter(({ isDeleted }) => !isDeleted).map(({ evaluation }) => evaluation),

    /** Tells whether someone has deleted an evaluation of which a worker may store a result at this moment. */
    isDeleted: async (id: string): Promise<boolean> => (await read(id))?.isDeleted === true,

    /**
     * Queues an evaluation. Once this resolves, it is stored. Throws `queue_full`, and `idempotency_conflict` if the key belongs to another
     * request.
     */
    async submit(
      model: ModelReference,
      { dataset, split = 'test', priority = 0 }: DatasetEvaluationRequest,
      key: string | undefined,
    ): Promise<SubmittedEvaluation> {
      const state = { id: randomUUID(), state: 'queued', attempt: 0, createdAt: new Date().toISOString() } as const;
      const evaluation: DatasetEvaluation = { ...state, model, dataset, split, priority };
      const { id } = evaluation;
      const once =
        key === undefined ? undefined : idempotencyOf({ project, key, request: { model, dataset, split, priority } });
      const created = await records.create({ project, evaluation }, queueDepth, once);
      if (created.outcome === 'full') throw fullError(created.open);
      if (created.outcome === 'conflict') throw conflictError(created.id);
      if (created.outcome === 'known') return { evaluation: await existing(records, created.id), replayed: true };
      await entries
        .add({ jobId: id, kind: 'evaluation', priority, place: created.order })
        .catch((err: unknown) => logger.warn({ err, evaluationId: id }, 'evaluation queued without a queue entry'));
      logger.info({ evaluationId: id, model, dataset, split }, 'evaluation queued');
      return { evaluation, replayed: false };
    },

    /** Deletes the record of an evaluation. The worker that runs it stops within a second, and stores nothing. */
    async delete(model: ModelReference, id: string): Promise<void> {
      await records.delete(project, model, id);
      // If the entry cannot be removed, the worker that takes it reads that the evaluation was deleted.
      await entries
        .remove(id)
        .catch((err: unknown) =>
          logger.debug({ err, evaluationId: id }, 'queue entry of a deleted evaluation not removed'),
        );
      logger.info({ evaluationId: id, model }, 'evaluation deleted');
    },

    /** Adds the missing queue entries of all open evaluations of all projects. Returns how many were missing. */
    async restoreEntries(): Promise<number> {
      let restored = 0;
      for (const id of await records.openIds()) {
        const record = await records.read(id);
        if (record === undefined) await records.forget(id);
        else
          restored += await entries.restore([
            { jobId: id, kind: 'evaluation', priority: record.evaluation.priority, place: record.order },
          ]);
      }
      return restored;
    },
  };
}

/** Returns the evaluation of an idempotency key. Throws `evaluation_not_found` if it was deleted. */
async function existing(records: EvaluationRecords, id: string): Promise<DatasetEvaluation> {
  const record = await records.read(id);
  if (record !== undefined && !record.isDeleted) return record.evaluation;
  const message = `The evaluation ${id} of this Idempotency-Key was deleted. Use a new key.`;
  throw new TrainyardError('evaluation_not_found', message);
}

const conflictError = (id: string): TrainyardError =>
  new TrainyardError(
    'idempotency_conflict',
    `The Idempotency-Key belongs to evaluation ${id}, which was requested with another body. Use a new key for another evaluation.`,
  );

const fullError = (open: number): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `The queue is full: ${open} evaluations are queued or running, which is the limit. Try again after some of them have ended.`,
  );
