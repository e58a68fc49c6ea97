/** Outcome of a trainer process, and the errors of trainers that died, hung or never started. */
import type { Failure } from '../contracts/jobs/outcome.js';
import type { EndReason } from '../contracts/jobs/stop-reason.js';
import type { TrainerPhase } from '../contracts/processes/trainer-messages.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { Logger } from '../logging/logger.js';
import type { Hang } from './hang-watch.js';

/** How a trainer ended. `died`: without a message about its end. */
export type TrainerOutcome =
  | Readonly<{ type: 'trained'; model: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'cancelled'; model?: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'stopped' }>
  | Readonly<{ type: 'failed' | 'died'; error: Failure }>;

/** Phase of a hang, as the middle of a sentence. */
const DURING: Readonly<Record<TrainerPhase, string>> = {
  starting: 'while it loaded its data',
  compiling: 'in its first step',
  training: 'in a step',
  evaluating: 'while it scored',
  storing: 'while it stored a checkpoint or the model',
};

export function hangOutcome({ phase, silentMs, longestStepMs }: Hang): TrainerOutcome {
  const seconds = (ms: number): string => (ms / 1000).toPrecision(2);
  const steps = phase === 'training' ? `, its longest recent step took ${seconds(longestStepMs)} s` : '';
  const message = `The trainer process hung ${DURING[phase]}: it did nothing for ${Math.round(silentMs / 1000)} s${steps}. It was killed; the job resumes from its last checkpoint.`;
  return { type: 'died', error: { code: 'trainer_hung', message } };
}

/** `exit`: its signal or exit code. `output`: its last lines as a sentence, or an empty string. */
export function deathOutcome(exit: string, output: string, isOutOfMemory: boolean): TrainerOutcome {
  const message = `The trainer process died (${exit}) before the job was done.${output}`;
  return { type: 'died', error: { code: isOutOfMemory ? 'out_of_memory' : 'trainer_died', message } };
}

export function notStartedOutcome(err: unknown, logger: Logger): TrainerOutcome {
  logger.error({ err }, 'trainer could not be started');
  const cause = err instanceof Error ? err.message : String(err);
  return {
    type: 'died',
    error: { code: 'trainer_died', message: `The trainer process could not be started: ${cause}.` },
  };
}

/** Adds the peak memory of the process to an `out_of_memory` error. */
export function withPeakMemory(outcome: TrainerOutcome, peakBytes: number | undefined): TrainerOutcome {
  if (outcome.type !== 'failed' && outcome.type !== 'died') return outcome;
  const { error } = outcome;
  if (error.code !== 'out_of_memory' || peakBytes === undefined) return outcome;
  return { ...outcome, error: { ...error, peakBytes: Math.max(peakBytes, error.peakBytes ?? 0) } };
}
