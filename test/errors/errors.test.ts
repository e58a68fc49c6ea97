/** What counts as want of memory, by what libraries and processes have been seen to say under a limit. */
import { expect, test } from 'vitest';
import { saysOutOfMemory } from '../../src/errors/errors.js';

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
