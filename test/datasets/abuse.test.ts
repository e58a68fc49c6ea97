/** Broken and malicious archives: refused with a message, quickly and in bounded memory. */
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConverter } from '../../src/processes/converter-process.js';
import { captureLog } from '../support/capture-log.js';
import { deepPaths, folders, halves, lies, overlapping, repeated, zeros } from '../support/hostile-archives.js';
import { type Imports, openImports, tinies } from '../support/imports.js';
import { entriesOf, rawZip, type ZipEntry } from '../support/zip.js';

let imports: Imports;
let good: ZipEntry[];
beforeAll(async () => {
  imports = await openImports();
  good = entriesOf(await tinies(['ant', 'bee']));
});
afterAll(() => imports.close());

const refused = (sentence: RegExp) => ({ code: 'invalid_dataset', message: expect.stringMatching(sentence) });
const withEntry = (entry: ZipEntry): Buffer => rawZip([...good, entry]);

describe('a file that is not an intact archive', () => {
  it.each<[what: string, archive: () => Buffer, sentence: RegExp]>([
    ['an empty body', () => Buffer.of(), /body is empty/],
    ['an empty archive', () => rawZip([]), /has no image that can be read/],
    ['a truncated archive', () => rawZip(good).subarray(0, 400), /cut off/],
    ['one part of several', () => rawZip(good, { disk: 2 }), /one part of several/],
    ['a tar.gz', () => Buffer.from('\x1f\x8b\x08\0', 'latin1'), /gzip file is damaged or cut off/],
    ['a RAR', () => Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'), /is a RAR archive/],
    ['a 7z', () => Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), /is a 7z archive/],
    [
      'a tar',
      () => Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(300)]),
      /tar archive is damaged: the header at byte 0/,
    ],
    ['text', () => Buffer.from('hello'), /is neither a ZIP nor a tar archive/],
    [
      'archives within',
      () => rawZip([{ name: 'train.zip', bytes: 'PK' }]),
      /no image .*it holds train\.zip.* Unpack train\.zip, and send a ZIP archive of the images in it\.$/,
    ],
    ['a wrong count', () => rawZip(good, { count: 9 }), /list of files cannot be read/],
  ])('is refused: %s', async (_, archive, sentence) => {
    await expect(imports.import(archive())).rejects.toMatchObject(refused(sentence));
  });

  it('is imported with a program before the archive and with bytes after it', async () => {
    const before = Buffer.from(`MZ${'x'.repeat(5_000)}`);
    expect((await imports.import(rawZip(good, { before, after: Buffer.from('\n\n') }))).classes).toEqual([
      'ant',
      'bee',
    ]);
  });

  it('is imported with ZIP64', async () => {
    expect((await imports.import(rawZip(good, { isZip64: true }))).classes).toEqual(['ant', 'bee']);
  });
});

describe('an entry', () => {
  it.each<[what: string, entry: ZipEntry, sentence: RegExp]>([
    ['that leads out', { name: '../../etc/ant/1.png' }, /leads out of the archive/],
    ['that leads out the other way', { name: 'ant\\..\\..\\1.png' }, /leads out of the archive/],
    ['with a NUL', { name: 'ant/1.png\0.txt' }, /control characters/],
    ['with a line break', { name: 'ant/a\nb.png' }, /control characters/],
    ['with a long path', { name: `ant/${'n'.repeat(2_000)}.png` }, /2008 characters, and at most 1024/],
    ['in deep folders', { name: `${'d/'.repeat(40)}1.png` }, /40 folders, and at most 32/],
    ['with a password', { name: 'ant/x.png', bytes: 'x', flags: 1 }, /has a password/],
    ['of Deflate64', { name: 'ant/x.png', bytes: 'x', method: 9 }, /^ant\/x\.png is compressed with Deflate64.*zip -r/],
    ['of LZMA', { name: 'ant/x.png', bytes: 'x', method: 14 }, /compressed with LZMA/],
    ['of method 77', { name: 'ant/x.png', bytes: 'x', method: 77 }, /compressed with method 77/],
    ['that is a symbolic link', { name: 'ant/x.png', bytes: '/etc/passwd', mode: 0o120777 }, /is a symbolic link/],
    ['with another checksum', { name: 'ant/x.png', bytes: 'x', claims: { crc32: 1 } }, /its checksum is wrong/],
    [
      'that is shorter than it says',
      { name: 'ant/x.png', bytes: 'xx', method: 8, claims: { bytes: 9 } },
      /has 2 bytes, not 9/,
    ],
    [
      'that is longer than it says',
      { name: 'ant/x.png', bytes: 'x'.repeat(99), method: 8, claims: { bytes: 9 } },
      /more than 9 bytes/,
    ],
    ['that points past the end', { name: 'ant/x.png', bytes: 'x', claims: { at: 1e9 } }, /points to no file/],
    ['that is not deflated data', { name: 'ant/x.png', bytes: 'xxxx', claims: {}, method: 0 }, /is not an image file/],
    ['that is huge', { name: 'ant/x.png', bytes: 'x', method: 8, claims: { bytes: 2 ** 27 } }, /larger than 64 MiB/],
    ['that claims gigabytes', { name: 'ant/x.png', bytes: 'x', method: 8, claims: { bytes: 2 ** 31 } }, /unpacks to/],
  ])('is refused: an entry %s', async (_, entry, sentence) => {
    await expect(imports.import(withEntry(entry))).rejects.toMatchObject(refused(sentence));
    expect((await readdir(imports.importedDir)).filter((name) => !name.startsWith('set-'))).toEqual([]);
  });
});

describe('a malicious archive', () => {
  it.each<[what: string, archive: () => Buffer | Promise<Buffer>, sentence: RegExp]>([
    ['paths 20,000 folders deep', deepPaths, /characters, and at most 1024/],
    ['entries that share their bytes', overlapping, /share bytes of the archive/],
    ['entries that overlap by halves', halves, /share bytes of the archive/],
    ['sizes that lie', lies, /more than 100 bytes/],
    ['zeros that unpack a thousandfold', zeros, /unpacks to \d+/],
    ['more folders than fit into memory', folders, /more than 200000 folders/],
    ['sixty thousand entries of one path', repeated, /has no image that can be read/],
  ])('is refused in less than 400 MiB of memory: %s', async (_, make, sentence) => {
    const { answer, peakMiB } = await importElsewhere(await make());
    expect(answer).toMatchObject(refused(sentence));
    expect(peakMiB).toBeLessThan(400);
  });

  it('is refused as invalid, not as temporary, if it needs more memory than an import may use', async () => {
    const path = join(imports.folder, 'upload-heavy');
    await writeFile(path, rawZip(Array.from({ length: 50_000 }, (_, i) => ({ name: `ant/${i}.png`, bytes: 'x' }))));
    const converterUrl = pathToFileURL(join(import.meta.dirname, '../../dist/converter.js'));
    const converter = createConverter({ logger: captureLog().logger, converterUrl, heapMb: 24 });
    const options = {
      side: 8,
      channels: 3,
      testShare: 0.2,
      background: 'black',
      onError: 'refuse',
      fit: 'contain',
      decoding: 'managed',
      antialias: true,
    } as const;
    const { importedDir } = imports;
    await expect(converter.run('dataset', { path, name: 'heavy', options, importedDir })).rejects.toMatchObject(
      refused(/needs more memory than an import may have: pack fewer/),
    );
    await converter.close();
  });
});

/** Imports an archive in a separate process. Returns the answer and the peak memory. */
async function importElsewhere(archive: Buffer): Promise<Readonly<{ answer: object; peakMiB: number }>> {
  const path = join(imports.folder, 'upload-elsewhere');
  await writeFile(path, archive);
  const module = pathToFileURL(join(import.meta.dirname, '../../dist/datasets/import.js'));
  const request = {
    ...{ name: 'elsewhere', path, importedDir: imports.importedDir },
    options: {
      side: 8,
      channels: 3,
      testShare: 0.2,
      background: 'black',
      onError: 'refuse',
      fit: 'contain',
      decoding: 'managed',
      antialias: true,
    },
  };
  const program = `
    const { importDataset } = await import(${JSON.stringify(module.href)});
    const answer = await importDataset(${JSON.stringify(request)}).catch(({ code, message }) => ({ code, message }));
    console.log(JSON.stringify({ answer, peakMiB: process.resourceUsage().maxRSS / 1024 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return JSON.parse(stdout) as { answer: object; peakMiB: number };
}
