/** The console while the service is away, behind a path prefix, and under a name that it does not know. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectAccessible, useConsole, whySkipped } from './support/console.js';
import { type ProxyRules, type ServiceProxy, startProxy } from './support/proxy.js';

/** The browser logs every answer with an error status. */
const REFUSED = /Failed to load resource|WebSocket connection/;

describe.skipIf(whySkipped)(
  `the connection of the console${whySkipped === undefined ? '' : ` (${whySkipped})`}`,
  () => {
    const ui = useConsole();
    const proxies: ServiceProxy[] = [];
    const openProxy = async (rules: ProxyRules): Promise<ServiceProxy> => {
      const proxy = await startProxy(() => ui.service.address, rules);
      proxies.push(proxy);
      return proxy;
    };
    afterAll(() => {
      for (const proxy of proxies) proxy.close();
    });

    it('shows a banner while the service is away, and goes on by itself', async () => {
      const page = await ui.open('/system', { expectedErrors: [REFUSED] });
      await page.getByText('A worker takes jobs.').waitFor();
      await ui.service.killApi();
      await page.getByText('The service does not answer. The console keeps trying').waitFor();
      await expectAccessible(page);
      await ui.service.startApi();
      await page.getByText('The service does not answer. The console').waitFor({ state: 'detached' });
      await page.getByText('A worker takes jobs.').waitFor();
      await page.context().close();
    });

    it('loads again by itself what failed while the service was away', async () => {
      const jobs = await ui.open('/jobs', { expectedErrors: [REFUSED] });
      await jobs.getByText('There is no job yet').waitFor();
      const draft = await ui.open('/jobs/new', { expectedErrors: [REFUSED] });
      await draft.getByText('parameters', { exact: false }).first().waitFor();
      await ui.service.killApi();
      await jobs.getByLabel('Tag, as name:value').fill('team:vision');
      await jobs.getByLabel('Tag, as name:value').press('Enter');
      await draft.getByLabel('Epochs', { exact: true }).fill('7');
      for (const page of [jobs, draft]) {
        await page.getByText('This loads again by itself when it is back.').first().waitFor();
        expect(await page.getByText('Try again when it is back').count()).toBe(0);
      }
      await ui.service.startApi();
      await jobs.getByText('No job fits the filter').waitFor();
      for (const page of [jobs, draft]) {
        await page.getByText('This loads again by itself').first().waitFor({ state: 'detached' });
        await page.context().close();
      }
    });

    it('loads again what was lost on the way although the service answers', async () => {
      const page = await ui.open('/system', { expectedErrors: [/ERR_CONNECTION_RESET/] });
      let isLost = true;
      await page.route(/\/settings$/, (route) => (isLost ? route.abort('connectionreset') : route.fallback()));
      await page.getByRole('tab', { name: 'Settings' }).click();
      await page.getByText('This loads again by itself when it is back.').first().waitFor();
      isLost = false;
      await page.getByText('MAX_RESTARTS').waitFor();
      await page.context().close();
    });

    it('works behind a path prefix, also when a deep link is opened', async () => {
      const { address } = await openProxy({ prefix: '/tools/yard' });
      const page = await ui.open('/system?tab=settings', { address: `${address}/tools/yard` });
      await page.getByText('MAX_RESTARTS').waitFor();
      await page.getByRole('link', { name: 'Home' }).click();
      await page.getByRole('heading', { level: 1, name: 'Welcome to trainyard' }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/tools/yard/ui/');
      await page.context().close();
    });

    it('says why nothing can be changed under a name that the service does not know', async () => {
      const { port } = new URL(ui.service.address);
      const address = `http://yard.example.com:${port}`;
      const page = await ui.open('/', { address, expectedErrors: [REFUSED, /Cross-Origin-Opener-Policy/] });
      await page.getByText(`ALLOWED_ORIGINS=${address}`).waitFor();
      await expectAccessible(page);
      await page.context().close();
    });
  },
);
