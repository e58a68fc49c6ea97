/** Checks that the recipes are valid bodies of POST /jobs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createValidatorCompiler } from '../src/api/http/validation.js';
import { JobRequest, resolveJob } from '../src/contracts/jobs/job.js';

const folder = join(import.meta.dirname, '../examples/recipes');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));
const validate = createValidatorCompiler()({ schema: JobRequest, httpPart: 'body', method: 'POST', url: '/jobs' });

it('finds recipes for the tutorial’s runs and for the original image size', () => {
  expect(names.sort()).toEqual(['native28-20', 'native28-5', 'native28-50', 'tutorial-densenet', 'tutorial-resnet']);
});

describe.each(names)('the recipe %s', (name) => {
  const request = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

  it('matches the contract and has no unknown field', () => {
    expect(validate(request)).toEqual({ value: request });
  });

  it('keeps all its settings in the resolved spec, has the name of its file, and leaves the seed to the runner', () => {
    const { augmentation = {}, precision: _, ...rest } = request; // workers decide what `auto` means
    const spec = resolveJob(request);
    expect(spec).toMatchObject({ ...rest, augmentation, name });
    expect(spec.seed).toBe(0);
    expect(request).not.toHaveProperty('seed');
  });
});

describe('a tutorial recipe', () => {
  it.each(['resnet', 'densenet'] as const)(
    'for %s equals the job that POST /jobs makes from the network alone',
    (network) => {
      const request = JSON.parse(readFileSync(join(folder, `tutorial-${network}.json`), 'utf8'));
      expect(resolveJob(request)).toEqual({ ...resolveJob({ network }), name: `tutorial-${network}` });
    },
  );
});
