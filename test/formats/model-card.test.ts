/** Model cards: scores that only some models have. */
import { expect, it } from 'vitest';
import { writeModelCard } from '../../src/formats/model-card.js';
import { describeModel } from '../support/models.js';

const FILE = { path: 'x', sha256: '0'.repeat(64) };
const { scores, ...description } = describeModel();

const cardWith = (added: object): string => {
  const stored = { format: 'trainyard-model/1', name: 'boots', version: 1 } as const;
  const files = { weights: FILE, savedModel: FILE };
  return writeModelCard({ ...description, ...stored, files, scores: { ...scores, ...added } }, undefined);
};

it('a model card has a column for each score that the model has', () => {
  const validated = { validationLoss: 0.5, validationAccuracy: 0.8, validationMacroF1: 0.75 };
  expect(cardWith({ ...validated, validationBalancedAccuracy: 0.7, testTop5Accuracy: 0.99 })).toContain(
    [
      '| after epoch 1 | loss | accuracy | top-5 accuracy | macro-F1 | balanced accuracy |',
      '| --- | --- | --- | --- | --- | --- |',
      '| training | 1.0000 | 50.00 % |  |  |  |',
      '| validation | 0.5000 | 80.00 % |  | 75.00 % | 70.00 % |',
      '| test | 1.0000 | 50.00 % | 99.00 % |  |  |',
    ].join('\n'),
  );
  expect(cardWith({})).toContain('| after epoch 1 | loss | accuracy |\n');
});
