/** The page of a job: live curves, steering, and a view that the address keeps. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Job, type JobSubmission, Trainyard } from '../../src/client/index.js';
import {
  expectAccessible,
  expectNoOverflow,
  type OpenOptions,
  PHONE,
  useConsole,
  whySkipped,
} from './support/console.js';

/** Steps of about 20 ms, until it is cancelled. */
const SLOW_JOB = {
  name: 'slow',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 28, trainSamples: 512, testSamples: 32, validationSamples: 64 },
  batchSize: 64,
  epochs: 1_000,
  stepInterval: 1,
} satisfies JobSubmission;

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
/** The browser reports every request that fails while the API is away. */
const WHILE_AWAY = [
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection/,
];

describe.skipIf(whySkipped)(`the page of a job${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  /** The machine may be busy: the first plan forks a process. */
  const open = async (path: string, options: OpenOptions = {}): Promise<Page> => {
    const page = await ui.open(path, options);
    page.setDefaultTimeout(60_000);
    return page;
  };
  let client: Trainyard;
  let job: Job;
  beforeAll(async () => {
    if (whySkipped !== undefined) return;
    client = new Trainyard({ url: ui.service.address });
    job = await client.jobs.submit(SLOW_JOB);
  });

  const rate = (page: Page) => page.getByRole('figure', { name: 'Learning rate' });

  /** Returns the steps that the page has drawn, from the data that it copies. */
  async function drawnSteps(page: Page): Promise<number[]> {
    await rate(page).getByRole('button', { name: 'Copy data as CSV' }).click();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    return text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[0]));
  }

  async function waitForSteps(page: Page, least: number): Promise<number[]> {
    await expect.poll(async () => (await drawnSteps(page)).length, { timeout: 60_000 }).toBeGreaterThan(least);
    return drawnSteps(page);
  }

  it('draws the curves while the job trains, without a hole after the API was killed', async () => {
    const page = await open(`/jobs/${job.id}`, { ...CLIPBOARD, expectedErrors: WHILE_AWAY });
    await rate(page).waitFor();
    const before = await waitForSteps(page, 10);
    const scores = page.getByRole('figure', { name: 'Further scores' });
    for (const name of ['validation macro-F1', 'validation balanced accuracy', 'test top-5 accuracy'])
      await scores.getByText(name).first().waitFor();
    await page.getByText(/epoch \d+, macro-F1 \d/).waitFor();
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await ui.service.killApi();
    await page.getByText('The service does not answer').first().waitFor();
    await ui.service.startApi();
    const after = await waitForSteps(page, before.length + 20);
    expect(after).toEqual(after.map((_, index) => index + 1));
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    await page.context().close();
  });

  it('keeps its view in the address', async () => {
    const page = await open(`/jobs/${job.id}?x=epoch&smooth=0.9&log=1`);
    await rate(page).waitFor();
    const isView = async (): Promise<void> => {
      expect(await page.getByRole('radio', { name: 'Epoch' }).isChecked()).toBe(true);
      expect(await page.getByRole('radio', { name: 'Log' }).isChecked()).toBe(true);
      expect(await page.getByLabel('Smoothing').inputValue()).toBe('0.9');
    };
    await isView();
    const plot = rate(page).getByRole('img');
    await plot.focus();
    await plot.press('+');
    expect(page.url()).toContain('zoom=');
    await page.reload();
    await rate(page).waitFor();
    await isView();
    await page.getByRole('button', { name: 'Show everything' }).first().waitFor();
    await rate(page).getByRole('button', { name: 'Show as table' }).click();
    const validation = page.getByRole('figure', { name: 'Loss' }).getByRole('button', { name: 'validation' });
    await validation.click();
    await page.reload();
    await rate(page).getByRole('table').waitFor();
    expect(await validation.getAttribute('aria-pressed')).toBe('false');
    await expectAccessible(page);
    await page.getByText('Time', { exact: true }).click();
    expect(page.url()).not.toContain('zoom=');
    await page.getByRole('figure', { name: 'Loss' }).getByText('best epoch', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.goBack();
    expect(await page.getByRole('tab', { name: 'Curves' }).getAttribute('aria-selected')).toBe('true');
    await page.context().close();
  });

  it('changes a running job, and draws its learning rate before', async () => {
    // The browser reports the refused change.
    const page = await open(`/jobs/${job.id}?tab=events`, { expectedErrors: [/400/] });
    await page.getByRole('button', { name: 'Change…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Apply' }).isDisabled();
    await dialog.getByRole('spinbutton', { name: 'Learning rate' }).fill('0.02');
    await dialog.getByText('changed').waitFor();
    await expectAccessible(page);
    await dialog.getByRole('spinbutton', { name: 'Epochs' }).fill('20000');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.getByText('must be at most 10000').waitFor();
    await dialog.getByRole('spinbutton', { name: 'Epochs' }).fill('900');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('learning rate 0.001 → 0.02, epochs 1000 → 900').waitFor();
    await page.context().close();
  });

  it('shows in the dialog why a change was refused', async () => {
    const { id } = await client.jobs.submit({ ...SLOW_JOB, name: 'ends-meanwhile' });
    const page = await open(`/jobs/${id}`, { expectedErrors: [/409/] });
    await page.getByRole('button', { name: 'Change…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('spinbutton', { name: 'Epochs' }).fill('900');
    await client.jobs.cancel(id);
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.getByRole('alert').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('header .pill').getByText('cancelled').waitFor();
    await page.context().close();
  });

  it('pauses, resumes and cancels with a model', async () => {
    const page = await open(`/jobs/${job.id}`);
    const status = page.locator('header .pill');
    await page.getByRole('button', { name: 'Pause' }).click();
    await status.getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await status.getByText('running').waitFor();
    await page.keyboard.press('x');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel and keep a model' }).click();
    await status.getByText('cancelled').waitFor();
    await page.getByRole('link', { name: 'version 1' }).waitFor();
    await page.getByText('Cancelled. Saved “slow”, version 1').waitFor();
    expect(await page.getByRole('link', { name: 'Try it' }).getAttribute('href')).toContain('model=slow@1');
    await page.getByRole('link', { name: 'See the evaluation' }).waitFor();
    await page.getByRole('tab', { name: 'Events' }).click();
    await page
      .getByText(/attempt 2|Attempt 2/)
      .first()
      .waitFor();
    await page.context().close();
  });

  it('shows settings, checkpoints and every other tab without a fault, on a phone too', async () => {
    for (const options of [{}, PHONE]) {
      const page = await open(`/jobs/${job.id}`, options);
      for (const tab of ['Curves', 'Events', 'Settings', 'Checkpoints', 'Try']) {
        await page.getByRole('tab', { name: tab }).click();
        await expectNoOverflow(page);
        await expectAccessible(page);
      }
      await page.context().close();
    }
  });

  it('edits notes and tags, also after the end', async () => {
    const page = await open(`/jobs/${job.id}?tab=spec`);
    await page.getByRole('button', { name: 'Notes and tags' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Notes').fill('<b>Second</b> try');
    await dialog.getByRole('button', { name: 'Add a tag' }).click();
    await dialog.getByLabel('Name of tag 1').fill('team');
    await dialog.getByLabel('Value of tag 1').fill('vision');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('<b>Second</b> try').waitFor();
    expect(await client.jobs.get(job.id)).toMatchObject({ notes: '<b>Second</b> try', metadata: { team: 'vision' } });
    await page.context().close();
  });

  it('deletes a job that has ended, and shows the list', async () => {
    const page = await open(`/jobs/${job.id}`, { expectedErrors: [/404/] });
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog', { name: 'Delete the job “slow”?' }).waitFor();
    await page.getByRole('button', { name: 'Delete the job' }).click();
    await page.getByRole('link', { name: 'ends-meanwhile' }).first().waitFor();
    expect(await page.getByRole('link', { name: 'slow' }).count()).toBe(0);
    await expect(client.jobs.get(job.id)).rejects.toThrow();
    await page.context().close();
  });

  it('says that a job is gone', async () => {
    const page = await open('/jobs/00000000-0000-4000-8000-000000000000', { expectedErrors: [/404/] });
    await page.getByRole('heading', { name: 'This is gone, or never existed' }).waitFor();
    await page.context().close();
  });
});
