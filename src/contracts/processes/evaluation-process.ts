/** Messages between a worker and its evaluator process. Paths are absolute. */
import type { Failure } from '../jobs/outcome.js';
import type { DatasetEvaluation } from '../models/dataset-evaluation.js';

/** Worker → evaluator: the only message. */
export type EvaluatorCommand = Readonly<{
  /** The evaluation as it began. */
  evaluation: DatasetEvaluation;
  modelsDir: string;
  datasetsDir: string;
  /** Folder of imported data sets. Absent if there is none. */
  importedDir?: string | undefined;
}>;

/** Progress in images. */
export type EvaluatorProgress = NonNullable<DatasetEvaluation['progress']>;

/** Evaluator → worker: progress, then exactly one other message. `evaluated`: the result is stored with the model. */
export type EvaluatorMessage =
  | Readonly<{ progress: EvaluatorProgress }>
  | Readonly<{ evaluated: DatasetEvaluation }>
  | Readonly<{ error: Failure }>;
