/** Label gates: comparison of two versions by a score on the same images. */
import type { DatasetEvaluation } from '../contracts/models/dataset-evaluation.js';
import { type EvaluationMetric, isLowerBetter, type TrainingMetric } from '../contracts/models/gate-metrics.js';
import type { LabelGate } from '../contracts/models/label.js';
import { isJobSpec, type ModelManifest } from '../contracts/models/model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { ModelEvaluations } from './model-evaluations.js';

type ScoredModel = Pick<ModelManifest, 'name' | 'version' | 'scores' | 'spec'>;

/** Reads what gates compare. `readManifest` throws `model_not_found`. */
export type GateSources = Readonly<{
  readManifest: (reference: ModelReference) => Promise<ModelManifest>;
  findPair: ModelEvaluations['findPair'];
}>;

/** The score of a version that a gate compares, and the images it was computed on. `score` is undefined if the version has none. */
export type GateScore = Readonly<{ model: string; score: number | undefined; images: string }>;

/** Scores of the version that has the label, and of the version that is to get it. */
export type GateScores = Readonly<{ holder: GateScore; candidate: GateScore }>;

/** Returns why the candidate does not beat the version that has the label, as a clause. Undefined if it does. */
export function explainGate({ metric, minDelta }: LabelGate, { holder, candidate }: GateScores): string | undefined {
  if (candidate.score === undefined) return `${candidate.model} has no ${metric}`;
  if (holder.score === undefined) return undefined;
  if (holder.images !== candidate.images)
    return `${candidate.model} was scored on ${candidate.images}, and ${holder.model} on ${holder.images}, so ${metric} cannot be compared`;
  const gain = isLowerBetter(metric) ? holder.score - candidate.score : candidate.score - holder.score;
  if (gain > minDelta) return undefined;
  const margin = minDelta > 0 ? ` by more than ${minDelta}` : '';
  return `${metric} ${candidate.score} of ${candidate.model} does not beat ${holder.score} of ${holder.model}${margin}`;
}

/** Reads the scores that a gate compares. Throws `model_not_found`, and every error of `findPair`. */
export async function readGateScores(
  { readManifest, findPair }: GateSources,
  { metric, dataset, split = 'test' }: LabelGate,
  { holder, candidate }: Readonly<{ holder: ModelReference; candidate: ModelReference }>,
): Promise<GateScores> {
  if (dataset === undefined) {
    const scoreOf = async (model: ModelReference) => trainingScore(metric as TrainingMetric, await readManifest(model));
    return { holder: await scoreOf(holder), candidate: await scoreOf(candidate) };
  }
  const [before, after] = await findPair(holder, candidate, { dataset, split }).catch((error: unknown) => {
    throw error instanceof TrainyardError
      ? new TrainyardError(error.code, error.message, { errors: NOT_EVALUATED })
      : error;
  });
  const scoreOf = (evaluation: DatasetEvaluation) => evaluationScore(metric as EvaluationMetric, evaluation);
  return { holder: scoreOf(before), candidate: scoreOf(after) };
}

const NOT_EVALUATED = [
  {
    pointer: '/gate/dataset',
    message: 'must be a data set on which both versions were evaluated with the same images',
  },
];

const trainingScore = (metric: TrainingMetric, model: ScoredModel): GateScore => ({
  model: referenceOf(model),
  score: model.scores?.[metric],
  images: scoredImages(metric, model),
});

const evaluationScore = (
  metric: EvaluationMetric,
  { model, scores, split, dataset }: DatasetEvaluation,
): GateScore => ({
  model: referenceOf(model),
  score: scores?.[metric],
  images: `the ${split} images of ${dataset}`,
});

/** Describes the images of a score. The seed decides which training images are held out. */
function scoredImages(metric: TrainingMetric, { spec }: ScoredModel): string {
  if (!isJobSpec(spec)) return 'unknown images';
  const { dataset, seed } = spec;
  if (metric.startsWith('test')) return `${dataset.testSamples} test images of ${dataset.name}`;
  return dataset.validation === 'own'
    ? `${dataset.validationSamples} validation images of ${dataset.name}`
    : `${dataset.validationSamples} held-out images of the ${dataset.trainSamples} of ${dataset.name}, drawn by seed ${seed}${dataset.stratified ? ', class by class' : ''}`;
}

const referenceOf = ({ name, version }: ModelReference): string => `${name}@${version}`;
