/** The event file is the newest attempt's, whichever of several is opened last. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEventFile } from '../../src/tensorboard/event-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-event-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('an attempt takes the file of the one before', async () => {
  await openEventFile(folder, 1);
  const { path } = await openEventFile(folder, 2);
  expect(await readdir(folder)).toEqual([basename(path)]);
});

test('an attempt that was overtaken does not take the file of the one that overtook it', async () => {
  const { path } = await openEventFile(folder, 2);
  await expect(openEventFile(folder, 1)).rejects.toThrow(/Attempt 1 is over/);
  expect(await readdir(folder)).toEqual([basename(path)]);
});
