/** New job: the form, its JSON, the plan, refusals, sources, code to copy, and the submission. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type Job, type JobPage, type JobSubmission, Trainyard } from '../../src/client/index.js';
import { decodeDraft, encodeDraft } from '../../src/console/pages/new-job/draft-link.js';
import type { JsonObject } from '../../src/console/pages/new-job/request-draft.js';
import { COMMAND } from '../support/command.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

const root = join(import.meta.dirname, '../..');

/** Refused plans and submissions are 400, which Chromium reports. */
const REFUSED = { expectedErrors: [/status of 400/] };

/** A job that trains within seconds, with text that shells and languages read as something else. */
const TINY: JsonObject = {
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 8, trainSamples: 64, testSamples: 32 },
  batchSize: 32,
  epochs: 1,
  maxSeconds: null,
  name: 'tiny',
  metadata: { quote: `it's "$(id)" \\ \`x\``, sign: 'é 😀', 'a.b': 'true', text: '1e5' },
};

const draftOf = (request: JsonObject): string => `/jobs/new?draft=${encodeDraft(request)}`;
const json = (page: Page) => page.getByRole('textbox', { name: 'Job as JSON' });
const requestIn = async (page: Page): Promise<JsonObject> => JSON.parse(await json(page).inputValue());
const field = (page: Page, label: string) =>
  page.getByRole('form', { name: 'Settings of the job' }).getByLabel(label, { exact: true });
const plan = (page: Page) => page.getByRole('region', { name: 'Plan' });

describe.skipIf(whySkipped)(`new job${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  const jobs = async (): Promise<Job[]> => {
    const response = await fetch(`${ui.service.address}/jobs?limit=100`);
    return ((await response.json()) as JobPage).jobs;
  };

  it('shows a recipe in the form and as JSON, and what it would take', async () => {
    const page = await ui.open('/jobs/new?recipe=sample');
    await field(page, 'Stem').waitFor();
    expect(await field(page, 'Stem').inputValue()).toBe('small');
    expect(await field(page, 'Epochs').inputValue()).toBe('2');
    await expect.poll(() => requestIn(page)).toMatchObject({ network: 'resnet', epochs: 2, name: 'first' });
    await plan(page).getByText('77,898').waitFor();
    await plan(page)
      .getByText(/fits: .*\sMB of .*\sGB/)
      .waitFor();
    await plan(page)
      .getByText(/Computed from .* operations an image/)
      .waitFor();
    await page
      .getByRole('list', { name: 'Some training images' })
      .getByRole('img', { name: 'Ankle boot' })
      .first()
      .waitFor();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await page.context().close();
  });

  it('edits the JSON by the form and the form by the JSON, marks what differs, and keeps it in the link', async () => {
    const page = await ui.open('/jobs/new', REFUSED);
    await field(page, 'Epochs').fill('30');
    await field(page, 'Schedule').selectOption('cosine');
    await field(page, 'Warm-up').fill('0.5');
    const request = { network: 'resnet', epochs: 30, schedule: { name: 'cosine', warmupEpochs: 0.5 } };
    await expect.poll(() => requestIn(page)).toEqual(request);
    await page.getByRole('button', { name: 'Reset Epochs to 5' }).waitFor();

    await json(page).fill('{ "network": "densenet", "optimizer": "sgd", "epochs": 8 }');
    expect(await field(page, 'Network').inputValue()).toBe('densenet');
    expect(await field(page, 'Optimizer').inputValue()).toBe('sgd');
    expect(await field(page, 'Learning rate').inputValue()).toBe('0.1');
    await page.getByRole('button', { name: 'Reset Epochs to 5' }).click();
    await expect.poll(() => requestIn(page)).toEqual({ network: 'densenet', optimizer: { name: 'sgd' } });
    // Setting the default is as good as resetting.
    await field(page, 'Optimizer').selectOption('adam');
    await expect.poll(() => requestIn(page)).toEqual({ network: 'densenet' });

    const inLink = () => decodeDraft(new URL(page.url()).searchParams.get('draft') ?? '');
    await expect.poll(inLink).toEqual({ network: 'densenet' });
    await page.reload();
    await field(page, 'Network').waitFor();
    await expect.poll(() => requestIn(page)).toEqual({ network: 'densenet' });
    await page.getByRole('button', { name: 'Reset all' }).click();
    await expect.poll(() => requestIn(page)).toEqual({ network: 'resnet' });
    await page.context().close();
  });

  it('drops options that another network or optimizer does not have', async () => {
    const page = await ui.open(
      draftOf({
        network: 'resnet',
        networkOptions: { variant: 'resnet50', stem: 'small', zeroInitResidual: true },
        optimizer: { name: 'sgd', learningRate: 0.2, momentum: 0.9 },
      }),
    );
    await field(page, 'Network').selectOption('densenet');
    await field(page, 'Optimizer').selectOption('adamw');
    await expect
      .poll(() => requestIn(page))
      .toEqual({
        network: 'densenet',
        networkOptions: { stem: 'small' },
        optimizer: { name: 'adamw', learningRate: 0.2 },
      });
    await field(page, 'Schedule').selectOption('multi-step');
    await expect.poll(() => requestIn(page)).toMatchObject({ schedule: { name: 'multi-step', epochs: [2, 3] } });
    await page.context().close();
  });

  it('shows each refusal at its field and at its line, and the largest batch that fits', async () => {
    const page = await ui.open(
      draftOf({ network: 'resnet', dataset: { resize: 512 }, batchSize: 8_192, labelSmoothing: 1 }),
      REFUSED,
    );
    const smoothing = field(page, 'Label smoothing');
    await smoothing.waitFor();
    expect(await smoothing.getAttribute('aria-invalid')).toBe('true');
    await page.getByText('Line 5: /labelSmoothing must be less than 1').waitFor();
    await page.getByRole('status').getByText('1 setting cannot be used').waitFor();
    await expectAccessible(page);
    await smoothing.fill('0.1');

    // No machine has the memory for 8,192 images of 512 pixels.
    await page.getByText(/Needs about .*\sGB of memory/).waitFor();
    await page.getByRole('button', { name: /^Use \d+$/ }).click();
    await page.getByText(/Largest batch that fits/).waitFor();
    const { batchSize } = await requestIn(page);
    expect(batchSize).toBeGreaterThan(1);
    expect(batchSize).toBeLessThan(8_192);

    await json(page).fill('{\n  "network": "resnet",\n  "epochs": 5,,\n}');
    await page.getByText('Line 3: A name in double quotes is needed here.').waitFor();
    await field(page, 'Epochs').fill('some');
    await page.getByText('Must be a number, for example 32.').waitFor();
    await page.context().close();
  });

  it('proposes more steps for few images, and names the fields of the form in a refusal', async () => {
    const small = { name: 'synthetic', resize: 28, trainSamples: 24, testSamples: 8 };
    const page = await ui.open(draftOf({ network: 'resnet', dataset: small }), REFUSED);
    await plan(page).getByText('Only 5 steps: the network will hardly learn.').waitFor();
    await plan(page).getByText('Largest batch that fits: 24, all training images').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Use them' }).click();
    const better = { network: 'resnet', dataset: small, batchSize: 8, epochs: 25 };
    await expect.poll(() => requestIn(page)).toEqual(better);
    await plan(page).getByText('3 an epoch', { exact: true }).waitFor();
    expect(await plan(page).getByText('hardly learn').count()).toBe(0);

    await field(page, 'Validation images').fill('24');
    await page.getByText('Must be less than “Training images”, 24').waitFor();
    // The default that the plan had resolved is as good as resetting.
    await field(page, 'Validation images').fill('0');
    await expect.poll(() => requestIn(page)).toEqual(better);
    await page.context().close();
  });

  it('warns of a run of hours', async () => {
    // It takes hours on any machine.
    const page = await ui.open(
      draftOf({ network: 'resnet', networkOptions: { variant: 'resnet152' }, batchSize: 8, epochs: 1_000 }),
    );
    await plan(page)
      .getByText(/^Takes .* To shorten it, use fewer epochs, a smaller input side/)
      .waitFor();
    await page.context().close();
  });

  it('draws the learning rate as it is edited', async () => {
    const page = await ui.open(draftOf({ ...TINY, epochs: 4 }));
    await page.getByRole('button', { name: 'Show as table' }).click();
    const table = page.getByRole('table', { name: /Learning rate/ });
    await table.getByRole('cell', { name: '0.001' }).first().waitFor();
    await field(page, 'Schedule').selectOption('step');
    await table.getByRole('cell', { name: '1e-6' }).first().waitFor();
    await page.context().close();
  });

  it('submits by keyboard and opens the page of the job', async () => {
    const page = await ui.open(draftOf(TINY));
    await plan(page).getByText('Parameters').waitFor();
    await field(page, 'Epochs').focus();
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/\/ui\/jobs\/[0-9a-f-]{36}/);
    const [job] = await jobs();
    expect(job).toMatchObject({ spec: { name: 'tiny', batchSize: 32 }, metadata: TINY['metadata'] });
    await page.context().close();
  });

  it('gives curl, command, TypeScript and Python that submit the same job', async () => {
    const page = await ui.open(draftOf(TINY));
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-code-'));
    try {
      const command = `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`;
      await writeFile(join(folder, 'trainyard'), command, { mode: 0o755 });
      const [first] = await jobs();
      for (const [title, run] of Object.entries(RUNNERS)) {
        await page.getByRole('tab', { name: title }).click();
        const code = (await page.getByRole('region', { name: title }).locator('code').textContent()) ?? '';
        const before = (await jobs()).length;
        await run(code, folder);
        const [latest, ...others] = await jobs();
        expect(others.length, title).toBe(before);
        expect({ title, spec: latest?.spec, metadata: latest?.metadata }).toEqual({
          title,
          spec: first?.spec,
          metadata: TINY['metadata'],
        });
      }
      await expectAccessible(page);
    } finally {
      await rm(folder, { recursive: true });
    }
    await page.context().close();
  });

  it('copies the settings of a job, or starts from its weights', async () => {
    const trainyard = new Trainyard({ url: ui.service.address });
    const { id } = await trainyard.jobs.submit(TINY as unknown as JobSubmission);
    const job = await trainyard.jobs.wait(id);
    expect(job.status).toBe('succeeded');
    const page = await ui.open('/jobs/new');
    await page.getByRole('button', { name: 'Choose a source' }).click();
    await page.getByRole('dialog').getByLabel('Name or id').fill(id);
    await page.getByRole('dialog').getByRole('link', { name: 'Settings' }).click();
    await page.getByText('trains a new network from random weights').waitFor();
    expect(await field(page, 'Batch size').inputValue()).toBe('32');
    // The form has the submitted values, and defaults for all others.
    expect(await requestIn(page)).toEqual(TINY);
    expect(await field(page, 'Learning rate').inputValue()).toBe('0.001');
    expect(await page.getByRole('button', { name: /^Reset Learning rate/ }).count()).toBe(0);

    await page.getByRole('link', { name: 'Start from its weights instead' }).click();
    await page.getByText('The job continues the run').waitFor();
    await expect.poll(() => requestIn(page)).toEqual({ from: { job: id, mode: 'continue' }, epochs: 2 });
    await plan(page).getByText('Parameters').waitFor();
    await page.getByLabel('Mode', { exact: true }).selectOption('fine-tune');
    await page.getByText('a new run that begins with these weights').waitFor();
    expect(await field(page, 'Network').count()).toBe(0);
    await expect.poll(() => field(page, 'Batch size').inputValue()).toBe('32');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Start from random weights' }).click();
    await expect.poll(() => requestIn(page)).toEqual({ network: 'resnet', epochs: 2 });
    await page.context().close();

    const { name = '', version } = job.model ?? {};
    await showsCopyOfModel(`${name}@${version}`, TINY);
    await trainyard.jobs.delete(id);
    // Without the job, values that follow from others are left out too.
    const { maxSeconds: _, metadata: __, ...rest } = TINY;
    await showsCopyOfModel(`${name}@${version}`, rest);
    const other = await ui.open(`/jobs/new?from=model:${name}@${version}&dataset=synthetic`);
    await other.getByText('a new run that begins with these weights').waitFor();
    await expect
      .poll(() => requestIn(other))
      .toMatchObject({ from: { model: `${name}@${version}`, mode: 'fine-tune' } });
    await plan(other).getByText('Parameters').waitFor();
    await other.context().close();
  });

  it('chooses the recipe for a model, and shows its phases in the plan', async () => {
    const trainyard = new Trainyard({ url: ui.service.address });
    const { id } = await trainyard.jobs.submit({ ...TINY, name: 'source' } as unknown as JobSubmission);
    await trainyard.jobs.wait(id);
    const page = await ui.open('/jobs/new?from=model:source');
    await page.getByLabel('Recipe', { exact: true }).selectOption('fine-tune');
    await expect
      .poll(() => requestIn(page))
      .toMatchObject({ from: { model: 'source', mode: 'fine-tune', recipe: 'fine-tune' } });
    const phases = plan(page).getByRole('region', { name: 'Phases' });
    await phases.getByText('the head').waitFor();
    expect(await phases.getByRole('listitem').count()).toBe(2);
    await page.getByText('Set by the recipe: see the plan.').waitFor();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await page.context().close();
  });

  async function showsCopyOfModel(model: string, request: JsonObject): Promise<void> {
    const page = await ui.open(`/jobs/new?copy=model:${model}`, { expectedErrors: [/404/] });
    await page.getByText('are copied').waitFor();
    expect(await requestIn(page)).toEqual(request);
    await page.context().close();
  }

  it('lists data sets, models and jobs with what one needs to choose', async () => {
    const trainyard = new Trainyard({ url: ui.service.address });
    await trainyard.jobs.wait((await trainyard.jobs.submit(TINY as unknown as JobSubmission)).id);
    const page = await ui.open(draftOf(TINY));
    await page.getByRole('button', { name: 'Choose a source' }).click();
    const dialog = page.getByRole('dialog');
    const models = dialog.getByRole('list', { name: 'Models' }).getByRole('listitem');
    expect(await models.filter({ hasText: 'tiny@' }).first().textContent()).toMatch(
      /tiny@\d+ resnet on synthetic · 10 classes · [\d.]+\s% test accuracy · /,
    );
    const jobs = dialog.getByRole('list', { name: 'Jobs' }).getByRole('listitem');
    expect(await jobs.filter({ hasText: 'tiny' }).first().textContent()).toMatch(
      /tiny.*job .* · resnet on synthetic · /,
    );
    const sets = dialog.getByRole('list', { name: 'Data sets' }).getByRole('listitem');
    const set = sets.filter({ hasText: 'fashion-mnist' });
    expect(await set.textContent()).toContain('10 classes · 60,000 training images · 28 × 28, grey · built in');
    const picture = set.locator('img').first();
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(28);
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Use fashion-mnist' }).click();
    // The rest of the form stays.
    const changed = { ...TINY, dataset: { ...(TINY['dataset'] as JsonObject), name: 'fashion-mnist' } };
    await expect.poll(() => requestIn(page)).toEqual(changed);
    await page.context().close();
  });

  it('explains a field by keyboard, and closes the text again', async () => {
    const page = await ui.open('/jobs/new');
    const text = page.getByRole('note').filter({ hasText: 'batchSize' }).first();
    await field(page, 'Batch size').focus();
    await page.keyboard.press('Control+i');
    await text.getByText('Images per step.').waitFor();
    await page.keyboard.press('Escape');
    await text.waitFor({ state: 'hidden' });
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('About Batch size');
    await page.keyboard.press('Enter');
    await text.waitFor();
    const { x = -1, width = 0 } = (await text.boundingBox()) ?? {};
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(1280);
    await expectAccessible(page);
    await page.context().close();
  });

  it('says what is wrong with a link: a cut draft, an unknown recipe, a job that is gone', async () => {
    const gone = '11111111-1111-4111-8111-111111111111';
    for (const [query, text] of [
      ['draft=xyz', 'The link to this draft is incomplete.'],
      ['recipe=none', 'There is no recipe none.'],
      [`copy=job:${gone}`, `There is no job ${gone}`],
      ['copy=model:none', 'There is no model'],
    ]) {
      const page = await ui.open(`/jobs/new?${query}`, { expectedErrors: [/status of 404/] });
      await page
        .getByRole('alert')
        .getByText(text ?? '')
        .waitFor();
      expect(await field(page, 'Epochs').inputValue()).toBe('5');
      await page.context().close();
    }
  });

  it('works on a phone', async () => {
    const page = await ui.open('/jobs/new?recipe=native28-20&code=cli', PHONE);
    await plan(page).getByText('Parameters').waitFor();
    const rate = page.getByRole('region', { name: 'Optimizer and learning rate' });
    await rate.getByRole('button', { name: /more options/ }).click();
    await page.getByRole('button', { name: 'About Beta 1' }).click();
    // At the bottom of the window, as wide as it.
    const box = await page.getByRole('note').filter({ hasText: 'optimizer.beta1' }).boundingBox();
    expect(box?.width).toBeGreaterThan(320);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
    await expectNoOverflow(page);
    await expectAccessible(page);
    await page.context().close();
  });
});

const run = promisify(execFile);
type Runner = (code: string, folder: string) => Promise<unknown>;

/** Runs code as a person would: in a shell, in Node.js, in Python. */
const RUNNERS: Readonly<Record<string, Runner>> = {
  curl: (code) => run('sh', ['-c', code]),
  'Command line': (code, folder) =>
    run('sh', ['-c', code], { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, HOME: folder } }),
  TypeScript: async (code, folder) => {
    const file = join(folder, 'submit.ts');
    await writeFile(file, code.replace("'trainyard'", JSON.stringify(join(root, 'dist/client/index.js'))));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await run(join(root, 'node_modules/.bin/tsx'), [file]);
  },
  Python: async (code, folder) => {
    const file = join(folder, 'submit.py');
    await writeFile(file, code);
    await run('python3', [file]);
  },
};
