/** The system page: workers, checks, disk space, deliveries and settings. */
import { describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { SMALL_JOB } from '../client/service.js';
import { openReceiver } from '../support/receiver.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

describe.skipIf(whySkipped)(`system${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole({ settings: { MAX_RESTARTS: '7', WEBHOOK_NETWORKS: 'private' } });

  it('shows the worker and every check', async () => {
    const page = await ui.open('/system');
    await page.getByRole('table', { name: 'Workers' }).getByText('ready').waitFor();
    await page.getByText('A worker takes jobs.').waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('shows the settings that were changed, and no secret', async () => {
    const page = await ui.open('/system?tab=settings&changed=1');
    await page.getByText('MAX_RESTARTS').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('redis_url');
    await page.getByText('set, not shown').waitFor();
    expect(new URL(page.url()).search).toBe('?tab=settings&changed=1&q=redis_url');
    await expectAccessible(page);
    await page.context().close();
  });

  it.each([
    ['checkpoints', 'checkpoints'],
    ['TensorBoard files', 'tensorboard'],
  ])('deletes the %s of an ended job after a question', async (what, kind) => {
    const trainyard = new Trainyard({ url: ui.service.address });
    const { id } = await trainyard.jobs.submit(SMALL_JOB);
    await trainyard.jobs.wait(id);
    const page = await ui.open('/system?tab=storage');
    const remove = page.getByRole('button', { name: `Delete the ${what} of job ${id.slice(0, 8)}` });
    await remove.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await expectAccessible(page);
    await remove.click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Delete \d/ })
      .click();
    await remove.waitFor({ state: 'detached' });
    const { kinds } = await trainyard.service.storage();
    const left = kinds.find((each) => each.kind === kind)?.largest.map(({ name }) => name);
    expect(left).not.toContain(id);
    expect((await trainyard.jobs.get(id)).model).toBeDefined();
    await page.context().close();
  });

  it('explains webhooks while there are no messages, and fits on a phone', async () => {
    const page = await ui.open('/system?tab=webhooks');
    await page.getByRole('heading', { name: 'No messages to webhooks' }).waitFor();
    await expectAccessible(page);
    await page.context().close();
    for (const tab of ['health', 'storage', 'settings']) {
      const phone = await ui.open(`/system?tab=${tab}`, PHONE);
      await phone.locator('.stats, .settings').first().waitFor();
      await expectNoOverflow(phone);
      await phone.context().close();
    }
  });

  it('lists the messages of all jobs, older ones on demand', async () => {
    const receiver = await openReceiver();
    const trainyard = new Trainyard({ url: ui.service.address });
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const webhooks = [{ url: receiver.url, events: ['epoch' as const], secret }];
    const { id } = await trainyard.jobs.submit({ ...SMALL_JOB, epochs: 105, webhooks });
    await trainyard.jobs.wait(id);
    await receiver.count(105);
    const page = await ui.open('/system?tab=webhooks');
    await page.getByText('100 messages, the newest').waitFor();
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await page.getByText('105 messages', { exact: true }).waitFor();
    await expectAccessible(page);
    await page.context().close();
    receiver.close();
  });
});
