/** `key=value` arguments of the command. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeJobFields } from '../../src/api/job-field-table.js';
import { assign, changeFields } from '../../src/cli/assignments.js';
import { buildRequest } from '../../src/cli/commands/train-command.js';
import { CHANGE_FIELDS, JOB_FIELDS } from '../../src/cli/job-fields.js';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-assign-'));
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('an assignment', () => {
  it.each([
    ['epochs=5', { epochs: 5 }],
    ['batchSize=1_024', { batchSize: 1024 }],
    ['labelSmoothing=1e-1', { labelSmoothing: 0.1 }],
    ['emaDecay=none', { emaDecay: null }],
    ['emaDecay=0.999', { emaDecay: 0.999 }],
    ['data=boots', { dataset: 'boots' }],
    ['data.resize=28', { dataset: { resize: 28 } }],
    ['lr=0.01', { optimizer: { learningRate: 0.01 } }],
    ['optimizer=sgd', { optimizer: 'sgd' }],
    ['optimizer={"name":"sgd","momentum":0.9}', { optimizer: { name: 'sgd', momentum: 0.9 } }],
    ['schedule=one-cycle', { schedule: 'one-cycle' }],
    ['networkOptions.blocks=1,1,1', { networkOptions: { blocks: [1, 1, 1] } }],
    ['networkOptions.zeroInitResidual=yes', { networkOptions: { zeroInitResidual: true } }],
    ['metadata.team=vision', { metadata: { team: 'vision' } }],
    ['metadata.a.b=x=y', { metadata: { 'a.b': 'x=y' } }],
    ['from.checkpoint=best', { from: { checkpoint: 'best' } }],
    ['from.checkpoint=12', { from: { checkpoint: 12 } }],
    ['name=123', { name: '123' }],
  ])('%s becomes a value of its type', (text, expected) => {
    expect(assign({}, [text])).toEqual(expected);
  });

  it('removes a label of a job with null, and takes other words as text', () => {
    const texts = ['metadata.team=null', 'metadata.gpu=off'];
    expect(assign({}, texts, changeFields)).toEqual({ metadata: { team: null, gpu: 'off' } });
  });

  it('keeps a name when another field of the same object follows, in both orders', () => {
    const expected = { dataset: { name: 'boots', resize: 28 } };
    expect(assign({}, ['data=boots', 'dataset.resize=28'])).toEqual(expected);
    expect(assign({}, ['dataset.resize=28', 'data=boots'])).toEqual(expected);
  });

  it('reads a value from a file', () => {
    const hooks = fileOf('hooks.json', '[{"url":"https://example.com"}]');
    const name = fileOf('name', 'boots\n');
    expect(assign({}, [`webhooks=@${hooks}`, `name=@${name}`])).toEqual({
      webhooks: [{ url: 'https://example.com' }],
      name: 'boots',
    });
  });

  it.each([
    ['epoch=5', 'There is no field "epoch".', 'Did you mean epochs'],
    ['learningrate=1', 'There is no field "learningrate".', 'optimizer.learningRate'],
    ['epochs=five', 'epochs must be a whole number (got "five").', undefined],
    ['epochs=1.5', 'epochs must be a whole number (got "1.5").', undefined],
    ['optimizer=sdg', 'optimizer must be adam, adamw, sgd, or a JSON object (got "sdg").', 'Did you mean sgd?'],
    ['augmentation.flip=perhaps', 'augmentation.flip must be true or false (got "perhaps").', undefined],
    ['metadata=x', 'metadata must be a JSON object (got "x").', undefined],
    ['zzz=1', 'There is no field "zzz".', 'See `trainyard train --fields`.'],
    ['name=@/nowhere', 'name=@/nowhere: the file cannot be read (ENOENT).', undefined],
  ])('%s is refused with a sentence', (text, message, suggestion) => {
    const refused = expect(() => assign({}, [text]));
    refused.toThrow(expect.objectContaining({ message, exitCode: 2 }));
    if (suggestion !== undefined)
      refused.toThrow(expect.objectContaining({ suggestion: expect.stringContaining(suggestion) }));
  });

  it('of a live change knows only what can change', () => {
    expect(assign({}, ['learningRate=0.1', 'maxSeconds=none'], changeFields)).toEqual({
      learningRate: 0.1,
      maxSeconds: null,
    });
    expect(() => assign({}, ['batchSize=1'], changeFields)).toThrow('batchSize cannot change after the submission.');
  });
});

describe('a change', () => {
  it.each([
    [
      'batch=3',
      'batch cannot change after the submission.',
      /^Fields that can change: priority, learningRate, epochs, /,
    ],
    ['lr=1', 'lr cannot change after the submission.', /^Did you mean learningRate\?$/],
    ['patiense=1', 'There is no field "patiense".', /^Did you mean patience\?$/],
    ['zzz=1', 'There is no field "zzz".', /^Fields that can change: priority, /],
  ])('refuses %s with the fields that can change', (text, message, suggestion) => {
    const refused = expect(() => assign({}, [text], changeFields));
    refused.toThrow(expect.objectContaining({ message, suggestion: expect.stringMatching(suggestion) }));
  });
});

describe('a request', () => {
  it('begins with a network or a variant', () => {
    expect(buildRequest(['resnet', 'epochs=2'], undefined)).toEqual({ network: 'resnet', epochs: 2 });
    expect(buildRequest(['densenet121'], undefined)).toEqual({
      network: 'densenet',
      networkOptions: { variant: 'densenet121' },
    });
  });

  it('takes a recipe, and assignments before it', () => {
    const recipe = fileOf('recipe.json', '{"network":"resnet","epochs":5,"dataset":{"name":"boots","resize":28}}');
    expect(buildRequest(['epochs=1', 'dataset.resize=32'], recipe)).toEqual({
      network: 'resnet',
      epochs: 1,
      dataset: { name: 'boots', resize: 32 },
    });
  });

  it('changes one option of a preset and keeps the others', () => {
    const recipe = fileOf('photos.json', '{"network":"resnet","augmentation":"photos"}');
    const changed = { network: 'resnet', augmentation: { name: 'photos', mixup: 0 } };
    expect(buildRequest(['augmentation.mixup=0'], recipe)).toEqual(changed);
    expect(buildRequest(['resnet', 'augmentation.mixup=0', 'augmentation=photos'], undefined)).toEqual(changed);
  });

  it('needs no network if it starts from a model', () => {
    expect(buildRequest(['from.model=boots@stable'], undefined)).toEqual({ from: { model: 'boots@stable' } });
    expect(() => buildRequest(['epochs=1'], undefined)).toThrow('A job needs a network.');
    expect(() => buildRequest(['resnt'], undefined)).toThrow('There is no network "resnt".');
  });
});

describe('the table of fields', () => {
  it('matches the contract (if not: npm run openapi)', () => {
    expect(writeJobFields()).toContain(JOB_FIELDS);
    expect(writeJobFields()).toContain(CHANGE_FIELDS);
  });
});
