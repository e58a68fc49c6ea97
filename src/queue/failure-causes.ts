/** Causes of a failed attempt: a fault of this worker, or too little memory. */
import type { JobSpec } from '../contracts/jobs/job.js';
import type { Logger } from '../logging/logger.js';
import type { HealthChecks } from '../processes/health-checks.js';
import type { TrainerOutcome } from '../processes/trainer-process.js';
import type { AdviseOnMemory } from './out-of-memory.js';
import { isStorageFailure } from './settle-attempt.js';

/** Resolves with a fault of this worker that may have ended the trainer before it did anything. */
export async function workerFaultBehind(
  outcome: TrainerOutcome,
  health: Pick<HealthChecks, 'runQuick' | 'runAll'> | undefined,
): Promise<string | undefined> {
  if (outcome.type === 'died') return health?.runAll();
  if (outcome.type !== 'failed') return undefined;
  if (isStorageFailure(outcome.error)) return health?.runQuick();
  return outcome.error.code === 'unavailable' ? health?.runAll() : undefined;
}

/** Resolves with advice for a job that ran out of memory. There is none if its data set can no longer be read. */
export async function memoryAdviceFor(
  outcome: TrainerOutcome,
  { project, spec }: Readonly<{ project: string; spec: JobSpec }>,
  { adviseOnMemory, logger }: Readonly<{ adviseOnMemory: AdviseOnMemory; logger: Logger }>,
): Promise<string | undefined> {
  if (!('error' in outcome) || outcome.error.code !== 'out_of_memory') return undefined;
  try {
    return await adviseOnMemory(spec, outcome.error.peakBytes, project);
  } catch (err) {
    logger.debug({ err }, 'no advice on memory');
    return undefined;
  }
}
