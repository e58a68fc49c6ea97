/** Error answers of the service in the words of the command. */
import { expect, it } from 'vitest';
import { LISTS } from '../../src/cli/commands/data-report.js';
import { describeError } from '../../src/cli/errors-text.js';
import { commandWords } from '../../src/cli/service-words.js';
import { type ErrorCode, TrainyardError, type WrongField } from '../../src/client/index.js';
import { findingsOf } from '../../src/datasets/report/findings.js';

const linesOf = (code: ErrorCode, detail: string, errors: readonly WrongField[] = []): readonly string[] =>
  describeError(new TrainyardError({ code, status: 400, title: 'Refused', detail, errors }), 'http://127.0.0.1:9')
    .lines;

const background = 'is transparent and shows nothing on a black background: import the archive with `background=white`';
const unlabelled =
  'is required: no version of boots has the label "stable". Send model=boots for its newest version, or label a version with PUT /models/boots/labels/stable';

/** The code, the sentence and the fields of an answer, and the lines of the command. */
const answers: [code: ErrorCode, detail: string, errors: WrongField[], lines: string[]][] = [
  [
    'model_not_found',
    'There is no model named "bas". GET /models lists the models.',
    [],
    ['There is no model named "bas". `trainyard models ls` lists the models.'],
  ],
  [
    'model_not_found',
    'Model "base" has no version 7. GET /models/base lists its versions.',
    [],
    ['Model "base" has no version 7. `trainyard models ls` shows the newest version.'],
  ],
  [
    'model_not_found',
    'No version of model "base" has the label "old": GET /models/base lists the labels.',
    [],
    ['No version of model "base" has the label "old": `trainyard models ls` shows the labels.'],
  ],
  [
    'evaluation_not_found',
    'a@1 has no finished evaluation on the test images of boots. Run one: POST /models/a@1/evaluations with {"dataset": "boots", "split": "test"}.',
    [{ pointer: '/gate/dataset', message: 'must be a data set on which both versions were evaluated' }],
    [
      'a@1 has no finished evaluation on the test images of boots. Run one: `trainyard evaluate a@1 --data boots --split test`.',
      '  --data must be a data set on which both versions were evaluated',
    ],
  ],
  [
    'invalid_request',
    '/from/model does not exist. There is no model named "nope". GET /models lists the models.',
    [
      {
        pointer: '/from/model',
        message: 'does not exist. There is no model named "nope". GET /models lists the models',
      },
    ],
    ['from.model does not exist. There is no model named "nope". `trainyard models ls` lists the models.'],
  ],
  [
    'dataset_not_found',
    'There is no data set named "x". GET /datasets lists the data sets.',
    [],
    ['There is no data set named "x". `trainyard data ls` lists the data sets.'],
  ],
  [
    'label_moved',
    '"stable" cannot be rolled back: in its last 4 changes it was at no other version that still exists. Move it to a version with PUT /models/boots/labels/stable.',
    [],
    [
      '"stable" cannot be rolled back: in its last 4 changes it was at no other version that still exists. Move it to a version with `trainyard models label boots@<version> stable`.',
    ],
  ],
  [
    'label_not_found',
    'Model "boots" has no label "x". Set it with PUT /models/{name}/labels/{label}.',
    [],
    ['Model "boots" has no label "x". Set it with `trainyard models label <name>@<version> <label>`.'],
  ],
  [
    'label_held',
    'base@1 has the label "stable". Move the label, or remove it with DELETE /models/base/labels/stable; then delete the version.',
    [],
    [
      'base@1 has the label "stable". Move the label, or remove it with `trainyard models label base stable --remove`; then delete the version.',
    ],
  ],
  [
    'invalid_request',
    `/model ${unlabelled}.`,
    [{ pointer: '/model', message: unlabelled }],
    [
      '--model is required: no version of boots has the label "stable". Give `--model boots` for its newest version, or label a version with `trainyard models label boots@<version> stable`.',
    ],
  ],
  [
    'invalid_request',
    '?cropShare must be at most 1, not 2.',
    [{ pointer: '?cropShare', message: 'must be at most 1, not 2' }],
    ['--crop-share must be at most 1, not 2.'],
  ],
  [
    'invalid_request',
    '?side must be at least 8, not 4 (and 1 more, see errors).',
    [
      { pointer: '?side', message: 'must be at least 8, not 4' },
      { pointer: '?cropShare', message: 'must be at most 1, not 2' },
    ],
    ['--side must be at least 8, not 4 (and 1 more).', '  --crop-share must be at most 1, not 2'],
  ],
  [
    'invalid_request',
    '/spec/name is base, but base@1 has 3 classes.',
    [{ pointer: '/spec/name', message: 'is base, but base@1 has 3 classes' }],
    ['--name is base, but base@1 has 3 classes.'],
  ],
  [
    'invalid_weights',
    'The weights do not fit: `origin` says resnet50, and they look like resnet18 with 1000 outputs. Correct `origin`, or leave it out.',
    [],
    [
      'The weights do not fit: `--origin` says resnet50, and they look like resnet18 with 1000 outputs. Correct `--origin`, or leave it out.',
    ],
  ],
  [
    'invalid_weights',
    'The weights do not fit this network: /weights/fc.weight must have the shape [2,512], not [1000,512] (1 more in `errors`). They have 1000 outputs, and `classes` has 2 names. For ImageNet\'s classes, send "imagenet-1k".',
    [
      { pointer: '/weights/fc.weight', message: 'must have the shape [2,512], not [1000,512]' },
      { pointer: '/weights/fc.bias', message: 'must have the shape [2], not [1000]' },
    ],
    [
      "The weights do not fit this network: weights.fc.weight must have the shape [2,512], not [1000,512] (1 more). They have 1000 outputs, and `--classes` has 2 names. For ImageNet's classes, write `--classes imagenet-1k`.",
      '  weights.fc.bias must have the shape [2], not [1000]',
    ],
  ],
  [
    'invalid_dataset',
    `The archive cannot be used: train/sky/a.png ${background}. In all, 2 paths are at fault. To leave such images out, import with \`onError=skip\`.`,
    [
      { pointer: '/train/sky/a.png', message: background },
      { pointer: '/train/sky/b.png', message: background },
    ],
    [
      'The archive cannot be used: train/sky/a.png is transparent and shows nothing on a black background: import the archive with `--background white`. In all, 2 paths are at fault. To leave such images out, import with `--on-error skip`.',
      '  train/sky/b.png is transparent and shows nothing on a black background: import the archive with `--background white`',
    ],
  ],
  [
    'invalid_request',
    '/dataset/resize must be at least 8, not 4.',
    [{ pointer: '/dataset/resize', message: 'must be at least 8, not 4' }],
    ['dataset.resize must be at least 8, not 4.'],
  ],
];

it.each(answers)('of %s says what can be typed: %s', (code, detail, errors, lines) => {
  expect(linesOf(code, detail, errors)).toEqual(lines);
});

it('name a command for each list of images that a finding names', () => {
  const groups = { groups: 1, images: 3, leakedTest: 1, leakedValidation: 1, conflicts: 1, isComplete: false };
  const report = {
    ...{ name: 'boots', same: groups, near: groups, leftOut: { files: 1 } },
    blank: { images: 2, train: 1, validation: 1, test: 0, transparent: 1 },
    imbalance: { ratio: 20, largest: { class: 'a', images: 20 }, smallest: { class: 'b', images: 1 } },
    sizes: { images: 9, enlarged: 9 },
    resolvedLeaks: { action: 'drop', images: 1 },
  } as unknown as Parameters<typeof findingsOf>[0];
  const findings = findingsOf(report);
  const sentences = findings.map(({ message }) => commandWords(message));
  const lists = sentences.flatMap(
    (sentence) => /`trainyard data show boots --list ([\w-]+)` lists/.exec(sentence)?.[1] ?? [],
  );
  expect(lists).toHaveLength(findings.filter(({ message }) => message.includes('GET /')).length);
  expect(new Set(lists)).toEqual(new Set(LISTS.filter((list) => list !== 'near-copies')));
  expect(sentences.join(' ')).not.toMatch(/GET |onLeak|`background`|`side`/);
});
