/** First admin key and server secret: at the first start, at once, after a crash and after damage. */
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { openAccess } from '../../src/access/index.js';
import { parseKeyText } from '../../src/access/key-text.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { service } = await openServiceForFile();
const folders: string[] = [];
let folder = '';
beforeEach(async () => {
  await service.redis.flushall();
  folder = join(await mkdtemp(join(tmpdir(), 'trainyard-admin-')), 'access');
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((each) => rm(join(each, '..'), { recursive: true, force: true }))));

const open = () => openAccess({ redis: service.redis, folder, provider: undefined, auditEntries: 1_000 });
const keyIn = async (): Promise<string> => (await readFile(join(folder, 'admin-key'), 'utf8')).trim();
const identify = async (key: string) => (await open()).identify({ authorization: `Bearer ${key}` });

test('a first start creates a key that works, readable by its owner only', async () => {
  const { newAdminKey } = await open();
  expect(newAdminKey).toBe(join(folder, 'admin-key'));
  expect(await identify(await keyIn())).toMatchObject({ role: 'admin', name: 'first admin' });
  for (const name of ['admin-key', 'secret']) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  expect((await stat(folder)).mode & 0o077).toBe(0);
});

test('a second start keeps it', async () => {
  await open();
  const key = await keyIn();
  expect((await open()).newAdminKey).toBeUndefined();
  expect(await keyIn()).toBe(key);
  expect((await readdir(folder)).toSorted()).toEqual(['admin-key', 'secret']);
});

// Ten rounds: the processes meet in other orders each time.
test.for(Array.from({ length: 10 }, (_, round) => round + 1))(
  'of processes that start at once, one creates the key: round %i',
  async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, open));
    expect(opened.filter(({ newAdminKey }) => newAdminKey !== undefined)).toHaveLength(1);
    expect(await opened[0]?.keys.list()).toHaveLength(1);
    const key = await keyIn();
    for (const access of opened)
      expect(await access.identify({ authorization: `Bearer ${key}` })).toMatchObject({ role: 'admin' });
  },
);

test('a key that was created right before a crash is found', async () => {
  await open();
  const key = await keyIn();
  const id = parseKeyText(key)?.id;
  // The state between the creation of the record and the renaming of the file.
  await rename(join(folder, 'admin-key'), join(folder, `admin-key.${id}.tmp`));
  expect((await open()).newAdminKey).toBe(join(folder, 'admin-key'));
  expect(await keyIn()).toBe(key);
});

test('a new key is created if no admin key is left', async () => {
  await open();
  const before = await keyIn();
  await service.redis.flushall();
  expect((await open()).newAdminKey).toBeDefined();
  expect(await identify(await keyIn())).toMatchObject({ role: 'admin' });
  await expect(identify(before)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a damaged secret stops the start, and a lost one makes all keys void', async () => {
  await open();
  const key = await keyIn();
  await writeFile(join(folder, 'secret'), 'short');
  await expect(open()).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining('5 bytes'),
  });
  await rm(join(folder, 'secret'));
  await expect(identify(key)).rejects.toMatchObject({ code: 'unauthorized' });
});
