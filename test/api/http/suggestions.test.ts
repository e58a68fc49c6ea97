/** Refusals of near misses: misspelled and misplaced fields, and values that are close to allowed ones. */
import { describe, expect, test } from 'vitest';
import { createValidatorCompiler } from '../../../src/api/http/validation.js';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { JobSubmission } from '../../../src/contracts/submission/job-from.js';
import type { TrainyardError } from '../../../src/errors/errors.js';

const validate = createValidatorCompiler()({ schema: JobSubmission, method: 'POST', url: '/jobs', httpPart: 'body' });
const errorsOf = (body: unknown) => (validate(body) as { error?: TrainyardError }).error?.errors;

describe('a refusal of an unknown field', () => {
  test.each<[field: string, message: string]>([
    ['epoch', 'is not a known field. Did you mean epochs?'],
    ['batch_size', 'is not a known field. Did you mean batchSize?'],
    ['optimzer', 'is not a known field. Did you mean optimizer?'],
    ['lr', 'is not a known field. Did you mean optimizer.learningRate?'],
    ['learningRate', 'is not a known field. Did you mean optimizer.learningRate?'],
    ['variant', 'is not a known field. Did you mean networkOptions.variant?'],
    ['resize', 'is not a known field. Did you mean dataset.resize?'],
    ['colour', 'is not a known field: /docs lists the fields'],
  ])('%s names only the near ones', (field, message) => {
    expect(errorsOf({ network: 'resnet', [field]: 1 })).toEqual([{ pointer: `/${field}`, message }]);
  });

  test('names near fields of the same object', () => {
    expect(errorsOf({ network: 'resnet', optimizer: { name: 'sgd', learning_rate: 1 } })).toEqual([
      { pointer: '/optimizer/learning_rate', message: 'is not a known field. Did you mean learningRate?' },
    ]);
  });

  test('does not name the field itself if another optimizer has it', () => {
    expect(errorsOf({ network: 'resnet', optimizer: { name: 'adam', momentum: 0.9 } })).toEqual([
      {
        pointer: '/optimizer/momentum',
        message:
          'is not a known field: allowed are name, learningRate, beta1, beta2, epsilon, weightDecay, decayNormAndBias',
      },
    ]);
  });

  test('lists all fields of a small object', () => {
    expect(errorsOf({ network: 'resnet', earlyStopping: { colour: 1 } })).toEqual([
      {
        pointer: '/earlyStopping/colour',
        message: 'is not a known field: allowed are metric, mode, patience, minDelta',
      },
    ]);
  });
});

describe('a refusal of a value', () => {
  test.each<[body: object, pointer: string, message: string]>([
    [
      { network: 'resnet18' },
      '/network',
      'must be one of "resnet", "densenet", not "resnet18". Did you mean {"network":"resnet","networkOptions":{"variant":"resnet18"}}?',
    ],
    [
      { network: 'DenseNet-121' },
      '/network',
      'must be one of "resnet", "densenet", not "DenseNet-121". Did you mean {"network":"densenet","networkOptions":{"variant":"densenet121"}}?',
    ],
    [{ network: 'resnt' }, '/network', 'must be one of "resnet", "densenet", not "resnt". Did you mean "resnet"?'],
    [
      { network: 'resnet', precision: 'bf16' },
      '/precision',
      'must be one of "float32", "bfloat16", "auto", not "bf16"',
    ],
    [
      { network: 'resnet', precision: 'float' },
      '/precision',
      'must be one of "float32", "bfloat16", "auto", not "float". Did you mean "float32"?',
    ],
    [
      { network: 'resnet', optimizer: 'sdg' },
      '/optimizer',
      'must be an object or "adam" or "adamw" or "sgd", not "sdg". Did you mean "sgd"?',
    ],
    [
      { network: 'resnet', optimizer: 'adamW2' },
      '/optimizer',
      'must be an object or "adam" or "adamw" or "sgd", not "adamW2". Did you mean "adamw" or "adam"?',
    ],
    [
      { network: 'resnet', schedule: 'multi-step' },
      '/schedule',
      'must be an object or "constant" or "step" or "cosine" or "one-cycle", not "multi-step". Did you mean {"name":"multi-step","epochs":…}?',
    ],
    [
      { network: 'resnet', schedule: { name: 'cosin' } },
      '/schedule/name',
      'must be one of "constant", "step", "multi-step", "cosine", "one-cycle", not "cosin". Did you mean "cosine"?',
    ],
  ])('%j names the near one', (body, pointer, message) => {
    expect(errorsOf(body)).toEqual([{ pointer, message }]);
  });
});

describe('a short form', () => {
  test.each<[short: object, long: object]>([
    [{ optimizer: 'sgd' }, { optimizer: { name: 'sgd' } }],
    [{ schedule: 'cosine' }, { schedule: { name: 'cosine' } }],
    [{ dataset: 'boots' }, { dataset: { name: 'boots' } }],
  ])('%j is accepted for the object', (short, long) => {
    expect(errorsOf({ network: 'resnet', ...short })).toBeUndefined();
    const spec = (body: object) => resolveJob({ network: 'resnet', ...body } as JobRequest);
    expect(spec(short)).toEqual(spec(long));
  });
});
