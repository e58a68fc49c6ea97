/** Starting points: on the disk, files and folders synced, before the job's record exists. */
import { mkdir, mkdtemp, open, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStartingPoints } from '../../src/store/starting-points.js';
import { idOf } from '../support/ids.js';

/** Folder in memory: on most machines another file system than that of temporary folders. */
const ELSEWHERE = '/dev/shm';
const deviceOf = (path: string) =>
  stat(path).then(
    ({ dev }) => dev,
    () => undefined,
  );
const elsewhere = await deviceOf(ELSEWHERE);
const hasTwo = elsewhere !== undefined && elsewhere !== (await deviceOf(tmpdir()));

let folder: string;
let other: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-starts-'));
  other = hasTwo ? await mkdtemp(join(ELSEWHERE, 'trainyard-starts-')) : folder;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
  await rm(other, { recursive: true, force: true });
});

/** Records the path of every file and folder that is synced from now on. */
async function watchSyncs(): Promise<string[]> {
  const synced: string[] = [];
  const handle = await open(folder);
  const handles = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = handles;
  vi.spyOn(handles, 'sync').mockImplementation(async function (this: typeof handle) {
    synced.push(await readlink(`/proc/self/fd/${this.fd}`));
    return sync.call(this);
  });
  return synced;
}

test.each([
  ['a hard link', () => folder, []],
  ...(hasTwo ? [['a copy', () => other, [join(idOf('a-job'), 'start.safetensors')]] as const] : []),
] as const)('syncs %s of the file and the folders above it', async (_, where, files) => {
  const path = join(where(), 'weights.safetensors');
  await writeFile(path, 'weights');
  const checkpointsDir = join(folder, 'checkpoints');
  await mkdir(checkpointsDir);
  const synced = await watchSyncs();
  expect(await createStartingPoints(checkpointsDir).keep(idOf('a-job'), path)).toBe(true);
  expect(synced).toEqual([...files, idOf('a-job'), ''].map((each) => join(checkpointsDir, each).replace(/\/$/, '')));
  expect(await readFile(join(checkpointsDir, idOf('a-job'), 'start.safetensors'), 'utf8')).toBe('weights');
});
