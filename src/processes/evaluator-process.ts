/** Evaluator processes: one child of the worker per evaluation, so that its memory is freed when it ends. */
import type { Failure } from '../contracts/jobs/outcome.js';
import type { DatasetEvaluation } from '../contracts/models/dataset-evaluation.js';
import type {
  EvaluatorCommand,
  EvaluatorMessage,
  EvaluatorProgress,
} from '../contracts/processes/evaluation-process.js';
import { saysOutOfMemory } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { type ChildExit, runChildCommand } from './child-command.js';

/** `died`: the process ended without an answer, so another try may succeed. */
export type EvaluatorOutcome =
  | Readonly<{ type: 'evaluated'; evaluation: DatasetEvaluation }>
  | Readonly<{ type: 'failed' | 'died'; error: Failure }>;

type EvaluationRun = Readonly<{
  project: string;
  /** Aborting kills the process. */
  signal: AbortSignal;
  logger: Logger;
  onProgress: (progress: EvaluatorProgress) => void;
}>;

export type StartEvaluator = (evaluation: DatasetEvaluation, run: EvaluationRun) => Promise<EvaluatorOutcome>;

type EvaluatorOptions = Omit<EvaluatorCommand, 'evaluation'> &
  Readonly<{
    /** Returns the folders of a project. Default: the folders above for every project. */
    foldersOf?: (project: string) => Pick<EvaluatorCommand, 'modelsDir' | 'importedDir'>;
    /** The compiled process file. Default: `evaluator.js` in the parent folder. */
    evaluatorUrl?: URL;
    /** Environment of the process. Default: this process's. */
    env?: NodeJS.ProcessEnv;
    /** A process that reports no progress for this long is killed, in ms. Default 600,000. */
    silenceMs?: number;
  }>;

/** Time limit of an evaluation in ms: a day. */
const TIMEOUT_MS = 86_400_000;

/** Returns a function that evaluates a model in a process of its own. */
export function createEvaluatorStarter({
  evaluatorUrl,
  env,
  silenceMs = 600_000,
  datasetsDir,
  foldersOf,
  ...folders
}: EvaluatorOptions): StartEvaluator {
  const url = evaluatorUrl ?? new URL('../evaluator.js', import.meta.url);
  return async (evaluation, { project, signal, logger, onProgress }) => {
    const silent = new AbortController();
    const watch = setTimeout(() => silent.abort(), silenceMs);
    const isAnswer = (message: EvaluatorMessage): boolean => {
      watch.refresh();
      if ('progress' in message) onProgress(message.progress);
      return !('progress' in message);
    };
    const command: EvaluatorCommand = { evaluation, datasetsDir, ...(foldersOf?.(project) ?? folders) };
    const any = AbortSignal.any([signal, silent.signal]);
    const options = { name: 'evaluator', logger, timeoutMs: TIMEOUT_MS, signal: any, isAnswer, env };
    const result = await runChildCommand<EvaluatorMessage>(url, command, options);
    clearTimeout(watch);
    if ('error' in result) return died(`The evaluator process cannot start: ${String(result.error)}`);
    if (!('answer' in result)) return died(describeExit(result, silent.signal.aborted), result.output);
    if ('error' in result.answer) return { type: 'failed', error: result.answer.error };
    if ('evaluated' in result.answer) return { type: 'evaluated', evaluation: result.answer.evaluated };
    return died('The evaluator process ended without an answer.');
  };
}

function describeExit({ code, signal, isLate }: ChildExit, isSilent: boolean): string {
  if (isSilent || isLate) return 'The evaluator process made no progress and was killed.';
  return `The evaluator process ended without an answer (${signal ?? `code ${code}`}).`;
}

const died = (message: string, output = ''): EvaluatorOutcome => ({
  type: 'died',
  error: {
    code: saysOutOfMemory(output) ? 'out_of_memory' : 'evaluation_failed',
    message: `${message}${output && ` ${output}`}`,
  },
});
