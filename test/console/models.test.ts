/** Pages of models: versions, labels with their gates, evaluation with the images of a cell, exports and model card. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type DatasetEvaluation, Trainyard, waitForEvaluation } from '../../src/client/index.js';
import { GATE_SCORES, metricsOf } from '../../src/console/pages/model/gate-scores.js';
import { EVALUATION_METRICS, isLowerBetter, TRAINING_METRICS } from '../../src/contracts/models/gate-metrics.js';
import { resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { variableShapes } from '../../src/training/result/serving-graph.js';
import { SMALL_JOB } from '../client/service.js';
import { tinies } from '../support/imports.js';
import { formulaPth } from '../support/pth-of-network.js';
import { entriesOf, rawZip } from '../support/zip.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

/** Response of a failing service. */
const BROKEN = {
  status: 500,
  contentType: 'application/problem+json',
  body: JSON.stringify({ title: 'Internal error', status: 500, code: 'internal', detail: 'It broke.' }),
};

it('names each score that a gate can compare, and knows whether the smaller one is better', () => {
  expect(metricsOf('training').sort()).toEqual([...TRAINING_METRICS].sort());
  expect(metricsOf('evaluation').sort()).toEqual([...EVALUATION_METRICS].sort());
  for (const metric of [...TRAINING_METRICS, ...EVALUATION_METRICS])
    expect(GATE_SCORES[metric].isLowerBetter).toBe(isLowerBetter(metric));
});

describe.skipIf(whySkipped)(`models${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  let client: Trainyard;
  /** Evaluation of version 1 on the test images of `more`. It may still run. */
  let evaluation: DatasetEvaluation;
  beforeAll(async () => {
    client = new Trainyard({ url: ui.service.address });
    const dataset = { ...SMALL_JOB.dataset, testSamples: 60, validationSamples: 20 };
    for (const epochs of [1, 4]) {
      const { id } = await client.jobs.submit({ ...SMALL_JOB, dataset, epochs, name: 'stripes' });
      expect((await client.jobs.wait(id)).status).toBe('succeeded');
    }
    await client.models.moveLabel('stripes', 'stable', { version: 1 });
    const { classes } = (await client.models.version('stripes', 1)).manifest;
    await client.datasets.import('more', rawZip(entriesOf(await tinies(classes, 4))), { side: 28, channels: 1 });
    evaluation = await client.evaluations.submit('stripes@1', { dataset: 'more' });
  });

  it('lists models with their newest version and labels, and says so if there is none of that name', async () => {
    const page = await ui.open('/models');
    const row = page.getByRole('row').filter({ hasText: 'stripes' });
    await row.getByRole('link', { name: 'v2' }).waitFor();
    await row.getByText('stable · v1').waitFor();
    await expectAccessible(page);
    await row.getByRole('link', { name: 'stripes' }).click();
    await page.getByRole('heading', { level: 1, name: 'stripes' }).waitFor();
    await page.context().close();
    const gone = await ui.open('/models/nothing', { expectedErrors: [/404/] });
    await gone.getByText('There is no model named').first().waitFor();
    expect(await gone.getByText('GET /models').count()).toBe(0);
    await gone.getByRole('link', { name: 'All models' }).waitFor();
    await gone.context().close();
  });

  it('shows before a move what the gate would answer, moves the label, and rolls it back', async () => {
    const page = await ui.open('/models/stripes');
    await page.getByRole('button', { name: /^Roll back: "stable" was at no other version/ }).waitFor();
    await page.getByRole('button', { name: 'Move… stable' }).click();
    const dialog = page.getByRole('dialog', { name: 'Move "stable"' });
    await dialog.getByLabel('Better by more than').fill('0.99');
    await dialog.getByText('"stable" stays at stripes@1').waitFor();
    expect(await dialog.getByRole('button', { name: 'Move the label' }).isDisabled()).toBe(true);
    await expectAccessible(page);
    await dialog.getByLabel('Condition').selectOption('No condition');
    await dialog.getByText('"stable" would move to version 2.').waitFor();
    await dialog.getByRole('button', { name: 'Move the label' }).click();
    await page.getByText('"stable" points to version 2').first().waitFor();
    expect((await client.models.label('stripes', 'stable')).version).toBe(2);
    await page.getByRole('button', { name: 'Roll back to version 1: stable' }).click();
    await page.getByText('"stable" points to version 1 again').waitFor();
    expect((await client.models.label('stripes', 'stable')).version).toBe(1);
    await page.getByRole('button', { name: 'More actions of stable' }).click();
    await page.getByRole('menuitem', { name: 'History' }).click();
    await page.getByRole('dialog', { name: 'History of "stable"' }).getByText('rolled back').waitFor();
    await page.context().close();
  });

  it('says in the dialog that another person moved the label meanwhile', async () => {
    const page = await ui.open('/models/stripes', { expectedErrors: [/409|412/] });
    await page.getByRole('button', { name: 'New label' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Label').fill('shared');
    await dialog.getByText('"shared" would move to version 2.').waitFor();
    await client.models.moveLabel('stripes', 'shared', { version: 1 });
    await dialog.getByRole('button', { name: 'Set the label' }).click();
    await dialog.getByRole('alert').getByText('shared').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await client.models.removeLabel('stripes', 'shared');
    await page.context().close();
  });

  it('compares two versions: settings, scores, and the test images that changed sides', async () => {
    const page = await ui.open('/models/stripes');
    for (const row of ['Select row 1', 'Select row 2']) await page.getByRole('checkbox', { name: row }).check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('Version 1 compared with version 2').waitFor();
    await page.getByRole('table', { name: 'Settings that differ' }).getByText('epochs').waitFor();
    const found = await client.models.compareEvaluations('stripes', 2, { with: 'stripes@1' });
    await page.getByText(`fixes ${found.fixed} and breaks ${found.broken} of 60 test images`).waitFor();
    await page.getByText(`Wrong in both · ${found.bothWrong}`).click();
    await page.reload();
    await page.getByText(`Wrong in both · ${found.bothWrong}`).waitFor();
    expect(await page.locator('.test-picture').count()).toBe(Math.min(48, found.bothWrong));
    for (const row of ['Select row 1', 'Select row 2'])
      expect(await page.getByRole('checkbox', { name: row }).isChecked()).toBe(true);
    await expectAccessible(page);
    await page.context().close();
  });

  it('opens the images of a cell of the confusion matrix by keyboard, and keeps them in the address', async () => {
    const page = await ui.open('/models/stripes/2?tab=evaluation');
    const { confusion = [], classes } = (await client.models.evaluation('stripes', 2)) ?? {};
    const row = confusion.findIndex((counts) => counts.some((images, column) => images > 0 && column > 0));
    const column = confusion[row]?.findIndex((images, index) => images > 0 && index > 0) ?? 0;
    const actual = classes?.[row]?.label ?? '';
    const predicted = classes?.[column]?.label ?? '';
    await page.getByRole('application').focus();
    const keys = [...new Array(row).fill('ArrowDown'), ...new Array(column).fill('ArrowRight')] as string[];
    await page.keyboard.press('Home');
    for (const key of keys) await page.keyboard.press(key);
    await page.locator('.matrix-readout').getByText(actual, { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    const title = row === column ? `${actual}, predicted correctly` : `${actual}, predicted as ${predicted}`;
    await page.getByRole('heading', { name: title }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: title }).waitFor();
    const cell = page.getByRole('region', { name: title });
    await expect.poll(() => cell.locator('.test-picture').count()).toBe(confusion[row]?.[column]);
    await cell.locator('img').first().scrollIntoViewIfNeeded();
    await expect
      .poll(() =>
        cell
          .locator('img')
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBe(28);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByText('6 of 10 classes').waitFor();
    await page.waitForURL(/cells=/);
    await page.getByRole('figure', { name: 'Reliability' }).getByRole('button', { name: 'Show as table' }).click();
    await page.reload();
    await page.getByText('6 of 10 classes').waitFor();
    await page.getByRole('region', { name: 'Reliability as a table' }).waitFor();
    await page.context().close();
  });

  it('evaluates versions on another data set, shows the images behind the scores, and compares them there', async () => {
    const page = await ui.open('/models/stripes?compare=1,2', { expectedErrors: [/500/] });
    await page.getByRole('button', { name: 'Evaluate both on a data set' }).click();
    const both = page.getByRole('dialog', { name: 'Evaluate version 1 and 2 on a data set' });
    await both.getByLabel('Data set').selectOption('more');
    await both.getByLabel('Images').selectOption('train');
    await expectAccessible(page);
    await page.route(/\/models\/stripes(@|%40)2\/evaluations$/, (route) => route.fulfill(BROKEN));
    await both.getByRole('button', { name: 'Evaluate', exact: true }).click();
    await both.getByText('Version 1 is queued. Version 2 is not: It broke.').waitFor();
    await page.unrouteAll();
    await both.getByRole('button', { name: 'Evaluate', exact: true }).click();
    await page.getByText(/the 95\s% interval of the difference is/).waitFor();
    expect(new URL(page.url()).searchParams.get('on')).toBe('more/train');
    expect(await client.evaluations.list('stripes', 1, { split: 'train' }).all()).toHaveLength(1);
    const options = { with: 'stripes@1', dataset: 'more', split: 'train' } as const;
    const { fixed, broken, bothWrong } = await client.evaluations.compare('stripes', 2, options);
    await page.getByText(`fixes ${fixed} and breaks ${broken} of 30 training images`).waitFor();
    await page.getByText(`Wrong in both · ${bothWrong}`).click();
    await page.reload();
    await page
      .getByRole('img', { name: /^Training image #/ })
      .first()
      .waitFor();
    await expectAccessible(page);

    await waitForEvaluation(client, await client.evaluations.submit('stripes@2', { dataset: 'more' }));
    await page.goto(`${ui.service.address}/ui/models/stripes/2?tab=evaluation`);
    const list = page.getByRole('table', { name: 'Evaluations' });
    await list.getByText('test images, at the end of the training').waitFor();
    await list.getByRole('button', { name: 'more training images' }).click();
    const [shown] = await client.evaluations.list('stripes', 2, { split: 'train' }).all();
    await page.getByText('30 training images of more').waitFor();
    await list.getByRole('button', { name: 'Delete the evaluation of version 2 on more, test' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await list.getByText('more test images').waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('evaluation')).toBe(shown?.id);
    await page
      .getByText(`${((shown?.scores?.accuracy ?? 0) * 100).toFixed(2)}\u00a0%`)
      .first()
      .waitFor();
    await page.getByRole('table', { name: 'Most confused pairs' }).getByRole('button').first().click();
    await page
      .getByRole('region', { name: /, predicted as / })
      .getByRole('img', { name: /^Training image #/ })
      .first()
      .waitFor();
    await page.setViewportSize(PHONE.viewport);
    await page.reload();
    await page
      .getByRole('region', { name: /, predicted as / })
      .getByText(/training images?/)
      .first()
      .waitFor();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await list.getByRole('button', { name: 'Delete the evaluation of version 2 on more, train' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('60 test images').waitFor();
    expect(await client.evaluations.list('stripes', 2).all()).toEqual([]);
    await page.context().close();
  });

  it('shows how good a version is on the images of a data set that its training has not seen', async () => {
    await waitForEvaluation(client, evaluation);
    const page = await ui.open('/models');
    const leaks = { images: 2, same: 1, near: 1, accuracy: 1, others: { images: 8, accuracy: 0.5 } };
    await page.route(`**/evaluations/${evaluation.id}`, async (route) => {
      const response = await route.fetch();
      const { result, ...details } = (await response.json()) as { result: object };
      await route.fulfill({ response, json: { ...details, result: { ...result, leaks } } });
    });
    await page.goto(`${ui.service.address}/ui/models/stripes/1?tab=evaluation&evaluation=${evaluation.id}`);
    await page.getByText('8 test images are new to the model').waitFor();
    await page.getByText('The training has seen 2 test images: 1 with the same pixels, 1 that look alike.').waitFor();
    const report = page.getByRole('link', { name: 'Show the report' });
    expect(await report.getAttribute('href')).toContain('/datasets/more?tab=report');
    await page.context().close();
  });

  it('shows the evaluations and comparisons of the trainings if the other evaluations cannot be read', async () => {
    const page = await ui.open('/models', { expectedErrors: [/500/] });
    await page.route(/\/versions\/\d+\/evaluations(\?|$)/, (route) => route.fulfill(BROKEN));
    await page.goto(`${ui.service.address}/ui/models/stripes/2?tab=evaluation`);
    await page.getByText('Evaluations on data sets could not be loaded: It broke.').waitFor();
    await page.getByRole('table', { name: 'Evaluations' }).getByText('at the end of the training').waitFor();
    await expectAccessible(page);
    await page.goto(`${ui.service.address}/ui/models/stripes?compare=1,2`);
    const fault = page.getByText('Evaluations of version 1 could not be loaded: It broke.');
    await fault.waitFor();
    await page.getByText(/fixes \d+ and breaks \d+ of 60 test images/).waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await fault.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('asks once for an evaluation that was deleted', async () => {
    const page = await ui.open('/models', { expectedErrors: [/404/] });
    const id = '00000000-0000-4000-8000-000000000000';
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.clock.install();
    await page.goto(`${ui.service.address}/ui/models/stripes/2?tab=evaluation&evaluation=${id}`);
    await page.getByRole('heading', { name: 'This is gone, or never existed' }).waitFor();
    const readsOfList = async () => {
      await page.clock.runFor(20_000);
      return asked.filter((path) => path.endsWith('/evaluations')).length;
    };
    await expect.poll(readsOfList).toBeGreaterThan(1);
    expect(asked.filter((path) => path.endsWith(id))).toHaveLength(1);
    await page.context().close();
  });

  it('keeps the chosen scores of a gate if a version lacks them, and moves nothing before the service has answered', async () => {
    await waitForEvaluation(client, evaluation);
    const page = await ui.open('/models/stripes');
    await page.getByRole('button', { name: 'Move… stable' }).click();
    const dialog = page.getByRole('dialog', { name: 'Move "stable"' });
    const move = dialog.getByRole('button', { name: 'Move the label' });
    await dialog.getByLabel('Version', { exact: true }).selectOption('Version 1');
    await dialog.getByLabel('Scores of').selectOption('The evaluation on the test images of more');
    await dialog.getByLabel('Version', { exact: true }).selectOption('Version 2');
    await dialog.getByText('stripes@2 has no finished evaluation on the test images of more.').waitFor();
    expect(await dialog.getByText('POST').count()).toBe(0);
    expect(await dialog.getByLabel('Scores of').inputValue()).toBe('more/test');
    expect(await move.isDisabled()).toBe(true);
    await dialog.getByLabel('Condition').selectOption('No condition');
    await expect.poll(() => move.isEnabled()).toBe(true);
    await page.route(/\/labels\/stable\/plan$/, () => undefined);
    await dialog.getByLabel('Condition').selectOption('Only if the accuracy is better');
    await expect.poll(() => move.isDisabled()).toBe(true);
    await page.context().close();
  });

  it('shows origin, exports and the model card, also on a phone', async () => {
    const page = await ui.open('/models/stripes/2', PHONE);
    await page.getByText('Digest of the data').waitFor();
    await expectNoOverflow(page);
    for (const [tab, text] of [
      ['Export', 'ONNX Runtime'],
      ['Model card', 'Intended use'],
      ['Evaluation', 'Reliability'],
    ] as const) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByText(text).first().waitFor();
      await expectNoOverflow(page);
      await expectAccessible(page);
    }
    await page.getByRole('tab', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download stripes-2.onnx' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('stripes-2.onnx');
    await page.context().close();
  });

  it('imports weights of PyTorch, says what is wrong with others, and shows the model', async () => {
    const networkOptions = resolveNetworkOptions('resnet', { variant: 'resnet18', width: 8, blocks: [1] });
    const spec = { network: 'resnet', networkOptions, dataset: { resize: 32 } } as const;
    const buffer = formulaPth(variableShapes(spec, { channels: 3 } as never, 2));
    const page = await ui.open('/models', { ...PHONE, expectedErrors: [/40[04]/] });
    await page.getByRole('button', { name: 'Import weights' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import weights' });
    const start = dialog.getByRole('button', { name: 'Import', exact: true });
    expect(await start.isDisabled()).toBe(true);
    const choose = (content: Buffer) =>
      dialog
        .locator('input[type=file]')
        .setInputFiles({ name: 'My ResNet.pth', mimeType: 'application/octet-stream', buffer: content });
    await choose(Buffer.from('no weights'));
    expect(await dialog.getByLabel('Name of the model').inputValue()).toBe('my-resnet');
    expect(await dialog.getByLabel('Classes').inputValue()).toBe('');
    expect(await start.isDisabled()).toBe(true);
    await dialog.getByLabel('Classes').selectOption('My own');
    await dialog.getByLabel('Class names').fill('cat\ncat');
    await dialog.getByText('The class cat occurs twice.').waitFor();
    await dialog.getByLabel('Class names').fill('cat\ndog\n');
    await dialog.getByLabel('Side').fill('32');
    await start.click();
    await dialog.getByText(/^Nothing was stored\. The weights must be a safetensors file or a PyTorch file/).waitFor();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await choose(buffer);
    await dialog.getByLabel('Origin').fill('timm/densenet121');
    await start.click();
    await dialog.getByText(/^Nothing was stored\..*`origin` says densenet121/).waitFor();
    await dialog.getByLabel('Origin').fill('');
    await start.click();
    await page.getByRole('heading', { level: 1, name: /my-resnet/ }).waitFor();
    expect((await client.models.version('my-resnet', 1)).manifest.classes).toEqual(['cat', 'dog']);
    await page.getByRole('tab', { name: 'Evaluation' }).click();
    await page.getByText('This version has no evaluation').waitFor();
    await page.getByRole('button', { name: 'Evaluate on a data set' }).click();
    await page.getByText('No data set has the classes of this model').waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('asks for an address and its digest, and shows why the service refuses it', async () => {
    const page = await ui.open('/models', { expectedErrors: [/400/] });
    await page.getByRole('button', { name: 'Import weights' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import weights' });
    await dialog.getByText('An address').click();
    await dialog.getByRole('textbox', { name: 'Address' }).pressSequentially('https://127.0.0.1/net.pth');
    expect(await dialog.getByLabel('Name of the model').inputValue()).toBe('net');
    await dialog.getByLabel('SHA-256').fill('abc');
    await dialog.getByText('A SHA-256 has 64 hexadecimal digits.').waitFor();
    await dialog.getByLabel('SHA-256').fill('0'.repeat(64));
    await dialog.getByLabel('Classes').selectOption('The 1,000 classes of ImageNet-1k');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByText(/\/weights\/url is not allowed: 127\.0\.0\.1 is in a private network/).waitFor();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.context().close();
  });

  it('deletes a version after a question, and keeps one that has a label', async () => {
    const page = await ui.open('/models/stripes/1');
    expect(await page.getByRole('button', { name: /remove it first/ }).isDisabled()).toBe(true);
    await page.goto(`${ui.service.address}/ui/models/stripes/2`);
    await page.getByRole('button', { name: 'Delete this version' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'stripes' }).waitFor();
    await page.getByText('Deleted "stripes" version 2').waitFor();
    expect((await client.models.get('stripes')).versions).toEqual([1]);
    await page.context().close();
  });
});
