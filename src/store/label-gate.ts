/** Label gates: comparison of two models by a score on the same images. */
import type { LabelGate, LabelGateMetric } from '../contracts/models/label.js';
import { isJobSpec, type ModelManifest } from '../contracts/models/model.js';

type ScoredModel = Pick<ModelManifest, 'name' | 'version' | 'scores' | 'spec'>;

/** Returns why the candidate does not beat the model that has the label, as a clause. Undefined if it does. */
export function explainGate(
  { metric, minDelta }: LabelGate,
  holder: ScoredModel,
  candidate: ScoredModel,
): string | undefined {
  const [present, next] = [holder.scores?.[metric], candidate.scores?.[metric]];
  if (next === undefined) return `${referenceOf(candidate)} has no ${metric}`;
  if (present === undefined) return undefined;
  const different = differentImages(metric, holder, candidate);
  if (different !== undefined) return different;
  const gain = metric.endsWith('Loss') ? present - next : next - present;
  if (gain > minDelta) return undefined;
  const margin = minDelta > 0 ? ` by more than ${minDelta}` : '';
  return `${metric} ${next} of ${referenceOf(candidate)} does not beat ${present} of ${referenceOf(holder)}${margin}`;
}

/** Compares the images that two models were scored on: only scores on the same images are comparable. */
function differentImages(metric: LabelGateMetric, holder: ScoredModel, candidate: ScoredModel): string | undefined {
  const [present, next] = [scoredImages(metric, holder), scoredImages(metric, candidate)];
  return present === next
    ? undefined
    : `${referenceOf(candidate)} was scored on ${next}, and ${referenceOf(holder)} on ${present}, so ${metric} cannot be compared`;
}

/** Describes the images of a score. The seed decides which training images are held out. */
function scoredImages(metric: LabelGateMetric, { spec }: ScoredModel): string {
  if (!isJobSpec(spec)) return 'unknown images';
  const { dataset, seed } = spec;
  if (metric.startsWith('test')) return `${dataset.testSamples} test images of ${dataset.name}`;
  return dataset.validation === 'own'
    ? `${dataset.validationSamples} validation images of ${dataset.name}`
    : `${dataset.validationSamples} held-out images of the ${dataset.trainSamples} of ${dataset.name}, drawn by seed ${seed}${dataset.stratified ? ', class by class' : ''}`;
}

const referenceOf = ({ name, version }: ScoredModel): string => `${name}@${version}`;
