/** The first page: three ways to begin on an empty service, then what the service is doing. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { SMALL_JOB } from '../client/service.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

/** Trains long enough to be looked at. */
const LONG_JOB = { ...SMALL_JOB, name: 'long', epochs: 2_000 };

/** Maximum number of elements of a page that the Tab key reaches before the wanted one. */
const MOST_STOPS = 60;

/** Moves the focus with Tab to the element of this name, and presses Enter. */
async function pressOn(page: Page, name: string): Promise<void> {
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  for (let stop = 0; (await focused()) !== name; stop += 1) {
    expect(stop, `stops of Tab before "${name}"`).toBeLessThan(MOST_STOPS);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
}

describe.skipIf(whySkipped)(`home${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();

  it('shows an empty service three ways to begin', async () => {
    const page = await ui.open('/');
    await page.getByRole('heading', { name: 'Welcome to trainyard' }).waitFor();
    await expectAccessible(page);
    expect(await page.getByRole('link', { name: 'Add a data set' }).getAttribute('href')).toMatch(/\/ui\/datasets$/);
    expect(await page.getByRole('link', { name: 'Try a model' }).getAttribute('href')).toMatch(/\/ui\/try$/);
    await page.context().close();
  });

  it('leads from an empty service to a prediction by keyboard alone', async () => {
    const page = await ui.open('/');
    await pressOn(page, 'Train now');
    await page.waitForURL(/\/ui\/jobs\/[0-9a-f-]{36}$/);
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const trainyard = new Trainyard({ url: ui.service.address });
    expect((await trainyard.jobs.get(id)).spec).toMatchObject({ name: 'first', network: 'resnet' });
    await page.getByText(/^Epoch 1 of 2, step/).waitFor();
    expect((await trainyard.jobs.wait(id)).status).toBe('succeeded');
    await page.getByRole('link', { name: 'Try it' }).waitFor();
    await pressOn(page, 'Try it');
    await page.getByRole('heading', { level: 1, name: 'Try' }).waitFor();
    await page.getByRole('button', { name: 'Take 8 test images' }).waitFor();
    await pressOn(page, 'Take 8 test images');
    await page.getByRole('list', { name: 'Most probable classes' }).getByRole('listitem').first().waitFor();
    await page.context().close();
  });

  it('follows running jobs live, and shows queue, ended jobs, workers and disk', async () => {
    const trainyard = new Trainyard({ url: ui.service.address });
    const page = await ui.open('/');
    const running = await trainyard.jobs.submit(LONG_JOB);
    const queued = await trainyard.jobs.submit({ ...SMALL_JOB, name: 'later' });
    await page.getByRole('img', { name: /^Loss, now \d/ }).waitFor();
    const note = page.locator('.running-job-progress .small');
    const before = await note.textContent();
    await expect.poll(() => note.textContent()).not.toBe(before);
    await page.getByRole('link', { name: 'later' }).waitFor();
    await page.getByText('Free disk space').waitFor();
    await expectAccessible(page);
    const phone = await ui.open('/', PHONE);
    await phone.getByRole('link', { name: 'long' }).waitFor();
    await expectNoOverflow(phone);
    await phone.context().close();
    for (const { id } of [queued, running]) await trainyard.jobs.cancel(id);
    await page.getByText('Nothing waits. Workers begin a new job at once.').waitFor();
    await page.context().close();
  });
});
