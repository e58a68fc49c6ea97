/** Pages of data sets: a folder from the drop to its images, bad folders, cancelling, hostile names, and a service that goes away. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { zipOf } from '../support/archive.js';
import { tiny } from '../support/imports.js';
import { descendants } from '../support/processes.js';
import { expectAccessible, expectNoOverflow, PHONE, useConsole, whySkipped } from './support/console.js';
import { type ProxyRules, startProxy } from './support/proxy.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const RIGHT_TO_LEFT = 'حذاء طويل';
const LONG = 'x'.repeat(100);

/** An import starts a process, which takes long on a busy machine. */
const IMPORTED = { timeout: 90_000 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-pages-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes files into a folder of this name, and returns its path. */
async function write(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, name, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return join(folder, name);
}

/** Returns `each` different images for each class. */
async function classes(names: readonly string[], each: number): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const [place, name] of names.entries())
    for (let i = 0; i < each; i++) files[`${name}/${i}.png`] = await tiny(place * each + i);
  return files;
}

const blackPicture = (): Promise<Buffer> =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: '#000000' } })
    .png()
    .toBuffer();

/** More images than a page of the gallery has. */
const MANY_IMAGES = 110;

const chooseFolder = (page: Page, path: string) => page.getByLabel('Folder of images').setInputFiles(path);
const chooseArchive = (page: Page, path: string) =>
  page.getByLabel('Drop a folder or a ZIP archive, or choose an archive').last().setInputFiles(path);
const nameField = (page: Page) => page.getByRole('textbox', { name: 'Name' });
const startImport = (page: Page) => page.getByRole('button', { name: 'Import', exact: true }).click();

describe.skipIf(whySkipped)(`data sets${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  const ui = useConsole({ settings: { MAX_DATASET_MB: '2', DOWNLOAD_NETWORKS: 'private' } });
  const client = () => new Trainyard({ url: ui.service.address });

  it('imports with the fit and the pixels of the form, and predictions of its models do the same', async () => {
    const page = await ui.open('/datasets');
    await chooseFolder(page, await write('cropped', await classes(['ankle', 'rain'], 4)));
    await page.getByLabel('Fit').selectOption('Smaller centre, as torchvision');
    await page.getByLabel('Crop share').fill('0.8');
    await page.getByText('Pixels', { exact: true }).click();
    await expectAccessible(page);
    await page.getByLabel('Interpolation').selectOption('Bicubic, the pixels of Pillow');
    await page.getByLabel('Ignore transparency and colour profiles').check();
    await page.getByLabel('Side').fill('16');
    await startImport(page);
    await page.getByText('cropped is ready').waitFor(IMPORTED);
    const { imported } = await client().datasets.get('cropped');
    expect(imported).toMatchObject({ fit: 'resize-crop', cropShare: 0.8, interpolation: 'bicubic', decoding: 'plain' });
    await page.getByRole('link', { name: 'Look at the images' }).click();
    await page.getByText('the centre, 0.8 of the shorter side; bicubic, without transparency').waitFor();
    await page.context().close();
  });

  it('imports a folder, names what is wrong with it, and shows its images', async () => {
    const files = await classes(['train/ankle', 'train/rain', 'test/ankle', 'test/rain'], 4);
    const path = await write('Winter Boots', {
      ...files,
      'test/rain/copy.png': files['train/rain/1.png'] ?? '',
      'train/rain/notes.txt': 'wet',
      'train/rain/broken.jpg': 'no image',
      '.DS_Store': 'x',
    });
    const page = await ui.open('/datasets');
    await chooseFolder(page, path);
    await page.getByText('in the splits train, test').waitFor();
    expect(await nameField(page).inputValue()).toBe('winter-boots');
    await page.getByText('1 file: not an image file, whatever its name').waitFor();
    expect(await page.getByLabel('Leave out images that cannot be used').isChecked()).toBe(true);
    await expectAccessible(page);
    await page.getByLabel('Side').fill('16');
    await startImport(page);
    await page.getByText('winter-boots is ready: 17 images in 2 classes. 2 files were left out.').waitFor(IMPORTED);
    await page.getByText('1 test image has the same pixels').waitFor();
    await expectAccessible(page);

    await page.getByRole('link', { name: 'Look at the images' }).click();
    await page.getByRole('heading', { level: 1, name: 'winter-boots' }).waitFor();
    await page.getByRole('radio', { name: 'Test' }).check({ force: true });
    await page.getByText('9 of 9 images').waitFor();
    await page.getByLabel('Class').selectOption('rain');
    await page.getByText('5 of 5 images').waitFor();
    expect(new URL(page.url()).search).toBe('?split=test&class=rain');
    await page.getByRole('list', { name: 'Images' }).getByRole('button').first().click();
    await page.getByRole('dialog', { name: 'rain' }).waitFor();
    const opened = page.url();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((before) => location.href !== before, opened);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.goBack();
    await page.getByRole('tab', { name: 'Duplicates (1)' }).click();
    await page.getByText('test/rain/copy.png').waitFor();
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Left out (2)' }).click();
    await page.getByRole('table', { name: 'All files that were left out' }).getByText('broken.jpg').waitFor();
    await expectAccessible(page);
    await page.reload();
    await page.getByRole('tab', { name: 'Left out (2)', selected: true }).waitFor();
    await page.context().close();
  });

  it('reports what is wrong with the images, and leads to them', async () => {
    const files = await classes(['train/ankle', 'train/rain', 'test/ankle', 'test/rain'], 2);
    files['test/rain/copy.png'] = await tiny(0);
    files[`train/rain/${HOSTILE.replaceAll('/', '')}.png`] = await blackPicture();
    await client().datasets.import('faulty', await write('faulty', files));
    const page = await ui.open('/datasets/faulty');
    await page.getByRole('tab', { name: 'Report' }).click();
    await page.getByText('1 test image has the same pixels as training or validation images').waitFor();
    await page.getByRole('list', { name: 'Images that show nothing' }).getByRole('button').click();
    await page.getByRole('dialog').getByText('<img src=x onerror=alert(1)>.png').first().waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('table', { name: 'Sizes of the originals' }).waitFor();
    await expectAccessible(page);
    const leak = page.locator('.notice', { hasText: 'has the same pixels as training' });
    await leak.getByRole('link', { name: 'Show them' }).click();
    await page.getByText('test/rain/copy.png').waitFor();
    expect(new URL(page.url()).search).toBe('?tab=duplicates&kind=leak');
    await page.getByRole('radio', { name: 'Look alike' }).check({ force: true });
    await page.waitForFunction(() => location.search.includes('match=near'));
    await expectAccessible(page);
    await page.context().close();
    await client().datasets.delete('faulty');
  });

  it('drops the training copies of leaks if the form says so', async () => {
    const files = await classes(['train/ankle', 'train/rain', 'test/ankle', 'test/rain'], 2);
    const page = await ui.open('/datasets');
    await chooseFolder(page, await write('leaky', { ...files, 'test/rain/copy.png': await tiny(0) }));
    await page.getByLabel('Images in several splits').selectOption('drop');
    await startImport(page);
    await page.getByText(/leaky is ready/).waitFor(IMPORTED);
    const { imported, trainSamples } = await client().datasets.get('leaky');
    expect([imported?.onLeak, trainSamples]).toEqual(['drop', 3]);
    await page.context().close();
    await client().datasets.delete('leaky');
  });

  it('imports from an address with the splits of the form, and shows why the service refuses one', async () => {
    const files = await classes(['ankle', 'rain'], 8);
    const named = Object.entries(files).map(([path, file]) => [path.replace(/(\d)\.png/, 'pair$1-$1.png'), file]);
    const archive = await zipOf(Object.fromEntries(named));
    const source = createServer((_, response) => response.end(archive)).listen(0, '127.0.0.1');
    await once(source, 'listening');
    const page = await ui.open('/datasets', { ...PHONE, expectedErrors: [/400/] });
    const address = page.getByLabel('Or the address of an archive');
    await address.fill('boots');
    await page.getByText('An address begins with https:// and names a file.').waitFor();
    await address.fill('https://example.com/?name=boots.zip');
    await page.getByText('An address begins with https:// and names a file.').waitFor();
    await address.fill(`http://127.0.0.1:${(source.address() as AddressInfo).port}/fetched.zip?v=1`);
    await page.getByRole('button', { name: 'Use the address' }).click();
    expect(await nameField(page).inputValue()).toBe('fetched');
    await page.getByLabel('SHA-256').fill('0'.repeat(64));
    await page.getByText('Validation, groups and seed').click();
    await page.getByLabel('Share for the validation').fill('0.25');
    await page.getByLabel('Groups').fill('^(pair');
    await page.getByLabel('Seed').fill('7');
    await startImport(page);
    await page.getByText(/Nothing was stored.*is not a regular expression/).waitFor();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await page.getByLabel('Groups').fill('^(pair[0-9])-');
    await startImport(page);
    await page.getByText(/Nothing was stored.*\/sha256/).waitFor(IMPORTED);
    await page.getByLabel('SHA-256').fill('');
    await startImport(page);
    await page.getByText(/fetched is ready: 16 images/).waitFor(IMPORTED);
    const { imported } = await client().datasets.get('fetched');
    expect(imported).toMatchObject({ validationShare: 0.25, groups: '^(pair[0-9])-', seed: 7 });
    await page.context().close();
    source.close();
    await client().datasets.delete('fetched');
  });

  it('refuses files before it sends them, and says why', async () => {
    const page = await ui.open('/datasets');
    await chooseFolder(page, await write('one', { 'ankle/1.png': await tiny(1), 'ankle/2.png': await tiny(2) }));
    await page.getByText('There is only one class, ankle.').waitFor();
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Choose other files' }).click();
    await chooseFolder(page, await write('loose', { '1.png': await tiny(1), 'a/2.png': await tiny(2) }));
    await page.getByText('1 image is in no class folder').waitFor();
    await page.getByRole('button', { name: 'Choose other files' }).click();
    const long = 'b'.repeat(200);
    await chooseFolder(page, await write('long', { 'a/1.png': await tiny(1), [`${long}/2.png`]: await tiny(2) }));
    await page.getByText('1 class name has more than 100 characters.').waitFor();
    await page.getByText(long, { exact: true }).waitFor();
    await expectNoOverflow(page);
    await page.getByRole('button', { name: 'Choose other files' }).click();
    await writeFile(join(folder, 'text.zip'), 'no archive');
    await chooseArchive(page, join(folder, 'text.zip'));
    await page.getByText('This is not a ZIP archive').waitFor();
    const huge = join(folder, 'huge.zip');
    await writeFile(huge, '');
    await truncate(huge, 2 ** 31);
    await chooseArchive(page, huge);
    await page.getByText('The files have 2,147 MB, and this service accepts at most 2 MB.').waitFor();
    await page.context().close();
  });

  it('shows the refusal of the service, and keeps the settings for another try', async () => {
    const page = await ui.open('/datasets');
    const archive = join(folder, 'taken.zip');
    await writeFile(archive, await zipOf(await classes(['a', 'b'], 3)));
    await client().datasets.import('taken', archive, { side: 8 });
    await chooseArchive(page, archive);
    expect(await nameField(page).inputValue()).toBe('taken');
    await startImport(page);
    await page.getByText('There is already a data set taken').waitFor(IMPORTED);
    await nameField(page).fill('free');
    await startImport(page);
    await page.getByText('free is ready: 6 images in 2 classes.').waitFor(IMPORTED);
    await page.context().close();
  });

  it('shows names of any kind as text, on a phone too', async () => {
    const archive = await zipOf(await classes([HOSTILE, RIGHT_TO_LEFT, LONG], 3));
    await client().datasets.import('names', new Blob([Uint8Array.from(archive)]), { side: 8 });
    for (const options of [{}, PHONE]) {
      const page = await ui.open('/datasets/names?tab=classes', options);
      for (const name of [HOSTILE, RIGHT_TO_LEFT, LONG]) await page.getByRole('link', { name, exact: true }).waitFor();
      await expectNoOverflow(page);
      await expectAccessible(page);
      await page.goto(`${ui.service.address}/ui/datasets/names`);
      await page.getByText('6 of 6 images').waitFor();
      await expectNoOverflow(page);
      await expectAccessible(page);
      await page.goto(`${ui.service.address}/ui/datasets`);
      await page.getByRole('link', { name: 'names', exact: true }).waitFor();
      await expectNoOverflow(page);
      await page.context().close();
    }
  });

  it('shows built-in data sets, and one that is gone', async () => {
    const page = await ui.open('/datasets/synthetic?split=test');
    await page.getByText('100 of 10,000 images').waitFor();
    expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    await page.context().close();
    const gone = await ui.open('/datasets/nothing', { expectedErrors: [/404/] });
    await gone.getByText('There is no data set named "nothing".').waitFor();
    await gone.context().close();
  });

  it('deletes a data set after a question, and shows why it cannot', async () => {
    const archive = new Blob([Uint8Array.from(await zipOf(await classes(['a', 'b'], 3)))]);
    await client().datasets.import('held', archive, { side: 8 });
    const { id } = await client().jobs.submit({ network: 'resnet', dataset: 'held', epochs: 10_000 });
    const page = await ui.open('/datasets/held', { expectedErrors: [/409/] });
    const remove = async () => {
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    };
    await remove();
    await page.getByText('needs the data set held').waitFor();
    await client().jobs.cancel(id);
    await client().jobs.wait(id);
    await remove();
    await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
    await expect(client().datasets.get('held')).rejects.toMatchObject({ code: 'dataset_not_found' });
    await page.context().close();
  });

  it('follows an import after a reload, and cancels it', async () => {
    const archive = join(folder, 'stuck.zip');
    await writeFile(archive, await zipOf(await classes(['a', 'b'], 3)));
    const page = await ui.open('/datasets');
    await chooseArchive(page, archive);
    await nameField(page).waitFor();
    await startImport(page);
    // A stopped converter keeps the import where it is.
    const converter = await vi.waitUntil(
      () => descendants(process.pid).find(({ command }) => command.includes('converter.js')),
      { timeout: 20_000, interval: 5 },
    );
    process.kill(converter.pid, 'SIGSTOP');
    await page.getByText('It goes on if you leave this page').waitFor();
    await page.reload();
    const entry = page.getByRole('listitem').filter({ hasText: 'stuck' });
    await entry.waitFor();
    await expectAccessible(page);
    await entry.getByRole('button', { name: 'Cancel' }).click();
    await entry.waitFor({ state: 'detached' });
    await expect(client().datasets.get('stuck')).rejects.toMatchObject({ code: 'dataset_not_found' });
    await page.context().close();
  });

  it('says that an upload broke off, stores nothing, and sends it again', async () => {
    const rules: ProxyRules = { cutAfterBytes: 100 };
    const proxy = await startProxy(() => ui.service.address, rules);
    const archive = join(folder, 'cut.zip');
    await writeFile(archive, await zipOf(await classes(['a', 'b'], 3)));
    const page = await ui.open('/datasets', { address: proxy.address, expectedErrors: [/Failed to load resource/] });
    await chooseArchive(page, archive);
    await nameField(page).waitFor();
    await startImport(page);
    await page.getByText('Nothing was stored. The connection was lost before all files had arrived.').waitFor();
    await expectAccessible(page);
    await expect(client().datasets.get('cut')).rejects.toMatchObject({ code: 'dataset_not_found' });
    delete rules.cutAfterBytes;
    await startImport(page);
    await page.getByText('cut is ready').waitFor(IMPORTED);
    await page.context().close();
    proxy.close();
  });

  it('keeps the images that it shows when the rest of them cannot be loaded', async () => {
    const archive = new Blob([Uint8Array.from(await zipOf(await classes(['a', 'b'], MANY_IMAGES)))]);
    await client().datasets.import('vanishing', archive, { side: 8 });
    const page = await ui.open('/datasets/vanishing', {
      viewport: { width: 600, height: 400 },
      expectedErrors: [/404/],
    });
    await page.getByText('100 of').waitFor();
    await client().datasets.delete('vanishing');
    await page.getByText('100 of').scrollIntoViewIfNeeded();
    await page.getByRole('heading', { name: 'The rest of the list is missing' }).waitFor();
    await page.getByText('There is no data set named "vanishing".').waitFor();
    expect(await page.getByRole('list', { name: 'Images' }).getByRole('button').count()).toBe(100);
    await expectAccessible(page);
    await page.getByRole('link', { name: 'All data sets' }).click();
    await page.getByRole('heading', { level: 1, name: 'Data sets' }).waitFor();
    await page.context().close();
  });

  it('survives a service that ends during an upload', async () => {
    const archive = join(folder, 'again.zip');
    await writeFile(archive, await zipOf(await classes(['a', 'b'], 3)));
    const page = await ui.open('/datasets', { expectedErrors: [/Failed to load resource/] });
    await chooseArchive(page, archive);
    await nameField(page).waitFor();
    await ui.service.killApi();
    await startImport(page);
    await page.getByText('Nothing was stored.').waitFor();
    await ui.service.startApi();
    await startImport(page);
    await page.getByText('again is ready').waitFor(IMPORTED);
    await page.context().close();
  });
});
