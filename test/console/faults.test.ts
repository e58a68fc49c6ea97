/** The console when something goes wrong: faults of a page, an update, things that are deleted, and streams that are refused. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { SMALL_JOB } from '../client/service.js';
import { expectAccessible, useConsole, whySkipped } from './support/console.js';
import { type ProxyRules, type ServiceProxy, startProxy } from './support/proxy.js';

const GONE = 'This is gone, or never existed';
/** The browser logs every answer with an error status, and every connection that fails. */
const REFUSED = /Failed to load resource|WebSocket connection/;

describe.skipIf(whySkipped)(`faults${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole({ settings: { DATASETS_DIR: join(tmpdir(), 'trainyard-without-datasets') } });
  const proxies: ServiceProxy[] = [];
  const openProxy = async (rules: ProxyRules): Promise<string> => {
    const proxy = await startProxy(() => ui.service.address, rules);
    proxies.push(proxy);
    return proxy.address;
  };
  afterAll(() => {
    for (const proxy of proxies) proxy.close();
  });
  let client: Trainyard;
  beforeAll(() => {
    client = new Trainyard({ url: ui.service.address });
  });

  const train = async (name: string): Promise<string> => {
    const { id } = await client.jobs.submit({ ...SMALL_JOB, epochs: 1, name });
    await client.jobs.wait(id);
    return id;
  };

  it('shows a page where it was scrolled to after a step back', async () => {
    const page = await ui.open('/system?tab=settings');
    await page.getByText('MAX_RESTARTS').waitFor();
    await page.evaluate(() => scrollTo(0, 500));
    await page.getByRole('link', { name: 'Models' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await page.getByText('MAX_RESTARTS').waitFor();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(500);
    await page.context().close();
  });

  it('offers to load compared jobs again, and says that a job could not be planned', async () => {
    const id = await train('compared');
    const rules: ProxyRules = {
      answer(incoming, outgoing) {
        if (!/^\/jobs\/(plan|[0-9a-f-]{36})/.test(incoming.url ?? '')) return false;
        outgoing.writeHead(500, { 'content-type': 'application/problem+json' });
        outgoing.end(JSON.stringify({ title: 'Internal error', status: 500, code: 'internal', detail: 'It broke.' }));
        return true;
      },
    };
    const options = { address: await openProxy(rules), expectedErrors: [REFUSED] };
    const page = await ui.open(`/compare?jobs=${id}`, options);
    await page.getByText(`Job ${id.slice(0, 8)} cannot be shown: It broke.`).waitFor();
    await expectAccessible(page);
    const form = await ui.open('/jobs/new?dataset=synthetic', options);
    await form.getByText('The service could not plan the job.').waitFor();
    await expectAccessible(form);
    rules.answer = () => false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'compared' }).first().waitFor();
    await page.context().close();
    await form.context().close();
  });

  it('says at the field of a new job, once, that the files of its data set are missing', async () => {
    const page = await ui.open('/', { expectedErrors: [REFUSED] });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.getByRole('link', { name: 'New job' }).first().click();
    await page.getByText('The data set cannot be read: see Data set.').waitFor();
    await page.getByText('Its images cannot be read.').waitFor();
    expect(await page.getByText('cannot be used: it is missing').count()).toBe(1);
    expect(await page.locator('[data-path="dataset.name"]').getByText('it is missing').count()).toBe(1);
    expect(requests.filter((url) => url.includes('/images?'))).toHaveLength(1);
    await expectAccessible(page);
    await page.context().close();
  });

  it.each(['/models/odd/abc', '/datasets/No%20name'])('says that nothing can have the address %s', async (path) => {
    const page = await ui.open(path, { expectedErrors: [REFUSED] });
    await page.getByRole('heading', { name: GONE }).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.context().close();
  });

  it('stays usable if a page fails, and shows it again once it can', async () => {
    const id = await train('odd');
    const page = await ui.open('/', { expectedErrors: [/TypeError|Cannot read/] });
    await page.route(`**/jobs/${id}`, (route) => route.fulfill({ json: { id } }));
    await page.locator(`a[href$="/jobs/${id}"]`).first().click();
    await page.getByRole('heading', { level: 1, name: 'This page failed' }).waitFor();
    await page.getByRole('alert').getByText('The console could not show this page').waitFor();
    await expectAccessible(page);
    await page.unroute(`**/jobs/${id}`);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: 'odd' }).waitFor();
    await page.context().close();
  });

  it('offers to reload after an update of the console, also if a page is no longer there', async () => {
    let isUpdated = false;
    let isAway = false;
    const address = await openProxy({
      answer({ url = '' }, outgoing) {
        if (isAway) outgoing.writeHead(502).end();
        else if (isUpdated && url.includes('/assets/')) outgoing.writeHead(404).end();
        else if (isUpdated && /\/ui\/[^.]*$/.test(url))
          outgoing.writeHead(200).end('<script type="module" src="./assets/index-newer.js"></script>');
        else return false;
        return true;
      },
    });
    const page = await ui.open('/system', { address, expectedErrors: [REFUSED] });
    await page.getByText('A worker takes jobs.').waitFor();
    isAway = true;
    await page.getByText('The service does not answer. The console').waitFor();
    [isAway, isUpdated] = [false, true];
    await page.getByText('The console was updated since you opened this tab.').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Data sets' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Page not loaded' }).waitFor();
    isUpdated = false;
    await page.getByRole('button', { name: 'Reload' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
    expect(await page.getByText('The console was updated').count()).toBe(0);
    await page.context().close();
  });

  it('says on the open pages of a job and of a model that someone has deleted them', async () => {
    const id = await train('deleted');
    const expectedErrors = [/404/];
    const pages = await Promise.all([
      ui.open(`/jobs/${id}`, { expectedErrors }),
      ui.open('/models/deleted/1', { expectedErrors }),
    ]);
    for (const page of pages) await page.getByRole('tab').first().waitFor();
    await client.models.delete('deleted', 1);
    await client.jobs.delete(id);
    for (const page of pages) {
      await page.getByRole('heading', { name: GONE }).waitFor();
      expect(await page.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
    }
    await pages[0]?.getByRole('link', { name: 'All jobs' }).waitFor();
    await pages[1]?.getByRole('link', { name: 'All models' }).waitFor();
    for (const page of pages) await page.context().close();
  });

  it('goes on with the list of jobs after the service was away', async () => {
    const page = await ui.open('/jobs', { expectedErrors: [/Failed to load|WebSocket|ERR_/] });
    await page.getByRole('table').waitFor();
    await ui.service.killApi();
    await page.getByText('The service does not answer. The console').waitFor();
    await ui.service.startApi();
    await page.getByText('The service does not answer. The console').waitFor({ state: 'detached' });
    const id = await train('after-outage');
    await page.getByRole('row').filter({ hasText: 'after-outage' }).getByText('succeeded').waitFor();
    await client.jobs.delete(id);
    await page.getByRole('row').filter({ hasText: 'after-outage' }).waitFor({ state: 'detached' });
    await page.context().close();
  });
});
