/** Descriptions of models for tests: what a trainer would hand to the store. */
import type { ModelDescription } from '../../src/contracts/model.js';
import { resolveJob } from '../../src/contracts/job.js';

type Choice = Readonly<{ name?: string; jobId?: string; createdAt?: string; classes?: string[]; side?: number; channels?: 1 | 3; resize?: number }>;

/** A model of a 28 × 28 grey network with three classes, unless said otherwise. */
export function describeModel({ name = 'boots', jobId = 'job', createdAt = '2026-01-01T00:00:00.000Z', classes = ['a', 'b', 'c'], side = 28, channels = 1, resize = side }: Choice = {}): ModelDescription {
  return {
    jobId,
    createdAt,
    spec: resolveJob({ network: 'resnet', name, dataset: { name: 'synthetic', resize } }),
    parameters: 10,
    preprocessing: { height: side, width: side, channels, fit: 'contain', background: 0, scale: 1 / 255, resize },
    classes,
    scores: { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testLoss: 1, testAccuracy: 0.5 },
  };
}
