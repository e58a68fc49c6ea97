/** A job request in the console's form: its JSON, its fields, its link and its code. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decodeDraft, encodeDraft } from '../../src/console/pages/new-job/draft-link.js';
import {
  effectiveValue,
  FIELDS,
  fieldsOfGroup,
  GROUPS,
  isOfPreset,
  pathOfPointer,
} from '../../src/console/pages/new-job/job-form.js';
import { formatJson, lineOf, parseJson } from '../../src/console/pages/new-job/json-text.js';
import { rangeOf, readText } from '../../src/console/pages/new-job/number-text.js';
import { codeFor } from '../../src/console/pages/new-job/request-code.js';
import {
  type Json,
  type JsonObject,
  pathsOf,
  withoutShortForms,
  withValue,
} from '../../src/console/pages/new-job/request-draft.js';
import { JobRequest } from '../../src/contracts/jobs/job.js';

/** Every object that null turns off is on. Otherwise the form hides the fields below it. */
const SWITCHED_ON = FIELDS.filter(({ kind }) => kind === 'switch').reduce<JsonObject>(
  (request, { path }) => withValue(request, path, {}),
  {},
);

describe('the fields of the form', () => {
  it('are in exactly one group, for each network, optimizer and schedule', () => {
    for (const network of ['resnet', 'densenet'])
      for (const optimizer of ['adam', 'adamw', 'sgd'])
        for (const schedule of ['constant', 'step', 'multi-step', 'cosine', 'one-cycle']) {
          const request = { network, optimizer: { name: optimizer }, schedule: { name: schedule }, ...SWITCHED_ON };
          const paths = GROUPS.flatMap((group) => {
            const { shown, more } = fieldsOfGroup(group, request, undefined);
            return [...shown, ...more].map(({ path }) => path);
          });
          expect(new Set(paths).size).toBe(paths.length);
          const all = FIELDS.filter(({ when }) => when === undefined).map(({ path }) => path);
          expect(paths).toEqual(expect.arrayContaining(all.filter((path) => !path.startsWith('from.'))));
        }
  });

  it('cover every property of a request', () => {
    const [branch] = (JobRequest as unknown as { anyOf: { properties: object }[] }).anyOf;
    const names = new Set(FIELDS.map(({ path }) => path.split('.')[0]));
    expect(Object.keys(branch?.properties ?? {}).filter((name) => !names.has(name))).toEqual([]);
  });

  it('have the defaults of the optimizer and the network that the request names', () => {
    const defaultOf = (path: string, value: string) =>
      FIELDS.find((field) => field.path === path && field.when?.values.includes(value))?.default;
    expect(defaultOf('optimizer.learningRate', 'sgd')).toBe(0.1);
    expect(defaultOf('optimizer.learningRate', 'adamw')).toBe(0.001);
    expect(defaultOf('optimizer.weightDecay', 'adamw')).toBe(0.01);
    expect(defaultOf('networkOptions.width', 'resnet')).toBe(64);
  });

  it('are found by the pointers of errors', () => {
    expect(pathOfPointer('/optimizer/learningRate')).toBe('optimizer.learningRate');
    expect(pathOfPointer('/changes/0/to/patience')).toBe('changes');
    expect(pathOfPointer('/normalization/mean')).toBe('normalization');
    expect(pathOfPointer('/optimizer')).toBe('optimizer.name');
    expect(pathOfPointer('/lr')).toBeUndefined();
    expect(pathOfPointer('')).toBeUndefined();
  });
});

describe('JSON with lines', () => {
  it.each<Json>([
    {},
    [],
    { a: [1, -2.5e-3, true, false, null, 'x"\\\n\u2028é😀'], b: { '/~': {} }, ['__proto__x']: 1 },
    [[[]], [{ a: [] }]],
  ])('reads what JSON.parse reads: %j', (value) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2), formatJson(value)])
      expect(parseJson(text).value).toEqual(value);
  });

  it.each([
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'A comma or } is needed here.'],
    ['{\n  a: 1\n}', 2, 3, 'A name in double quotes is needed here.'],
    ['{ "a": 1, }', 1, 11, 'A name in double quotes is needed here.'],
    ['{ "a": 1, "a": 2 }', 1, 11, 'The name "a" occurs twice.'],
    ['{ "a": yes }', 1, 8, 'yes is no value: numbers, true, false and null stand alone, text in double quotes.'],
    ['{ "a": 01 }', 1, 8, '01 is no value: numbers, true, false and null stand alone, text in double quotes.'],
    ['{ "a": "b', 1, 8, 'The closing quote is missing.'],
    ['{} {}', 1, 4, 'The text goes on after its end.'],
    ['', 1, 1, 'The text ends too early: A value is needed here.'],
    [`${'['.repeat(60)}`, 1, 52, 'At most 50 levels.'],
  ])('names line and column of the fault in %j', (text, line, column, message) => {
    expect(parseJson(text).fault).toEqual({ line, column, message });
  });

  it('knows the line of each value, and of the nearest around one that is missing', () => {
    const { lines } = parseJson('{\n  "a": {\n    "b/c": [\n      1,\n      2\n    ]\n  }\n}');
    expect(['/a', '/a/b~1c', '/a/b~1c/1', '/a/other', '/none', ''].map((pointer) => lineOf(lines, pointer))).toEqual([
      2, 3, 5, 2, 1, 1,
    ]);
  });
});

describe('a draft', () => {
  it('gets and loses values, and objects that become empty', () => {
    const first = withValue({ network: 'resnet' }, 'optimizer.learningRate', 0.1);
    expect(first).toEqual({ network: 'resnet', optimizer: { learningRate: 0.1 } });
    expect(pathsOf(first)).toEqual(['network', 'optimizer.learningRate']);
    expect(withValue(first, 'optimizer.learningRate', undefined)).toEqual({ network: 'resnet' });
  });

  it('keeps early stopping on when its last option is reset', () => {
    const request = withValue({ earlyStopping: { patience: 3 } }, 'earlyStopping.patience', undefined);
    expect(request).toEqual({ earlyStopping: {} });
  });

  it('writes short forms as objects', () => {
    expect(withoutShortForms({ optimizer: 'sgd', dataset: 'boots', name: 'x' })).toEqual({
      optimizer: { name: 'sgd' },
      dataset: { name: 'boots' },
      name: 'x',
    });
  });

  it('shows the options of a preset as the plan resolves them', () => {
    const request = withoutShortForms({ network: 'resnet', augmentation: 'photos' });
    expect(request['augmentation']).toEqual({ name: 'photos' });
    const spec = { augmentation: { flip: true, mixup: 0.2 } };
    const values = ['flip', 'mixup', 'cutout'].map((name) => effectiveValue(`augmentation.${name}`, request, spec));
    expect(values).toEqual([true, 0.2, 0]);
    expect(effectiveValue('labelSmoothing', request, { ...spec, labelSmoothing: 0.1 })).toBe(0.1);
    expect(isOfPreset('labelSmoothing', request)).toBe(true);
  });

  it('fits into a link, and comes back from it', () => {
    const request = { network: 'resnet', metadata: { team: 'Été 😀 <b>' }, changes: [{ step: 1, to: { epochs: 3 } }] };
    expect(decodeDraft(encodeDraft(request))).toEqual(request);
    expect(encodeDraft(request)).toMatch(/^[\w-]+$/);
    for (const broken of ['', 'x', '!!!', encodeDraft(request).slice(0, -9), 'A'.repeat(200_000)])
      expect(decodeDraft(broken)).toBeUndefined();
  });
});

describe('typed text', () => {
  it.each([
    ['1e-4', 'number', 0.0001],
    ['12_000', 'integer', 12_000],
    ['1, 2 4', 'list', [1, 2, 4]],
    ['[3,4]', 'list', [3, 4]],
    ['', 'number', undefined],
    ['boots', 'text', 'boots'],
  ] as const)('%j is read as %s', (text, kind, value) => {
    expect(readText(text, { kind })).toEqual({ value });
  });

  it.each([
    ['x', 'number'],
    ['1.5', 'integer'],
    ['1,x', 'list'],
    ['Infinity', 'number'],
  ] as const)('%j is no %s', (text, kind) => {
    expect(readText(text, { kind })).toEqual({ fault: expect.any(String) });
  });

  it('has its range in words', () => {
    const rangeAt = (path: string) => rangeOf(FIELDS.find((field) => field.path === path) ?? (undefined as never));
    expect(rangeAt('batchSize')).toBe('1 to 8192');
    expect(rangeAt('optimizer.learningRate')).toBe('above 0, at most 10');
    expect(rangeAt('labelSmoothing')).toBe('at least 0, below 1');
    expect(rangeAt('name')).toBeUndefined();
  });
});

describe('code for a request', () => {
  const request = { network: 'resnet', dataset: { resize: 28 }, networkOptions: { blocks: [1, 1] }, maxSeconds: null };

  it('is a command with fields as key=value', () => {
    expect(codeFor('cli', request, 'http://127.0.0.1:3000/')).toBe(
      'trainyard train resnet dataset.resize=28 networkOptions.blocks=1,1 maxSeconds=none',
    );
    const long = { ...request, name: 'a-name', seed: 7, batchSize: 64 };
    expect(codeFor('cli', long, 'http://h:1')).toMatch(/^trainyard --url http:\/\/h:1 train resnet \\\n {2}dataset/);
    expect(codeFor('cli', { network: 'resnet', metadata: { a: '@x' } }, 'http://h:1')).toContain("train -f - <<'JSON'");
  });

  it('keeps text that looks like a word of the language', () => {
    const texts = { network: 'resnet', metadata: { a: 'true', b: 'null', ['__proto__']: 'p' } };
    expect(codeFor('python', texts, 'http://h:1')).toContain('"a": "true", "b": "null"');
    expect(codeFor('typescript', texts, 'http://h:1')).toContain('["__proto__"]: "p"');
  });

  it('is valid JSON for curl', () => {
    const [, body = ''] = /-d '([\s\S]*)'$/.exec(codeFor('curl', request, 'http://h:1')) ?? [];
    expect(parse(body)).toEqual(request);
  });
});
