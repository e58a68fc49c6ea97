/** The list of jobs and their comparison, in a browser, while jobs run. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Trainyard } from '../../src/client/index.js';
import { LONG_JOB, SMALL_JOB } from '../client/service.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

describe.skipIf(whySkipped)(`jobs${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  let client: Trainyard;

  const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
  const train = async (name: string, learningRate: number) => {
    const dataset = { ...SMALL_JOB.dataset, validationSamples: 32 };
    const job = {
      ...SMALL_JOB,
      name,
      dataset,
      optimizer: { name: 'adam', learningRate },
      metadata: { team: 'vision' },
    } as const;
    const { id } = await client.jobs.submit(job);
    await client.jobs.wait(id);
    return id;
  };

  const made = new Map<string, Promise<string>>();
  /** Makes a job unless an earlier test made it: each test also runs alone. */
  const once = (name: string, make: () => Promise<string>): Promise<string> => {
    const id = made.get(name) ?? make();
    made.set(name, id);
    return id;
  };
  const first = () => once('first', () => train('first', 0.01));
  const cancelled = (name: string) =>
    once(name, async () => {
      const { id } = await client.jobs.submit({ ...LONG_JOB, name });
      await client.jobs.cancel(id);
      await client.jobs.wait(id);
      return id;
    });

  beforeAll(() => {
    if (whySkipped === undefined) client = new Trainyard({ url: ui.service.address, WebSocket });
  });

  it('says what to do while there is no job, and shows the first one without a reload', async () => {
    const page = await ui.open('/jobs');
    await page.getByRole('heading', { name: 'There is no job yet' }).waitFor();
    await expectAccessible(page);
    const id = await first();
    const row = rowOf(page, 'first');
    await row.getByText('succeeded').waitFor();
    const { bestScores } = await client.jobs.get(id);
    await row
      .getByText(`${((bestScores?.validationAccuracy ?? 0) * 100).toFixed(1)} %`)
      .first()
      .waitFor();
    await page.context().close();
  });

  it('follows a running job, pauses, resumes and cancels it', async () => {
    const { id } = await client.jobs.submit({ ...LONG_JOB, name: 'runner' });
    made.set('runner', Promise.resolve(id));
    const page = await ui.open('/jobs?status=running,paused,cancelled');
    const row = rowOf(page, 'runner');
    await row.getByRole('progressbar').waitFor();
    await row.getByText('left').waitFor();
    const act = async (action: string) => {
      await row.getByRole('button', { name: 'Actions for runner' }).click();
      await page.getByRole('menuitem', { name: action }).click();
    };
    await act('Pause');
    await row.getByText('paused').waitFor();
    await act('Resume');
    await row.getByText('running').waitFor();
    await act('Cancel');
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await row.getByText('cancelled').waitFor();
    expect((await client.jobs.wait(id)).status).toBe('cancelled');
    await page.context().close();
  });

  it('edits notes and tags, and shows what another person edits', async () => {
    const id = await first();
    const page = await ui.open('/jobs?name=first');
    const row = rowOf(page, 'first');
    await row.getByRole('button', { name: 'Actions for first' }).click();
    await page.getByRole('menuitem', { name: 'Edit notes and tags' }).click();
    await page.getByRole('textbox', { name: 'Notes' }).fill('<b>a good start</b>');
    await page.getByRole('button', { name: 'Add a tag' }).click();
    await page.getByLabel('Name of tag 2').fill('try');
    await page.getByLabel('Value of tag 2').fill('1');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Save' }).click();
    await row.getByRole('img', { name: 'Notes: <b>a good start</b>' }).waitFor();
    expect(await client.jobs.get(id)).toMatchObject({
      notes: '<b>a good start</b>',
      metadata: { team: 'vision', try: '1' },
    });
    await client.jobs.change(id, { metadata: { team: 'robots', try: null } });
    await row.getByText('team: robots').waitFor();
    await page.context().close();
  });

  it('filters by status, tag and name, which the address keeps, and chooses columns', async () => {
    await first();
    await cancelled('runner');
    const page = await ui.open('/jobs');
    await rowOf(page, 'runner').waitFor();
    await page.getByRole('button', { name: 'succeeded' }).click();
    await rowOf(page, 'runner').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?status=succeeded');
    await page.getByLabel('Tag, as name:value').fill('team:nobody');
    await page.getByLabel('Tag, as name:value').press('Enter');
    await page.getByRole('heading', { name: 'No job fits the filter' }).waitFor();
    await page.getByRole('button', { name: 'Show all jobs' }).click();
    await rowOf(page, 'runner').waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('Data set').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.reload();
    await page.getByRole('columnheader', { name: 'Data set' }).waitFor();
    await page.getByLabel('Name or id contains').fill('run');
    await rowOf(page, 'first').waitFor({ state: 'detached' });
    await page.context().close();
  });

  describe('the queue', () => {
    let running: string;
    const waiting = new Map<string, string>();
    /** Returns the names of the queued jobs in the order of the service. */
    const queue = async (): Promise<string[]> => {
      const jobs = await client.jobs.list({ status: 'queued', sort: 'position' }).all();
      return jobs.map(({ spec }) => spec.name);
    };
    /** Returns the names in the order of the table. */
    const shown = (page: Page): Promise<string[]> =>
      page
        .locator('tr[data-row] .jobs-name a')
        .evaluateAll((links) => links.map(({ textContent }) => textContent ?? ''));
    const expectOrder = async (page: Page, names: readonly string[]): Promise<void> => {
      await expect.poll(() => shown(page), { timeout: 30_000 }).toEqual(names);
      await expect.poll(queue, { timeout: 30_000 }).toEqual(names);
    };
    /** Puts the jobs into this order. */
    const arrange = async (...names: string[]): Promise<void> => {
      for (const name of names.toReversed()) await client.jobs.move(waiting.get(name) ?? '', { to: 'top' });
    };
    const dragTo = async (page: Page, name: string, other: string, { drops = true, below = false } = {}) => {
      const grip = await rowOf(page, name).locator('.table-grip').boundingBox();
      const target = await rowOf(page, other).boundingBox();
      if (grip === null || target === null) throw new Error('The rows are not visible.');
      await page.mouse.move(grip.x + 8, grip.y + 12);
      await page.mouse.down();
      await page.mouse.move(grip.x + 20, target.y + target.height * (below ? 0.8 : 0.2), { steps: 5 });
      await page.locator(below ? '.table-drop-after' : '.table-drop-before').waitFor();
      if (drops) await page.mouse.up();
    };

    beforeAll(async () => {
      if (whySkipped !== undefined) return;
      ({ id: running } = await client.jobs.submit({ ...LONG_JOB, name: 'holds-the-worker' }));
      for await (const frame of client.jobs.follow(running)) if (frame.type === 'step') break;
      for (const name of ['alpha', 'beta', 'gamma'])
        waiting.set(name, (await client.jobs.submit({ ...LONG_JOB, name })).id);
    });
    afterAll(async () => {
      if (whySkipped !== undefined) return;
      for (const id of [...waiting.values(), running]) await client.jobs.cancel(id);
      await client.jobs.wait(running);
    });

    it('is shown in its order, and jobs move to the top, up and down by their menu', async () => {
      await arrange('alpha', 'beta', 'gamma');
      const page = await ui.open('/jobs?status=queued');
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      const act = async (name: string, action: string) => {
        await rowOf(page, name)
          .getByRole('button', { name: `Actions for ${name}` })
          .click();
        await page.getByRole('menuitem', { name: action }).click();
      };
      await act('beta', 'Move to the top of the queue');
      await page.getByText('“beta” is next in the queue').waitFor();
      await expectOrder(page, ['beta', 'alpha', 'gamma']);
      await act('gamma', 'Move up');
      await expectOrder(page, ['beta', 'gamma', 'alpha']);
      await act('beta', 'Move down');
      await expectOrder(page, ['gamma', 'beta', 'alpha']);
      await expectAccessible(page);
      await page.context().close();
    });

    it('is reordered by dragging a row, unless Escape cancels it', async () => {
      await arrange('alpha', 'beta', 'gamma');
      const page = await ui.open('/jobs?status=queued');
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      await dragTo(page, 'gamma', 'alpha');
      await expectOrder(page, ['gamma', 'alpha', 'beta']);
      await dragTo(page, 'gamma', 'beta', { below: true });
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      await dragTo(page, 'gamma', 'alpha', { drops: false });
      await page.keyboard.press('Escape');
      await page.locator('.table-drop-before').waitFor({ state: 'detached' });
      await page.mouse.up();
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      expect(new URL(page.url()).pathname).toMatch(/\/jobs$/);
      await page.context().close();
    });

    it('is reordered with Alt and the arrow keys, and the row keeps the focus', async () => {
      await arrange('alpha', 'beta', 'gamma');
      const page = await ui.open('/jobs?status=queued');
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      await rowOf(page, 'alpha').focus();
      await page.keyboard.press('Alt+ArrowDown');
      await page.keyboard.press('Alt+ArrowDown');
      await expectOrder(page, ['beta', 'gamma', 'alpha']);
      await page.keyboard.press('Alt+ArrowUp');
      await expectOrder(page, ['beta', 'alpha', 'gamma']);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('alpha');
      await page.getByText('“alpha” is number 2 in the queue').waitFor({ state: 'attached' });
      await page.context().close();
    });

    it('shows what another person moves, and puts a refused row back', async () => {
      await arrange('alpha', 'beta', 'gamma');
      const page = await ui.open('/jobs?status=queued', { expectedErrors: [/409/] });
      await expectOrder(page, ['alpha', 'beta', 'gamma']);
      await client.jobs.move(waiting.get('gamma') ?? '', { to: 'top' });
      await expectOrder(page, ['gamma', 'alpha', 'beta']);
      const refusal = { status: 409, contentType: 'application/problem+json' };
      const body = {
        type: 'about:blank',
        code: 'job_not_queued',
        status: 409,
        title: 'x',
        detail: 'The job has begun.',
      };
      await page.route('**/move', (route) => route.fulfill({ ...refusal, body: JSON.stringify(body) }));
      await rowOf(page, 'beta').focus();
      await page.keyboard.press('Alt+ArrowUp');
      await page.getByText('The job has begun.').first().waitFor();
      await expectOrder(page, ['gamma', 'alpha', 'beta']);
      await page.context().close();
    });
  });

  it('sorts by the service, which the address keeps', async () => {
    const page = await ui.open('/jobs');
    const [header] = [page.getByRole('columnheader', { name: 'Best' })];
    const requested = page.waitForRequest((request) => /[?&]sort=position/.test(request.url()));
    await page.goto(`${ui.service.address}/ui/jobs?sort=status`);
    await requested;
    await header.getByRole('button').click();
    expect(new URL(page.url()).search).toBe('?sort=best');
    await page.reload();
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    await page.context().close();
  });

  it('compares selected jobs: curves, differences, results, scatter; and deletes several', async () => {
    const trained = [await first(), await train('second', 0.02)];
    const page = await ui.open('/jobs?status=succeeded');
    for (const name of ['first', 'second']) await rowOf(page, name).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
    expect(new URL(page.url()).searchParams.get('jobs')?.split(',').sort()).toEqual([...trained].sort());
    const settings = page.getByRole('table', { name: 'Settings' });
    await settings.getByText('optimizer.learningRate').waitFor();
    expect(await settings.getByText('batchSize', { exact: true }).count()).toBe(0);
    await page.getByLabel('Only those that differ').uncheck();
    await settings.getByText('batchSize', { exact: true }).waitFor();
    await page
      .getByRole('table', { name: 'Results' })
      .getByText(/· epoch \d/)
      .first()
      .waitFor();
    await page.getByRole('img', { name: /^Test accuracy against optimizer.learningRate/ }).waitFor();
    await page.getByRole('img', { name: /^Validation loss: chart of/ }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Remove second' }).click();
    await page.getByLabel('Add a job').selectOption({ value: trained[1] ?? '' });
    await page.getByRole('button', { name: 'Remove second' }).waitFor();
    await page.goBack();

    for (const name of ['first', 'second']) await rowOf(page, name).getByRole('checkbox').check();
    await page.getByRole('region', { name: 'Selected jobs' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete 2 jobs' }).click();
    await page.getByRole('heading', { name: 'No job fits the filter' }).waitFor();
    expect(await client.jobs.list({ status: 'succeeded' }).all()).toEqual([]);
    await page.context().close();
  });

  it('says which compared job is gone', async () => {
    const page = await ui.open('/compare?jobs=00000000-0000-4000-8000-000000000000', { expectedErrors: [/404/] });
    await page.getByText('was deleted, or never existed').waitFor();
    await page.context().close();
  });

  it('works on a phone and by keyboard', async () => {
    await cancelled('runner');
    await cancelled('other');
    const phone = await ui.open('/jobs', PHONE);
    await rowOf(phone, 'runner').waitFor();
    await expectNoOverflow(phone);
    await expectAccessible(phone);
    await phone.context().close();
    const page = await ui.open('/jobs');
    await page.locator('tr[data-row="0"]').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.getByText('2 jobs selected').waitFor();
    await page.keyboard.press('c');
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
    await page.context().close();
  });
});
