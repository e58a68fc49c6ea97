/**
 * `npm run screenshots`: trains two small jobs on a service of its own and saves the page of the second, while it trains, as
 * `docs/images/console-light.png` and `console-dark.png`. Needs Chromium, at `CHROMIUM` or `/usr/bin/chromium`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import sharp from 'sharp';
import { startTrainyard } from '../bench/support/service.js';
import { type JobSubmission, Trainyard } from '../dist/client/index.js';

const IMAGES = join(import.meta.dirname, '../docs/images');
const SIZE = { width: 1280, height: 900 };
/** Colours of a saved picture. The pages have few, and the file stays small. */
const COLORS = 128;

const sample = {
  network: 'resnet',
  networkOptions: { stem: 'small', width: 16, blocks: [1, 1, 1] },
  dataset: { resize: 28, trainSamples: 6_000, testSamples: 1_000, validationSamples: 1_000 },
  epochs: 10,
  batchSize: 64,
  optimizer: { name: 'adam', learningRate: 0.01 },
  schedule: 'one-cycle',
  name: 'clothes',
} as const satisfies JobSubmission;

/** Saves the page as a browser shows it in this colour scheme. */
async function capture(browser: Browser, url: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, colorScheme, locale: 'en-GB' });
  await page.goto(url);
  await page.locator('canvas').nth(3).waitFor();
  const picture = await page.screenshot({ animations: 'disabled' });
  const file = join(IMAGES, `console-${colorScheme}.png`);
  await writeFile(file, await sharp(picture).png({ palette: true, colours: COLORS, compressionLevel: 9 }).toBuffer());
  console.log(`Saved ${file}.`);
  await page.close();
}

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-screenshots-'));
const service = await startTrainyard(dataDir);
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const client = new Trainyard({ url: service.address });
  const first = await client.jobs.submit({ ...sample, epochs: 1 });
  await client.jobs.wait(first.id);
  const { id } = await client.jobs.submit(sample);
  for await (const frame of client.jobs.follow(id)) {
    if (frame.type === 'step' && frame.epoch === 7 && frame.step > 40) break;
  }
  for (const scheme of ['light', 'dark'] as const) await capture(browser, `${service.address}/ui/jobs/${id}`, scheme);
} finally {
  await browser.close();
  await service.close();
  await rm(dataDir, { recursive: true, force: true });
}
