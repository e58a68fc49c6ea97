/** Components of the console in a browser, by mouse and by keyboard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, expectNoOverflow, openPages, PHONE, whySkipped } from './support/console.js';
import { serveGallery } from './support/gallery.js';

describe.skipIf(whySkipped)(`components${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const pages = openPages();
  let gallery: Awaited<ReturnType<typeof serveGallery>>;
  beforeAll(async () => {
    gallery = await serveGallery();
  });
  afterAll(() => gallery.close());
  const open = (path: string, options = {}) => pages.open(path, { address: gallery.address, ...options });

  it.each(['chart', 'table', 'form', 'rest'])('pass axe and fit on a phone: %s', async (tab) => {
    const page = await open(`/?tab=${tab}`);
    await expectAccessible(page);
    await page.context().close();
    const phone = await open(`/?tab=${tab}`, PHONE);
    await expectNoOverflow(phone);
    await phone.context().close();
  });

  it('a table of 10,000 rows renders those in sight, sorts, selects and opens by keyboard', async () => {
    const page = await open('/?tab=table');
    const rendered = () => page.locator('tr[data-row]').count();
    expect(await rendered()).toBeLessThan(80);
    await page.getByRole('button', { name: 'Loss' }).click();
    expect(new URL(page.url()).search).toBe('?tab=table&sort=loss');
    await page.getByRole('button', { name: 'Loss' }).click();
    await page.getByText('9.990').first().waitFor();
    await page.locator('tr[data-row="0"]').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('End');
    await page.locator('tr[data-row="9999"]:focus').waitFor();
    expect(await rendered()).toBeLessThan(80);
    await page.keyboard.press('Enter');
    await page.getByText(/^1 selected, opened row-/).waitFor();
    // The elements of a row that has left show another row: neither the focus nor the selection goes there.
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight / 2)');
    await page.locator('tr[data-row="5000"]').waitFor();
    expect(await page.locator('tr:focus, tr[aria-selected="true"], tr input:checked').count()).toBe(0);
    await page.context().close();
  });

  it('charts share their zoom through the address, and show the same numbers as a table', async () => {
    const page = await open('/?tab=chart&zoom=500..1500');
    await page.getByRole('button', { name: 'Show everything' }).first().waitFor();
    await page.locator('.chart-plot').first().focus();
    await page.keyboard.press('+');
    expect(new URL(page.url()).searchParams.get('zoom')).toBe('750..1250');
    await page.keyboard.press('0');
    expect(new URL(page.url()).searchParams.get('zoom')).toBe(null);
    const box = await page.locator('.u-over').first().boundingBox();
    if (box === null) throw new Error('no plot');
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 3 });
    await page.mouse.up();
    await page.waitForURL(/zoom=/);
    const [from = 0, to = 0] = (new URL(page.url()).searchParams.get('zoom') ?? '').split('..').map(Number);
    expect([Math.round(from / 10), Math.round(to / 10)]).toEqual([50, 100]);
    await page.getByRole('button', { name: 'Show as table' }).first().click();
    const table = page.getByRole('table', { name: 'Loss' });
    expect(await table.getAttribute('aria-rowcount')).toBe('2001');
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['step', 'train', 'test']);
    await page.context().close();
  });

  it('dialogs, menus and tabs work by keyboard', async () => {
    const page = await open('/?tab=rest');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: 'Delete it?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Kept').waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: 'Delete it?' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Deleted').waitFor();
    await page.getByRole('button', { name: 'Actions' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('ResumeIt is running.');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('Paused').waitFor();
    await page.getByRole('tab', { name: 'Rest' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Charts', selected: true }).waitFor();
    await page.context().close();
  });

  it('fields mark what was modified and take it back', async () => {
    const page = await open('/?tab=form');
    await page.getByLabel('Name').fill('');
    await page.getByRole('alert').getByText('A name is missing.').waitFor();
    await page.getByRole('button', { name: 'Reset Name to digits' }).click();
    expect(await page.getByLabel('Name').inputValue()).toBe('digits');
    await page
      .locator('input[type=file]')
      .setInputFiles([{ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('x') }]);
    await page.getByText('a.png').waitFor();
    await page.context().close();
  });
});
