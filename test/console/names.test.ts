/** Names that are hostile, long, or written from right to left. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { SMALL_JOB } from '../client/service.js';
import { zipOf } from '../support/archive.js';
import { tiny } from '../support/imports.js';
import { expectNoOverflow, type OpenOptions, PHONE, useConsole, whySkipped } from './support/console.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const RIGHT_TO_LEFT = 'حذاء طويل';
/** The longest name of a class. */
const LONG = 'x'.repeat(100);
const NAMES = [HOSTILE, RIGHT_TO_LEFT, LONG];

/** The longest name of a job and of a model. */
const MODEL = 'm'.repeat(64);
const NOTES = `<script>alert(1)</script> ${RIGHT_TO_LEFT}`;
const METADATA = Object.fromEntries([
  ...Array.from({ length: 14 }, (_, index) => [`key-${index}`, HOSTILE]),
  ['k'.repeat(64), 'v'.repeat(256)],
  ['direction', RIGHT_TO_LEFT],
]);

/** A path, and what its page must show. */
type PageCheck = readonly [path: string, look: (page: Page) => Promise<void>];

describe.skipIf(whySkipped)(`names${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  let id: string;
  beforeAll(async () => {
    if (whySkipped !== undefined) return;
    const client = new Trainyard({ url: ui.service.address });
    const files: Record<string, Buffer> = {};
    for (const [place, name] of NAMES.entries())
      for (let index = 0; index < 8; index += 1) files[`${name}/${index}.png`] = await tiny(8 * place + index);
    const archive = new Blob([Uint8Array.from(await zipOf(files))]);
    await client.datasets.import('names', archive, { side: 8 });
    const dataset = { name: 'names', resize: 8 };
    const request = { ...SMALL_JOB, dataset, name: MODEL, notes: NOTES, metadata: METADATA };
    ({ id } = await client.jobs.submit(request));
    expect((await client.jobs.wait(id)).status).toBe('succeeded');
    await client.models.moveLabel(MODEL, 'l'.repeat(63), { version: 1 });
  });

  /** Opens paths one after the other in one page, and calls `look` on each. */
  async function onEach(options: OpenOptions, places: readonly PageCheck[]): Promise<void> {
    const [[first]] = places as readonly [PageCheck];
    const page = await ui.open(first, options);
    page.on('dialog', () => expect.unreachable('a text of a user ran as a script'));
    for (const [path, look] of places) {
      await page.goto(`${ui.service.address}/ui${path}`);
      await look(page);
      await expectNoOverflow(page);
    }
    await page.context().close();
  }

  const places = (): readonly PageCheck[] => [
    ['/', (page) => page.getByText(MODEL).first().waitFor()],
    ['/jobs?cols=name,status,tags,model,dataset', (page) => page.getByText(MODEL).first().waitFor()],
    ['/models', (page) => page.getByText(MODEL).first().waitFor()],
    ['/system?tab=storage', (page) => page.getByText(MODEL).first().waitFor()],
    [`/jobs/${id}`, (page) => page.getByRole('figure', { name: 'Loss' }).waitFor()],
    [`/jobs/${id}?tab=spec`, notesAndTags],
    [`/compare?jobs=${id}&diff=0`, (page) => page.getByRole('table', { name: 'Settings' }).waitFor()],
    [`/models/${MODEL}`, (page) => page.getByRole('button', { name: /^Move… l+$/ }).waitFor()],
    [`/models/${MODEL}/1`, (page) => page.getByText('Digest of the data').waitFor()],
    [`/models/${MODEL}/1?${new URLSearchParams({ tab: 'evaluation', actual: HOSTILE })}`, classesOfEvaluation],
    [`/models/${MODEL}/1?tab=card`, (page) => page.getByText('Intended use').first().waitFor()],
    [`/try?model=${MODEL}`, classesOfAnswer],
  ];

  it.each([
    ['a screen', {}],
    ['a phone', PHONE],
  ] as const)('are text that fits into every page on %s', (_, options) => onEach(options, places()));
});

async function notesAndTags(page: Page): Promise<void> {
  await page.getByText(NOTES).waitFor();
  await page.getByText('v'.repeat(256)).first().waitFor();
  await page.getByRole('button', { name: 'Notes and tags' }).click();
  await page.getByLabel('Name of tag 16').waitFor();
}

async function classesOfEvaluation(page: Page): Promise<void> {
  for (const name of NAMES) await page.getByRole('button', { name, exact: true }).waitFor();
  await page.getByRole('heading', { name: `All images of ${HOSTILE}` }).waitFor();
}

async function classesOfAnswer(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Take \d test image/ }).click();
  const answer = page.getByRole('list', { name: 'Most probable classes' });
  for (const name of NAMES) await answer.getByText(name, { exact: true }).waitFor();
}
