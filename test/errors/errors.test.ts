/** Errors: which texts of libraries and processes say that memory is short, and which errors are passed over. */
import { expect, test } from 'vitest';
import { saysOutOfMemory, TrainyardError, unlessCorrupt } from '../../src/errors/errors.js';

test.each([
  "terminate called after throwing an instance of 'std::bad_alloc'",
  'Session fail to run with error: OOM when allocating tensor with shape[1024,16,16,32] and type float',
  'Session fail to run with error: Operation received an exception:Status: 1, message: could not create a primitive',
  'Session fail to run with error: Compute received an exception:Status:1, message: could not create a memory object.',
  'RESOURCE_EXHAUSTED: failed to allocate memory',
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  'Array buffer allocation failed',
  'Non-zero status code returned while running Conv node. Failed to allocate memory for requested buffer of size 4096',
  'ENOMEM: Cannot allocate memory',
])('%s', (text) => {
  expect(saysOutOfMemory(text)).toBe(true);
});

test.each([
  'Session fail to run with error: Operation received an exception:Status: 2, message: could not create a primitive',
  'Allocation of 67108864 exceeds 10% of free system memory.',
  'The loss is NaN at epoch 1, step 3: use a smaller learning rate.',
])('not: %s', (text) => {
  expect(saysOutOfMemory(text)).toBe(false);
});

test('a damaged file of a data set or a model is passed over, and any other error is not', () => {
  for (const code of ['dataset_corrupt', 'model_corrupt'] as const)
    expect(unlessCorrupt(new TrainyardError(code, 'It is damaged.'))).toBeUndefined();
  for (const error of [new TrainyardError('dataset_not_found', 'It is gone.'), new Error('x')])
    expect(() => unlessCorrupt(error)).toThrow(error);
});
