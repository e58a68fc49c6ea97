/** Trying models: files, paste, camera, test images, two models, where the network looks, and the same model in the browser. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { variableShapes, writeWeights } from '../../src/training/result/serving-graph.js';
import { LONG_JOB, SMALL_JOB } from '../client/service.js';
import { zipOf } from '../support/archive.js';
import { formulaWeights } from '../support/formula.js';
import { tinies } from '../support/imports.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';

const picture = (color: string): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: color } })
    .png()
    .toBuffer();

const choose = async (page: Page, files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> =>
  page.locator('input[type=file]').setInputFiles(files);

const rowOf = (page: Page, name: string) =>
  page.getByRole('table', { name: 'Results' }).getByRole('row').filter({ hasText: name });

/** Returns the text of the file that a button downloads. */
async function downloadedText(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await download.path(), 'utf8');
}

/** Share of pixels of the drawn picture that are much redder or bluer than grey. */
const colouredShare = (page: Page): Promise<number> =>
  page
    .locator('canvas.try-picture')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let coloured = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs((data[i] ?? 0) - (data[i + 2] ?? 0)) > 16) coloured += 1;
      return (4 * coloured) / data.length;
    });

/** Returns a grey picture, twice as wide as high, whose left and right quarters are red. */
function widePicture(): Promise<Buffer> {
  const bands = Buffer.concat([...'rggr'].map((c) => Buffer.from(c === 'r' ? [255, 0, 0] : [128, 128, 128])));
  return sharp(bands, { raw: { width: 4, height: 1, channels: 3 } })
    .resize({ width: 400, height: 200, fit: 'fill', kernel: 'nearest' })
    .png()
    .toBuffer();
}

/** Imports a model of formula weights that predicts the centre of an image. */
async function importCropped(address: string): Promise<void> {
  const image = { height: 32, width: 32, channels: 3 };
  const networkOptions = { variant: 'resnet18', width: 8, blocks: [1, 1] };
  const spec = { name: 'cropped', network: 'resnet', networkOptions, classes: ['a', 'b'], image, resize: 32 };
  const job = { network: 'resnet', networkOptions, name: 'x', dataset: { resize: 32 } };
  const shapes = variableShapes(resolveJob(job as Parameters<typeof resolveJob>[0]), { channels: 3 }, 2);
  const form = new FormData();
  form.set('spec', JSON.stringify({ ...spec, preprocessing: { preset: 'torchvision' } }));
  form.set('weights', new Blob([Uint8Array.from(writeWeights(formulaWeights(shapes), shapes, 1))]), 'w.safetensors');
  const response = await fetch(`${address}/models`, { method: 'POST', body: form });
  expect(response.status).toBe(201);
}

describe.skipIf(whySkipped)(`try${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole();
  let client: Trainyard;
  beforeAll(async () => {
    client = new Trainyard({ url: ui.service.address });
    for (const epochs of [1, 2]) {
      const dataset = { ...SMALL_JOB.dataset, validationSamples: 20 };
      const { id } = await client.jobs.submit({ ...SMALL_JOB, dataset, epochs, name: 'stripes' });
      await client.jobs.wait(id);
    }
  });

  it('says what to do while there is no picture, and predicts files, a pasted picture and one of the camera', async () => {
    const page = await ui.open('/try', { expectedErrors: [/400/] });
    await page.getByText('No picture yet').waitFor();
    await expectAccessible(page);
    await choose(page, [
      { name: 'red.png', mimeType: 'image/png', buffer: await picture('red') },
      { name: 'no-image.png', mimeType: 'image/png', buffer: Buffer.from('this is text') },
    ]);
    await rowOf(page, 'red.png').getByText(/\d\s%/).waitFor();
    await rowOf(page, 'no-image.png').getByText('"no-image.png" is not a picture').waitFor();
    await rowOf(page, 'no-image.png').getByRole('img', { name: 'no picture' }).waitFor();
    const bytes = [...(await picture('blue'))];
    await page.evaluate((content) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], 'pasted.png', { type: 'image/png' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    }, bytes);
    await rowOf(page, 'pasted.png').getByText(/\d\s%/).waitFor();
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByRole('button', { name: 'Take a picture' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await rowOf(page, 'camera').getByText(/\d\s%/).waitFor();
    await expectAccessible(page);
    const csv = await downloadedText(page, 'Download the results as CSV');
    expect(csv.split('\n')[0]).toBe('image,true class,model,predicted,probability,calibrated,error');
    expect(csv).toMatch(/red\.png,,stripes@2,/);
    await page.context().close();
  });

  it('compares two models on test images, whose true class it knows', async () => {
    const page = await ui.open('/try?model=stripes@2&with=stripes@1');
    await page.getByRole('button', { name: 'Take 8 test images' }).click();
    await page.getByRole('region', { name: 'Answer of stripes@1' }).getByText('True class').waitFor();
    await page.getByRole('region', { name: 'Answer of stripes@2' }).getByText('True class').waitFor();
    expect(await page.getByRole('table', { name: 'Results' }).locator('tbody tr').count()).toBe(8);
    await page.getByLabel('Calibrated probabilities').check();
    expect(new URL(page.url()).searchParams.get('calibrated')).toBe('1');
    const third = page.getByRole('button', { name: /^test image #/ }).nth(2);
    const name = (await third.textContent()) ?? '';
    await third.click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    expect(await page.getByRole('table', { name: 'Results' }).locator('tbody tr').count()).toBe(8);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('No picture yet').waitFor();
    expect(new URL(page.url()).search).toBe('?model=stripes@2&with=stripes@1&calibrated=1');
    await page.context().close();
  });

  it('loads the test images of the address, asks once for their data set, and says how many are missing', async () => {
    const page = await ui.open('/try', { expectedErrors: [/404/] });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const query = 'model=stripes@2&samples=synthetic/0,synthetic/1,none/0';
    await page.goto(`${ui.service.address}/ui/try?${query}`);
    await page.getByText(/^1 of 3 test images could not be loaded: /).waitFor();
    await rowOf(page, 'test image #1').getByText(/\d\s%/).waitFor();
    expect(await page.getByRole('table', { name: 'Results' }).locator('tbody tr').count()).toBe(2);
    expect(asked.filter((path) => path === '/datasets/synthetic')).toHaveLength(1);
    await page.context().close();
  });

  it('shows where the network looks for any class, with the opacity of the slider', async () => {
    const page = await ui.open('/models/stripes/2?tab=try');
    await choose(page, [{ name: 'grey.png', mimeType: 'image/png', buffer: await picture('#808080') }]);
    await page.getByText(/speaks for/).waitFor();
    await expect.poll(() => colouredShare(page)).toBeGreaterThan(0.1);
    await page.getByLabel('Class', { exact: true }).selectOption({ index: 3 });
    const { manifest } = await client.models.version('stripes', 2);
    await page.getByText(`speaks for ${manifest.classes[2]}`).waitFor();
    expect(new URL(page.url()).searchParams.get('class')).toBe(manifest.classes[2]);
    await page.getByLabel('Opacity of the map').fill('0');
    await expect.poll(() => colouredShare(page)).toBe(0);
    await page.waitForURL(/opacity=0(&|$)/);
    await page.context().close();
  });

  it('shows the part of the picture that the model sees, under its map', async () => {
    await importCropped(ui.service.address);
    const page = await ui.open('/models/cropped/1?tab=try');
    await choose(page, [{ name: 'wide.png', mimeType: 'image/png', buffer: await widePicture() }]);
    await page.getByText(/speaks for/).waitFor();
    await page.getByLabel('Opacity of the map').fill('0');
    await expect.poll(() => colouredShare(page)).toBe(0); // the red ends are cut off
    await page.goto(`${ui.service.address}/ui/models/cropped/1`);
    await page.getByText('the centre, 0.875 of the shorter side').waitFor();
    await page.context().close();
  });

  it('takes test images whole that their import cropped, in the service and in the browser', async () => {
    const archive = await zipOf(await tinies(['red', 'blue'], 8));
    const crop = { fit: 'resize-crop', cropShare: 0.5 } as const;
    await client.datasets.import('halves', new Blob([Uint8Array.from(archive)]), {
      ...crop,
      side: 8,
      channels: 3,
      testShare: 0.25,
    });
    const job = { ...SMALL_JOB, name: 'halves', batchSize: 4, dataset: { name: 'halves', resize: 8 } };
    await client.jobs.wait((await client.jobs.submit(job)).id);
    const response = await fetch(`${ui.service.address}/models/halves/versions/1/evaluation/images?limit=100`);
    const { images } = (await response.json()) as { images: { image: number; probability: number }[] };
    const page = await ui.open('/models/halves/1?tab=try');
    await page.getByRole('button', { name: `Take ${images.length} test images` }).click();
    for (const { image } of images) await rowOf(page, `#${image}`).getByText(/\d\s%/).waitFor();
    const csv = await downloadedText(page, 'Download the results as CSV');
    for (const { image, probability } of images) {
      const [, , , , shown] =
        csv
          .split('\n')
          .find((row) => row.startsWith(`test image #${image},`))
          ?.split(',') ?? [];
      expect(Number(shown)).toBeCloseTo(probability, 4);
    }
    await page.getByRole('button', { name: 'Run in this browser' }).click();
    const difference = page.locator('[data-difference]');
    await difference.waitFor({ timeout: 60_000 });
    expect(Number(await difference.getAttribute('data-difference'))).toBeLessThanOrEqual(1e-4);
    await page.context().close();
  });

  it('shows the part of the picture that the model of a job sees before it ends', async () => {
    const { id } = await client.jobs.submit({
      ...{ ...LONG_JOB, name: 'cropping', batchSize: 4 },
      dataset: { name: 'halves', resize: 8 },
    });
    for await (const frame of client.jobs.follow(id)) if (frame.type === 'epoch') break;
    await client.jobs.pause(id); // its checkpoint stays the same
    for await (const frame of client.jobs.follow(id)) if (frame.type === 'status' && frame.status === 'paused') break;
    const page = await ui.open(`/try?model=job:${id}@last`);
    await choose(page, [{ name: 'wide.png', mimeType: 'image/png', buffer: await widePicture() }]);
    await page.getByText(/speaks for/).waitFor();
    await page.getByLabel('Opacity of the map').fill('0');
    await expect.poll(() => colouredShare(page)).toBe(0); // the red ends are cut off
    await client.jobs.cancel(id, { mode: 'discard' });
    await page.context().close();
  });

  it('downloads the picture with the map as a PNG', async () => {
    const page = await ui.open('/models/stripes/2?tab=try');
    await choose(page, [{ name: 'a/b.png', mimeType: 'image/png', buffer: await picture('#808080') }]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as PNG' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^[^/]+, \S.*\.png$/);
    const { width, height, format } = await sharp(await download.path()).metadata();
    expect({ width, height, format }).toEqual({ width: 640, height: 640, format: 'png' });
    await page.context().close();
  });

  it('compares with a second model in the tab of a version too', async () => {
    const page = await ui.open('/models/stripes/2?tab=try');
    await page.getByLabel('Compare with').selectOption('stripes@1');
    expect(new URL(page.url()).searchParams.get('with')).toBe('stripes@1');
    await choose(page, [{ name: 'grey.png', mimeType: 'image/png', buffer: await picture('#808080') }]);
    for (const model of ['stripes@2', 'stripes@1'])
      await page
        .getByRole('region', { name: `Answer of ${model}` })
        .getByText('speaks for')
        .waitFor();
    await page.context().close();
  });

  it('predicts the camera continuously, one request at a time, until the page is hidden', async () => {
    const page = await ui.open('/try?model=stripes@2&with=stripes@1');
    const counts = { open: 0, most: 0, answered: 0 };
    const isPrediction = (url: string): boolean => new URL(url).pathname === '/predict';
    page.on('request', (request) => {
      if (isPrediction(request.url())) counts.most = Math.max(counts.most, ++counts.open);
    });
    page.on('response', (response) => {
      if (!isPrediction(response.url())) return;
      counts.open -= 1;
      counts.answered += 1;
    });
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByLabel('Predict continuously').check();
    await page.getByText(/^\d+\.\d frames a second$/).waitFor();
    await page.getByRole('region', { name: 'Live answer of stripes@1' }).getByRole('listitem').first().waitFor();
    await expect.poll(() => counts.answered).toBeGreaterThan(6);
    expect(counts.most).toBe(1);
    await expectAccessible(page);
    await expectNoOverflow(page);
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.getByText('Stopped. The answers are those of the last frame.').waitFor();
    expect(await page.getByLabel('Predict continuously').isChecked()).toBe(false);
    await page.context().close();
  });

  it('runs the same model in the browser, and differs from the service by at most 1e-4', async () => {
    const page = await ui.open('/models/stripes/2?tab=try');
    await page.getByRole('button', { name: 'Take 8 test images' }).click();
    await page.getByRole('button', { name: 'Run in this browser' }).click();
    const difference = page.locator('[data-difference]');
    await difference.waitFor({ timeout: 60_000 });
    expect(Number(await difference.getAttribute('data-difference'))).toBeLessThanOrEqual(1e-4);
    await page.context().close();
  });

  it('tries the best checkpoint of a job while it trains', async () => {
    const dataset = { ...LONG_JOB.dataset, validationSamples: 20 };
    const { id } = await client.jobs.submit({ ...LONG_JOB, dataset, name: 'running' });
    for await (const frame of client.jobs.follow(id)) if (frame.type === 'epoch') break;
    const page = await ui.open(`/try?model=job:${id}@best`, { expectedErrors: [/404/] });
    await choose(page, [{ name: 'grey.png', mimeType: 'image/png', buffer: await picture('#808080') }]);
    await page.getByRole('heading', { name: /epoch \d+, step \d+/ }).waitFor();
    await page.getByRole('columnheader', { name: `job:${id.slice(0, 8)}@best`, exact: true }).waitFor();
    await page.getByText(/speaks for/).waitFor();
    await client.jobs.cancel(id, { mode: 'discard' });
    await page.context().close();
  });

  it('shows the sentence of the service for a picture that is too large, and for a model that was deleted', async () => {
    const page = await ui.open('/try?model=stripes@2', { expectedErrors: [/40[04]/] });
    const large = await sharp({
      create: { width: 20_000, height: 15_000, channels: 3, background: 'red' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    await choose(page, [{ name: 'large.png', mimeType: 'image/png', buffer: large }]);
    await rowOf(page, 'large.png').getByText('million pixels are allowed').waitFor();
    await client.models.delete('stripes', 2);
    await page.getByRole('button', { name: 'Predict again' }).click();
    await page
      .getByText(/stripes.* version 2/i)
      .first()
      .waitFor();
    await page.context().close();
  });

  it('fits on a phone', async () => {
    const page = await ui.open('/try?model=stripes&with=stripes@1', PHONE);
    await choose(page, [
      { name: `${'long-name-'.repeat(12)}.png`, mimeType: 'image/png', buffer: await picture('red') },
    ]);
    await page
      .getByText(/speaks for/)
      .first()
      .waitFor();
    await expectNoOverflow(page);
    await expectAccessible(page);
    await page.context().close();
  });
});
