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
const recipe = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const guide = readFileSync(join(import.meta.dirname, '../docs/guides/recipes.md'), 'utf8');
const validate = createValidatorCompiler()({ schema: JobRequest, httpPart: 'body', method: 'POST', url: '/jobs' });

it('finds recipes for the tutorial’s runs and for the original image size', () => {
  expect(names.sort()).toEqual(['native28-20', 'native28-5', 'native28-50', 'tutorial-densenet', 'tutorial-resnet']);
});

describe.each(names)('the recipe %s', (name) => {
  const request = recipe(name);

  it('matches the contract and has no unknown field', () => {
    expect(validate(request)).toEqual({ value: request });
  });

  it('keeps all its settings in the resolved spec, has the name of its file, and leaves the seed to the runner', () => {
    const { augmentation = {}, precision: _, notes: __, ...rest } = request; // workers decide what `auto` means
    const spec = resolveJob(request);
    expect(spec).toMatchObject({ ...rest, augmentation, name });
    expect(spec.seed).toBe(0);
    expect(request).not.toHaveProperty('seed');
  });
});

it('are listed in the guide with their notes', () => {
  const listed = [...guide.matchAll(/^\| `([^`]+)` \| ([^|]+) \|$/gm)].map(([, name = '', notes]) => [name, notes]);
  const kept = names.map((name) => [name, recipe(name).notes]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(kept));
});

it.each(names)('promises the measured mean accuracy: %s', (name) => {
  const results = guide.split('\n').filter((line) => line.startsWith(`| \`${name}\``) && line.split('|').length > 4);
  const mean = Number.parseFloat(results[0]?.split('|')[5] ?? '');
  const promised = Number(/About ([\d.]+) % test accuracy\.$/.exec(recipe(name).notes)?.[1]);
  expect(Math.abs(promised - mean)).toBeLessThan(0.06);
});

describe('a tutorial recipe', () => {
  it.each(['resnet', 'densenet'] as const)(
    'for %s equals the job that POST /jobs makes from the network alone',
    (network) => {
      expect(resolveJob(recipe(`tutorial-${network}`))).toEqual({
        ...resolveJob({ network }),
        name: `tutorial-${network}`,
      });
    },
  );
});
