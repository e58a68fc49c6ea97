/** Takeover of what an attempt left on disk: the job's model, and the run history that its stream lacks. */
import type { Job } from '../contracts/jobs/job.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { Journal } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import { completeRunHistory, type ReadRunHistory } from './complete-run-history.js';
import type { JobHooks } from './job-hooks.js';
import type { JobModel } from './job-transitions.js';
import { createOutbox, type JobTerm, type Outbox } from './outbox.js';
import type { JobRecord } from './record.js';

export type DiskReader = ReturnType<typeof createDiskReader>;

/** Errors of the disk are logged and do not stop a job. */
export function createDiskReader(
  deps: Readonly<{
    journal: Journal;
    hooks: Pick<JobHooks, 'recordFrames' | 'findModel' | 'readRunHistory'>;
    givingUp: AbortSignal;
    logger: Logger;
  }>,
) {
  const { journal, hooks, givingUp: signal, logger } = deps;

  /** Returns undefined if the models cannot be read. The job then continues, and cannot store a second model. */
  async function findModel(job: Job, attempt: number): Promise<JobModel | undefined> {
    try {
      return await hooks.findModel(job, attempt);
    } catch (err) {
      logger.warn({ err, jobId: job.id }, 'models cannot be read');
      return undefined;
    }
  }

  /** Completes a job's stream from its run history. If the disk cannot be read, the next attempt does it. */
  async function completeStream(record: JobRecord, model: ModelReference | undefined, outbox: Outbox): Promise<void> {
    const readRunHistory: ReadRunHistory = async (job, isNews) => {
      try {
        return await hooks.readRunHistory(job, model, isNews);
      } catch (err) {
        logger.warn({ err, jobId: job.id }, 'run history cannot be read');
        return [];
      }
    };
    await completeRunHistory(record, readRunHistory, outbox);
  }

  return {
    findModel,
    completeStream,

    /** Completes the stream of a running job that lost its worker, and returns the job's model if it has stored one. */
    async takeOver(record: JobRecord, term: JobTerm): Promise<JobModel | undefined> {
      const { id, attempt, spec } = record.job;
      const recorder = hooks.recordFrames({ id, name: spec.name }, term.term);
      const found = await findModel(record.job, attempt + 1);
      const outbox = createOutbox({ journal, term, signal, logger, onAnswer: () => undefined });
      await completeStream(record, found?.model, outbox);
      await recorder.close();
      return found;
    },
  };
}
