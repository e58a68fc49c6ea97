/** tar archives, also compressed: packed by Python's tarfile and GNU tar, and built byte by byte. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpack } from '../../src/datasets/compressed-archive.js';
import { openArchive } from '../../src/datasets/open-archive.js';
import { type Imports, openImports, tinies, tiny } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

const run = promisify(execFile);
let imports: Imports;
let folder: string;
beforeEach(async () => {
  imports = await openImports();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-tar-'));
});
afterEach(async () => {
  await imports.close();
  await rm(folder, { recursive: true, force: true });
});

/** Node.js has Zstandard from 22.15 on. `npm run test:node` runs this file on such a release. */
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };
const hasZstandard = zstdCompressSync !== undefined;
const zstdOf = (bytes: Uint8Array): Buffer => zstdCompressSync?.(bytes) ?? Buffer.alloc(0);

/** Returns a skippable frame with `length` zeros, as pzstd writes before each frame. */
function skippable(length: number): Buffer {
  const frame = Buffer.alloc(8 + length);
  frame.writeUInt32LE(0x184d2a50, 0);
  frame.writeUInt32LE(length, 4);
  return frame;
}

/** Returns the pixels and labels of a stored data set. */
async function stored(name: string): Promise<Buffer[]> {
  const path = join(imports.importedDir, name);
  const files = (await readdir(path)).filter((file) => file.endsWith('.idx'));
  return Promise.all(files.sort().map((file) => readFile(join(path, file))));
}

type Files = Readonly<Record<string, Uint8Array | string>>;

async function write(files: Files): Promise<string> {
  const content = join(folder, 'content');
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(content, path)), { recursive: true });
    await writeFile(join(content, path), bytes);
  }
  return content;
}

/** Packs files with Python's tarfile. `mode`: `w`, `w:gz`. */
async function tarOf(files: Files, format = 'PAX', mode = 'w'): Promise<Buffer> {
  const content = await write(files);
  const path = join(folder, 'packed');
  const program = `import sys, tarfile
with tarfile.open(sys.argv[1], sys.argv[3], format=tarfile.${format}_FORMAT) as tar: tar.add(sys.argv[2], arcname='.')`;
  await run('python3', ['-c', program, path, content, mode]);
  return readFile(path);
}

/** Returns a header with a right checksum. */
function header(name: string, { type = '0', size = 0, link = '' } = {}): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(name, 0, 'latin1');
  bytes.write('0000644\0', 100);
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  bytes.fill(' ', 148, 156);
  bytes.write(type, 156);
  bytes.write(link, 157);
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
const entry = (name: string, content: Uint8Array): Buffer =>
  Buffer.concat([header(name, { size: content.length }), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
const END = Buffer.alloc(1024);

const LONG = `${'folder-with-a-long-name/'.repeat(8)}ü`;

describe('a tar archive', () => {
  it.each(['USTAR', 'GNU', 'PAX'])(
    'in the format %s is the data set that the same files are as a ZIP archive',
    async (format) => {
      const files = await tinies(format === 'USTAR' ? ['ant', 'bee'] : [`${LONG}/ant`, `${LONG}/bee`], 5);
      const [ofTar, ofZip] = [
        await imports.import(await tarOf(files, format)),
        await imports.import(rawZip(entriesOf(files))),
      ];
      expect(ofTar).toMatchObject({ classes: ['ant', 'bee'], trainSamples: ofZip.trainSamples, mean: ofZip.mean });
      for (const file of ['train-images.idx', 'train-labels.idx', 'test-images.idx', 'test-labels.idx'])
        expect(await readFile(join(imports.importedDir, ofTar.name, file))).toEqual(
          await readFile(join(imports.importedDir, ofZip.name, file)),
        );
    },
  );

  it('may be compressed with gzip, in several members', async () => {
    const files = await tinies(['train/ant', 'train/bee', 'test/ant', 'test/bee']);
    const info = await imports.import(await tarOf(files, 'PAX', 'w:gz'));
    expect(info).toMatchObject({ trainSamples: 4, testSamples: 4 });
    const tar = await tarOf(files);
    const members = Buffer.concat([zlib.gzipSync(tar.subarray(0, 3000)), zlib.gzipSync(tar.subarray(3000))]);
    expect(await imports.import(members)).toMatchObject({ trainSamples: 4, testSamples: 4 });
    expect((await readdir(imports.folder)).filter((name) => name.includes('unpacked'))).toEqual([]);
  });

  it.runIf(hasZstandard)('may be compressed with Zstandard, in several frames', async () => {
    const files = await tinies(['ant', 'bee'], 5);
    const tar = await tarOf(files);
    const frames = Buffer.concat([zstdOf(tar.subarray(0, 3000)), zstdOf(tar.subarray(3000))]);
    const parallel = Buffer.concat([
      skippable(4),
      zstdOf(tar.subarray(0, 3000)),
      skippable(0),
      zstdOf(tar.subarray(3000)),
    ]);
    for (const archive of [zstdOf(tar), frames, parallel]) {
      const { name } = await imports.import(archive);
      expect(await stored(name)).toEqual(await stored((await imports.import(tar)).name));
    }
    expect((await readdir(imports.folder)).filter((name) => name.includes('unpacked'))).toEqual([]);
  });

  it.runIf(hasZstandard)(
    'in Zstandard is refused if it is cut off, and if it unpacks to more than the limit',
    async () => {
      const archive = zstdOf(await tarOf(await tinies(['ant', 'bee'], 5)));
      const twoFrames = Buffer.concat([archive, archive]);
      const damaged = [
        ...[1, 3, 20, archive.length - 5, archive.length - 7].map((missing) => archive.subarray(0, -missing)),
        twoFrames.subarray(0, -20),
        Buffer.concat([archive, skippable(9).subarray(0, -1)]),
        Buffer.concat([archive, Buffer.from('other bytes')]),
      ];
      for (const body of damaged)
        await expect(imports.import(body), `${body.length} bytes`).rejects.toMatchObject({
          code: 'invalid_dataset',
          message: expect.stringMatching(/^The Zstandard file is damaged or cut off/),
        });
      const path = join(folder, 'bomb.tar.zst');
      await writeFile(path, zstdOf(Buffer.alloc(2 ** 20)));
      await expect(unpack(path, 'Zstandard', 2 ** 19)).rejects.toMatchObject({ code: 'invalid_dataset' });
    },
  );

  it.runIf(!hasZstandard)(
    'in Zstandard is refused by a Node.js that cannot read it, and the sentence says what can',
    async () => {
      await expect(imports.import(Buffer.from('28b52ffd2000010000', 'hex'))).rejects.toMatchObject({
        code: 'invalid_dataset',
        message:
          'The file is compressed with Zstandard, which this service reads on Node.js 22.15 and newer. Send a ZIP archive, or a tar archive compressed with gzip.',
      });
    },
  );

  it('packed by GNU tar keeps hard links as the file that they name', async () => {
    const content = await write(await tinies(['ant', 'bee'], 4));
    await run('ln', [join(content, 'ant/0.png'), join(content, 'ant/again.png')]);
    await run('tar', ['-cf', join(folder, 'a.tar'), '-C', content, '.']);
    expect(await imports.import(await readFile(join(folder, 'a.tar')))).toMatchObject({
      trainSamples: 7,
      testSamples: 2,
    });
  });

  it('may list a file twice with the same content', async () => {
    const [a, b] = [await tiny(1), await tiny(2)];
    const files = [
      entry('ant/0.png', a),
      entry('ant/1.png', b),
      entry('bee/0.png', await tiny(3)),
      entry('bee/1.png', await tiny(4)),
    ];
    const info = await imports.import(Buffer.concat([...files, entry('ant/0.png', a), END]));
    expect(info.imported?.leftOut?.groups).toEqual([
      expect.objectContaining({ reason: 'is in the archive several times with the same content', files: 1 }),
    ]);
    await expect(imports.import(Buffer.concat([...files, entry('ant/0.png', b), END]))).rejects.toMatchObject({
      errors: [{ pointer: '/ant/0.png', message: expect.stringMatching(/several times with different content/) }],
    });
  });
});

describe('a tar archive that cannot be used', () => {
  const image = () => tiny(1);
  it.each<[what: string, archive: () => Promise<Buffer>, sentence: RegExp]>([
    ['leads out', async () => Buffer.concat([entry('../ant/0.png', await image()), END]), /leads out of the archive/],
    [
      'has a symbolic link',
      async () =>
        Buffer.concat([
          entry('ant/0.png', await image()),
          entry('ant/2.png', await tiny(5)),
          entry('bee/1.png', await tiny(2)),
          entry('bee/3.png', await tiny(3)),
          header('bee/0.png', { type: '2', link: '/etc/passwd' }),
          END,
        ]),
      /bee\/0\.png is a symbolic link/,
    ],
    [
      'has a device',
      async () =>
        Buffer.concat([
          entry('ant/0.png', await image()),
          entry('ant/2.png', await tiny(5)),
          entry('bee/1.png', await tiny(2)),
          entry('bee/3.png', await tiny(3)),
          header('bee/0.png', { type: '3' }),
          END,
        ]),
      /bee\/0\.png is a symbolic link/,
    ],
    ['is cut off', async () => entry('ant/0.png', Buffer.alloc(5000)).subarray(0, 3000), /is cut off/],
    [
      'has a wrong checksum',
      async () => Buffer.concat([header('ant/0.png').fill('1', 100, 101), END]),
      /header at byte 0 has a wrong checksum/,
    ],
    [
      'has a sparse file',
      async () => Buffer.concat([header('ant/0.png', { type: 'S' }), END]),
      /ant\/0\.png is sparse/,
    ],
    [
      'has wrong pax records',
      async () => Buffer.concat([header('pax', { type: 'x', size: 512 }), Buffer.alloc(512, '9'), END]),
      /pax records cannot be read/,
    ],
    [
      'has an endless name',
      async () => Buffer.concat([header('L', { type: 'L', size: 2 ** 21 }), Buffer.alloc(2 ** 21, 'a'), END]),
      /a name of 2097152 bytes/,
    ],
    ['is a gzip file of something else', async () => zlib.gzipSync('hello'), /contains no tar archive/],
    [
      'is a cut gzip file',
      async () => zlib.gzipSync(await tarOf(await tinies(['ant', 'bee']))).subarray(0, 500),
      /gzip file is damaged or cut off \(unexpected end of file\)/,
    ],
  ])('is refused if it %s, and nothing is kept', async (_what, archive, sentence) => {
    await expect(imports.import(await archive())).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(sentence),
    });
    expect(await readdir(imports.importedDir)).toEqual([]);
    expect((await readdir(imports.folder)).filter((name) => /unpacked|imported/.test(name))).toEqual([]);
  });

  it('is refused as soon as it unpacks to more than the limit', async () => {
    const path = join(folder, 'bomb');
    await writeFile(path, zlib.gzipSync(Buffer.alloc(10_000_000)));
    await expect(unpack(path, 'gzip', 1_000_000)).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(/unpacks to \d+ bytes\. Allowed are 100 times its size/),
    });
    expect(await readdir(folder)).toEqual(['bomb']);
  });

  it('of random bytes ends with a sentence', async () => {
    const tar = await tarOf(await tinies(['ant', 'bee']));
    for (let i = 0; i < 200; i++) {
      const broken = Buffer.from(tar);
      for (let j = 0; j < 3; j++) broken[(i * 7919 + j * 104_729) % broken.length] = (i * 31 + j) % 256;
      const path = join(folder, 'broken');
      await writeFile(path, broken);
      const opened = await openArchive(path).catch((error: unknown) => error);
      if (opened instanceof Error) expect(opened).toMatchObject({ code: 'invalid_dataset' });
      else await (opened as Awaited<ReturnType<typeof openArchive>>).close();
    }
  });
});
