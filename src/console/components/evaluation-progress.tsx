/** Progress of an evaluation that waits or runs. */
import type { DatasetEvaluation } from 'trainyard';
import { count } from './format.js';
import { Progress } from './progress.js';

export function EvaluationProgress({ evaluation }: { evaluation: DatasetEvaluation }) {
  const { model, dataset, split, progress } = evaluation;
  const title = `Evaluates version ${model.version} on ${dataset}, ${split}`;
  return (
    <div class="stack-s">
      <div class="row-between">
        <strong class="wrap-anywhere">{title}</strong>
        <span class="muted small">{stateText(evaluation)}</span>
      </div>
      <Progress share={progress && progress.images / progress.total} label={title} />
    </div>
  );
}

/** Says how far an evaluation is: `30 of 60 images`. */
export function stateText({ state, progress }: DatasetEvaluation): string {
  if (state === 'queued') return 'waits for a worker';
  return progress ? `${count(progress.images)} of ${count(progress.total)} images` : 'loads the images';
}
