/** Spec with which a job continues another one: the first spec, and the changes made while it ran. */
import { expect, test } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { specAfterChanges } from '../../src/contracts/submission/job-from.js';

const spec = resolveJob({ network: 'resnet', earlyStopping: { patience: 2 }, dataset: { validationSamples: 10 } });

test('the last change of a value is what is left of it', () => {
  const tuned = specAfterChanges(spec, [
    { to: { learningRate: 0.1, epochs: 9 } },
    { to: { maxSeconds: 60, patience: 4 } },
    { to: { learningRate: 0.2, maxSeconds: null } },
  ]);
  expect(tuned).toEqual({
    ...spec,
    epochs: 9,
    earlyStopping: { ...spec.earlyStopping, patience: 4 },
    optimizer: { ...spec.optimizer, learningRate: 0.2 },
  });
});

test('without changes it is the spec', () => {
  expect(specAfterChanges(spec, [])).toEqual(spec);
  expect(specAfterChanges({ ...spec, earlyStopping: null }, [])).toMatchObject({ earlyStopping: null });
});
