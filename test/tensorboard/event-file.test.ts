/** Event files: owned by the newest term, whichever opens last. */
import { constants, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEventFile } from '../../src/tensorboard/event-file.js';
import { encodeScalars, type Scalars, stepOf } from '../../src/tensorboard/event-messages.js';
import { decodeRecords, encodeRecord } from '../../src/tensorboard/records.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-event-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const scalars = (step: number): Scalars => ({
  series: 'train',
  step,
  at: '2026-01-01T00:00:00.000Z',
  values: { loss: 1 },
});
const stepsIn = async (path: string) =>
  decodeRecords(await readFile(path)).records.flatMap((record) => stepOf(record)?.step ?? []);

test('takes over the file of the term before with all its records', async () => {
  const first = await openEventFile(folder, 1);
  await first.write([scalars(1), scalars(2)]);
  const second = await openEventFile(folder, 2);
  await second.write([scalars(2), scalars(3)]);
  expect(await readdir(folder)).toEqual([basename(second.path)]);
  expect(await stepsIn(second.path)).toEqual([1, 2, 3]);
});

test('refuses to take over the file of a later term', async () => {
  const { path } = await openEventFile(folder, 2);
  await expect(openEventFile(folder, 1)).rejects.toThrow(/Term 1 is over/);
  expect(await readdir(folder)).toEqual([basename(path)]);
});

test('writes nothing from a frozen worker of an earlier term into the file of a later term', async () => {
  const first = await openEventFile(folder, 1);
  await first.write([scalars(1)]);
  const frozen = await open(first.path, constants.O_WRONLY | constants.O_APPEND);
  const second = await openEventFile(folder, 2);
  await frozen.appendFile(encodeRecord(encodeScalars(scalars(2))));
  await frozen.close();
  await second.write([scalars(2), scalars(3)]);
  expect(await stepsIn(second.path)).toEqual([1, 2, 3]);
  await expect(first.write([scalars(4)])).rejects.toThrow(/ENOENT/);
});

test('leaves only the file of the latest term when many begin concurrently', async () => {
  await openEventFile(folder, 1);
  const terms = [2, 3, 4, 5, 6, 7, 8];
  await Promise.allSettled(terms.map((term) => openEventFile(folder, term)));
  expect(await readdir(folder)).toEqual([expect.stringMatching(/trainyard\.000008$/)]);
});
