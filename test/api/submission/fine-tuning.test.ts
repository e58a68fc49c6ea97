/** Fine-tuning options at submission: frozen layers, phases and the recipe are resolved, and contradictions are refused. */
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeModel } from '../../support/models.js';
import { openRunningApi } from '../../support/running-api.js';

const { api } = await openRunningApi();

const small = {
  network: 'resnet',
  networkOptions: { variant: 'resnet18', width: 8 },
  dataset: { name: 'synthetic', resize: 32, trainSamples: 64, testSamples: 16 },
  batchSize: 16,
};
const post = (body: object) => request(api.server).post('/jobs/plan').send(body);

beforeAll(async () => {
  const { spec, ...description } = describeModel({ name: 'source', classes: ['a', 'b'], resize: 32 });
  const files = { weights: Buffer.from('none'), savedModel: Buffer.from('none') };
  const normalized = { ...description.preprocessing, mean: [0.25], std: [0.5] };
  await api.store.save(
    { ...description, preprocessing: normalized, spec: { ...spec, normalization: 'dataset', maxSeconds: 9 } },
    files,
  );
});

/** The fault, the fields, the pointer and a part of the message. */
const refused: [what: string, fields: object, pointer: string, sentence: RegExp][] = [
  [
    'a layer that does not exist, with the nearest',
    { freeze: 'layr3' },
    '/freeze',
    /^must be one of "backbone", "conv1", .*: resnet has no layer "layr3"\. Did you mean "layer3"\?$/,
  ],
  [
    'a misspelled layer at a depth',
    { freeze: 'layer4.0.bn3' },
    '/freeze',
    /no layer "layer4\.0\.bn3"\. Did you mean "layer4\.0\.bn\d"\?$/,
  ],
  [
    'the head as the frozen layer',
    { freeze: 'fc' },
    '/freeze',
    /within them: behind "fc", no layer of resnet is left to train$/,
  ],
  ['a layer of another network', { freeze: 'features.denseblock1' }, '/freeze', /must be one of "backbone"/],
  [
    'a misspelled backbone in a phase',
    { phases: [{ epochs: 1 }, { epochs: 1, freeze: 'backbon' }] },
    '/phases/1/freeze',
    /"backbone"/,
  ],
  [
    'epochs that are not those of the phases',
    { epochs: 5, phases: [{ epochs: 1 }, { epochs: 2 }] },
    '/epochs',
    /^must be 3, the epochs of all phases together, or left out, not 5$/,
  ],
  [
    'a schedule longer than its phase',
    { phases: [{ epochs: 4 }, { epochs: 1, schedule: { name: 'step', every: 2 } }] },
    '/phases/1/schedule/every',
    /must be less than epochs, 1/,
  ],
  [
    'one-cycle in a phase of one step',
    { batchSize: 64, phases: [{ epochs: 1, schedule: 'one-cycle' }] },
    '/phases/0/schedule/name',
    /at least 3 steps for one-cycle, not 1/,
  ],
  ['a phase without epochs', { phases: [{ freeze: 'backbone' }] }, '/phases/0/epochs', /required/],
  ['no phases', { phases: [] }, '/phases', /1/],
  [
    'an unknown option of a phase',
    { phases: [{ epochs: 1, batchSize: 8 }] },
    '/phases/0/batchSize',
    /not a known field/,
  ],
  [
    'images that are too small for the network in a phase',
    {
      network: 'densenet',
      networkOptions: { variant: 'densenet121' },
      phases: [{ epochs: 1, resize: 8 }, { epochs: 1 }],
    },
    '/phases/0/resize',
    /needs images of at least/,
  ],
  ['a rate of the head of 0', { headRate: 0 }, '/headRate', /./],
  ['a decay above 1', { layerDecay: 1.5 }, '/layerDecay', /1/],
];

describe('a job is refused for', () => {
  test.each(refused)('%s', async (_, fields, pointer, sentence) => {
    const { status, body } = await post({ ...small, ...fields });
    expect(status).toBe(400);
    expect(body.errors).toContainEqual({ pointer, message: expect.stringMatching(sentence) });
  });
});

describe('a plan', () => {
  test('of frozen layers needs less memory and time, and repeats the options', async () => {
    const [whole, frozen] = await Promise.all([post(small), post({ ...small, freeze: 'layer4', headRate: 5 })]);
    expect(frozen.body.spec).toMatchObject({ freeze: 'layer4', headRate: 5 });
    expect(frozen.body.memory.slotsBytes).toBeLessThan(whole.body.memory.slotsBytes / 10);
    expect(frozen.body.memory.activationsBytes).toBeLessThan(whole.body.memory.activationsBytes);
    expect(frozen.body.parameters).toBe(whole.body.parameters);
  });

  test('of phases has the learning rate of each', async () => {
    const { body } = await post({
      ...small,
      phases: [
        { epochs: 1, freeze: 'backbone' },
        { epochs: 2, learningRate: 0.01 },
      ],
    });
    expect(body).toMatchObject({ steps: 12, spec: { epochs: 3 } });
    expect(body.learningRate.map(({ value }: { value: number }) => value)).toEqual([
      ...Array(4).fill(0.001),
      ...Array(8).fill(0.01),
    ]);
  });
});

describe('the recipe fine-tune', () => {
  const from = { model: 'source', recipe: 'fine-tune' };
  const dataset = { name: 'synthetic', trainSamples: 64, testSamples: 16 };

  test('writes out what it expands to, with the normalization of the model', async () => {
    const { status, body } = await post({ from, dataset, name: 'tuned' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.spec).toMatchObject({
      ...{ epochs: 10, batchSize: 64, maxSeconds: null, normalization: { mean: [0.25], std: [0.5] } },
      from: { mode: 'fine-tune', recipe: 'fine-tune', head: 'new', model: { name: 'source', version: 1 } },
      phases: [
        { epochs: 2, freeze: 'backbone', batchNorm: 'frozen' },
        { epochs: 8, freeze: null, batchNorm: 'trained', layerDecay: 0.75 },
      ],
    });
  });

  test.each([
    [
      'phases of its own',
      { phases: [{ epochs: 1 }] },
      '/phases',
      /^is set by the recipe fine-tune: leave it out, or leave from.recipe out$/,
    ],
    ['frozen layers of its own', { freeze: null }, '/freeze', /is set by the recipe/],
    ['one epoch', { epochs: 1 }, '/epochs', /^must be at least 2, one for each phase of the recipe, not 1$/],
  ])('is refused with %s', async (_, fields, pointer, message) => {
    const { body } = await post({ from, dataset, name: 'tuned', ...fields }).expect(400);
    expect(body.errors).toContainEqual({ pointer, message: expect.stringMatching(message) });
  });

  test('is refused with another mode or name', async () => {
    const answers = await Promise.all(
      [
        { ...from, mode: 'continue' },
        { ...from, recipe: 'fine-tuned' },
      ].map((each) => post({ from: each, name: 'tuned' }).expect(400)),
    );
    expect(answers.map(({ body }) => body.errors[0]?.pointer)).toEqual(['/from/mode', '/from/recipe']);
  });
});
