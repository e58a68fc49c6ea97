/** `trainyard evaluate`, and the comparison of two evaluations, on a real service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcesses, startProcesses } from '../client/service.js';
import { runCommand } from '../support/command.js';
import { expectLines } from '../support/json-lines.js';

let service: ServiceProcesses;
const run = (...args: string[]) => runCommand(args, { url: service.address });
const DATA = ['data=synthetic', 'dataset.resize=8', 'dataset.trainSamples=128', 'dataset.testSamples=32'];
const NETWORK = ['networkOptions.stem=small', 'networkOptions.width=8', 'networkOptions.blocks=1'];

beforeAll(async () => {
  service = await startProcesses();
  for (const seed of [1, 2]) {
    const trained = await run('train', 'resnet', ...NETWORK, ...DATA, 'epochs=1', `seed=${seed}`, 'name=boots', '-Fq');
    expect(trained).toEqual({ code: 0, out: `boots@${seed}\n`, err: '' });
  }
});
afterAll(() => service.close());

describe('an evaluation', () => {
  it('prints its scores, with --json the answer of the service, with --quiet the accuracy', async () => {
    const shown = await run('evaluate', 'boots@1', '--data', 'synthetic');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toMatch(/^model +boots@1\ndata +synthetic, [\d,]+ test images\naccuracy +[\d.]+ %\n/);
    const json = await run('evaluate', 'boots@2', '--data', 'synthetic', '--json');
    expect(expectLines(json.out, 'DatasetEvaluationDetails')).toMatchObject([{ state: 'succeeded' }]);
    expect((await run('evaluate', 'boots@2', '--data', 'synthetic', '-q')).out).toMatch(/^(0\.\d+|0|1)\n$/);
  });

  it('that is detached prints its id, or the queued evaluation', async () => {
    const args = ['evaluate', 'boots@1', '--data', 'synthetic', '--split', 'train', '--detach'];
    expect((await run(...args)).out).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(expectLines((await run(...args, '--json')).out, 'DatasetEvaluation')).toHaveLength(1);
  });

  it.each([
    ['an unknown data set', ['--data', 'nothing'], 4, /^--data must be one of "fashion-mnist", /],
    [
      'a priority that is no number',
      ['--data', 'synthetic', '--priority', 'high'],
      2,
      /--priority must be a whole number/,
    ],
    ['an unknown split', ['--data', 'synthetic', '--split', 'tests'], 2, /test, train, validation/],
  ])('of %s is refused', async (_, args, code, err) => {
    expect(await run('evaluate', 'boots@1', ...args)).toMatchObject({ code, out: '', err: expect.stringMatching(err) });
  });
});

it('two evaluations are compared image by image', async () => {
  const args = ['models', 'diff', 'boots@1', 'boots@2', '--data', 'synthetic'];
  const shown = await run(...args);
  expect(shown).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^data +synthetic, .*\nboots@1 .*\nboots@2 .*\n/),
  });
  expect(expectLines((await run(...args, '--json')).out, 'DatasetComparison')).toHaveLength(1);
  expect((await run(...args, '-q')).out).toMatch(/^-?(0\.\d+|0|1)\n$/);
});
