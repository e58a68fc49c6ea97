/** The shell of the console: pages, history, keyboard, themes. */
import { describe, expect, it } from 'vitest';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

const AREAS = ['Home', 'Jobs', 'Models', 'Try', 'Data sets', 'System'];

describe.skipIf(whySkipped)(`the console${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();

  it('opens each area from the navigation, and goes back and forward', async () => {
    const page = await ui.open('/');
    for (const area of AREAS.slice(1)) {
      await page.getByRole('link', { name: area, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: area }).waitFor();
      expect(await page.title()).toBe(`${area} · trainyard`);
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    }
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
    await page.goForward();
    await page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
    await page.context().close();
  });

  it('opens pages and the list of shortcuts by keyboard', async () => {
    const page = await ui.open('/');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('go sys');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.context().close();
  });

  it('works on a phone', async () => {
    const page = await ui.open('/', PHONE);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await expectNoOverflow(page);
    await expectAccessible(page);
    await page.context().close();
  });
});
