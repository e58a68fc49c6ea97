/** Disk space by kind, and the removal of checkpoints on request. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUsedSpace } from '../../src/store/used-space.js';
import { removeEventFilesOf } from '../../src/tensorboard/index.js';

const ENDED = '00000000-0000-4000-8000-000000000001';
const RUNNING = '00000000-0000-4000-8000-000000000002';

let folder: string;
let storage: ReturnType<typeof createUsedSpace>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-used-space-'));
  for (const [id, bytes] of [
    [ENDED, 10],
    [RUNNING, 3_000],
  ] as const) {
    await mkdir(join(folder, 'checkpoints', id, '1'), { recursive: true });
    await writeFile(join(folder, 'checkpoints', id, '1/5.safetensors'), Buffer.alloc(bytes));
  }
  for (const [name, id] of [
    ['first', ENDED],
    ['second', RUNNING],
  ] as const) {
    await mkdir(join(folder, 'tensorboard', name, id), { recursive: true });
    await writeFile(join(folder, 'tensorboard', name, id, 'events.out.tfevents.1'), Buffer.alloc(100));
  }
  await mkdir(join(folder, 'models/.upload-1'), { recursive: true });
  await writeFile(join(folder, 'models/.upload-1/part'), 'xx');
  storage = createUsedSpace({
    dataDir: folder,
    checkpointsDir: join(folder, 'checkpoints'),
    folders: [
      { kind: 'checkpoints', folder: join(folder, 'checkpoints') },
      { kind: 'models', folder: join(folder, 'models') },
      { kind: 'datasets', folder: join(folder, 'missing') },
      { kind: 'tensorboard', folder: join(folder, 'tensorboard'), isNested: true },
    ],
    find: async (id) =>
      ({
        [ENDED]: { status: 'failed', endedAt: new Date().toISOString() },
        [RUNNING]: { status: 'running' },
      })[id],
    removeEventFiles: (id) => removeEventFilesOf(join(folder, 'tensorboard'), id),
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('used space', () => {
  it('is measured by kind, with the largest entries first', async () => {
    const { kinds, freeBytes, totalBytes } = await storage.use();
    expect(
      kinds.map(({ kind, bytes, entries, largest }) => [kind, bytes, entries, largest.map(({ name }) => name)]),
    ).toEqual([
      ['checkpoints', 3_010, 2, [RUNNING, ENDED]],
      ['models', 2, 0, []],
      ['datasets', 0, 0, []],
      ['tensorboard', 200, 2, expect.arrayContaining([ENDED, RUNNING])],
    ]);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThan(freeBytes);
  });

  it('shrinks when the checkpoints of an ended job are removed', async () => {
    await storage.use();
    await storage.removeCheckpoints(ENDED);
    expect(await readdir(join(folder, 'checkpoints'))).toEqual([RUNNING]);
    expect((await storage.use()).kinds[0]?.bytes).toBe(3_000);
  });

  it('keeps the checkpoints of a job that needs them', async () => {
    await expect(storage.removeCheckpoints(RUNNING)).rejects.toMatchObject({ code: 'job_state' });
    expect(await readdir(join(folder, 'checkpoints'))).toContain(RUNNING);
  });

  it('shrinks when the event files of an ended job are removed, and nothing else of it goes', async () => {
    await storage.use();
    await storage.removeEventFiles(ENDED);
    expect((await storage.use()).kinds.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['checkpoints', 3_010],
      ['models', 2],
      ['datasets', 0],
      ['tensorboard', 100],
    ]);
    await expect(storage.removeEventFiles(ENDED)).rejects.toMatchObject({ code: 'event_files_not_found' });
  });

  it('keeps the event files of a job that still writes them', async () => {
    await expect(storage.removeEventFiles(RUNNING)).rejects.toMatchObject({ code: 'job_state' });
    expect(await readdir(join(folder, 'tensorboard/second'))).toEqual([RUNNING]);
  });

  it.each(['00000000-0000-4000-8000-000000000003', '../first', '.', 'first'])(
    'removes no event files for %s',
    async (id) => {
      await expect(storage.removeEventFiles(id)).rejects.toMatchObject({ code: 'event_files_not_found' });
      expect(await readdir(join(folder, 'tensorboard'))).toEqual(['first', 'second']);
    },
  );

  it.each(['00000000-0000-4000-8000-000000000003', '../models', '.'])('removes nothing for %s', async (id) => {
    await expect(storage.removeCheckpoints(id)).rejects.toMatchObject({ code: 'checkpoint_not_found' });
  });
});
