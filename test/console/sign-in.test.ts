/** The console of a service with AUTH=keys: sign-in, a session that ends, and what needs the cookie. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { LONG_JOB } from '../client/service.js';
import { expectAccessible, useConsole, whySkipped } from './support/console.js';
import { type ServiceProxy, startProxy } from './support/proxy.js';

/** The browser logs every answer with an error status. */
const REFUSED = /Failed to load resource|WebSocket connection/;

describe.skipIf(whySkipped)(`signing in${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole({ settings: { AUTH: 'keys' } });
  const proxies: ServiceProxy[] = [];
  let apiKey: string;
  let admin: Trainyard;
  beforeAll(async () => {
    apiKey = (await readFile(join(ui.service.dataDir, 'access/admin-key'), 'utf8')).trim();
    admin = new Trainyard({ url: ui.service.address, apiKey });
  });
  afterAll(() => {
    for (const proxy of proxies) proxy.close();
  });

  const open = (path: string, address?: string) =>
    ui.open(path, { expectedErrors: [REFUSED], ...(address !== undefined && { address }) });

  async function signIn(page: Page, key: string): Promise<void> {
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
  }

  it('asks for a key, refuses a wrong one, stays signed in after a reload, and signs out', async () => {
    const page = await open('/system');
    await page.getByRole('heading', { name: 'Sign in to trainyard' }).waitFor();
    await expectAccessible(page);
    await signIn(page, 'ty_wrong');
    await page.getByText('The service does not accept this key.').waitFor();
    await signIn(page, apiKey);
    await page.getByText('A worker takes jobs.').waitFor();
    await page.reload();
    await page.getByText('A worker takes jobs.').waitFor();
    await page.getByRole('button', { name: 'Sign out first admin' }).click();
    await page.getByRole('heading', { name: 'Sign in to trainyard' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to trainyard' }).waitFor();
    await page.context().close();
  });

  it('keeps the key nowhere, and lets no script read the cookie', async () => {
    const page = await open('/system');
    await signIn(page, apiKey);
    await page.getByText('A worker takes jobs.').waitFor();
    const kept = await page.evaluate(() => [document.cookie, ...Object.values({ ...localStorage, ...sessionStorage })]);
    expect(kept.join()).not.toContain('ty_');
    expect(kept[0]).toBe('');
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: 'trainyard_session', httpOnly: true, sameSite: 'Strict' }]);
    expect(cookies[0]?.value).not.toContain(apiKey);
    await page.context().close();
  });

  it('follows a job live, asks again when its key is revoked, and goes on where it was', async () => {
    const { id } = await admin.jobs.submit(LONG_JOB);
    const first = await admin.access.createKey({ name: 'first', role: 'viewer' });
    const second = await admin.access.createKey({ name: 'second', role: 'viewer' });
    const place = `/jobs/${id}?tab=events`;
    const page = await open(place);
    await signIn(page, first.key);
    await page.getByText('Attempt 1 runs.').waitFor();
    await admin.access.revokeKey(first.id);
    await page.getByText('Your session has ended: sign in again').waitFor();
    await expectAccessible(page);
    await signIn(page, second.key);
    await page.getByRole('tab', { name: 'Events', selected: true }).waitFor();
    await page.getByText('Attempt 1 runs.').waitFor();
    expect(page.url()).toBe(`${ui.service.address}/ui${place}`);
    await admin.jobs.cancel(id);
    await page.getByText('cancelled').first().waitFor();
    await page.context().close();
  });

  it('shows pictures, and works behind a path prefix', async () => {
    const proxy = await startProxy(() => ui.service.address, { prefix: '/tools/yard' });
    proxies.push(proxy);
    const page = await open('/datasets/synthetic', `${proxy.address}/tools/yard`);
    await signIn(page, apiKey);
    const picture = page.getByRole('main').getByRole('img').first();
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    await page.context().close();
  });
});
