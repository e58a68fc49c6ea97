/** The gate of a label: whether one model's score beats another's, measured on the same images. */
import type { Gate, GateMetric } from '../contracts/models/label.js';
import { isJobSpec, type ModelManifest } from '../contracts/models/model.js';

type Scored = Pick<ModelManifest, 'name' | 'version' | 'scores' | 'spec'>;

/** Why a candidate does not beat the holder, as a sentence's tail; undefined where it does. */
export function explainGate({ metric, minDelta }: Gate, holder: Scored, candidate: Scored): string | undefined {
  const [now, next] = [holder.scores?.[metric], candidate.scores?.[metric]];
  if (next === undefined) return `${called(candidate)} has no ${metric}`;
  if (now === undefined) return undefined;
  const different = differentImages(metric, holder, candidate);
  if (different !== undefined) return different;
  const gain = metric.endsWith('Loss') ? now - next : next - now;
  if (gain > minDelta) return undefined;
  const margin = minDelta > 0 ? ` by more than ${minDelta}` : '';
  return `${metric} ${next} of ${called(candidate)} does not beat ${now} of ${called(holder)}${margin}`;
}

/** Scores on other images say nothing about which is better. Images that are set aside from the training are drawn by the seed. */
function differentImages(metric: GateMetric, holder: Scored, candidate: Scored): string | undefined {
  const images = ({ spec }: Scored): string => {
    if (!isJobSpec(spec)) return 'images that are not known';
    const { dataset, seed } = spec;
    if (metric.startsWith('test')) return `${dataset.testSamples} test images of ${dataset.name}`;
    return dataset.validation === 'own'
      ? `${dataset.validationSamples} validation images of ${dataset.name}`
      : `${dataset.validationSamples} of ${dataset.trainSamples} images of ${dataset.name} set aside by seed ${seed}`;
  };
  const [now, next] = [images(holder), images(candidate)];
  return now === next
    ? undefined
    : `${called(candidate)} was scored on ${next}, and ${called(holder)} on ${now}, so ${metric} cannot be compared`;
}

const called = ({ name, version }: Scored): string => `${name}@${version}`;
