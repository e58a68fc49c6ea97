/** Archives made to take memory or time. */
import { deflateRawSync } from 'node:zlib';
import { tiny } from './imports.js';
import { rawZip } from './zip.js';

/** Paths that are 20,000 folders deep: 320 kB that once took gigabytes of memory. */
export function deepPaths(): Buffer {
  return rawZip(Array.from({ length: 8 }, (_, i) => ({ name: `${'d/'.repeat(20_000)}${i}.png`, bytes: 'x' })));
}

/** Thousands of entries that share the same bytes. */
export async function overlapping(): Promise<Buffer> {
  const bytes = await tiny(1);
  return rawZip([
    { name: 'ant/0.png', bytes },
    ...Array.from({ length: 5_000 }, (_, i) => ({ name: `bee/${i}.png`, bytes, shares: true })),
  ]);
}

/** Entries that begin within the bytes of the previous entry, as in Fifield's zip bomb. */
export function halves(): Buffer {
  const bytes = Buffer.alloc(10_000, 7);
  return rawZip([
    { name: 'ant/0.png', bytes },
    { name: 'ant/1.png', bytes, shares: true, claims: { at: 5_000 } },
  ]);
}

/** Files that unpack to far more bytes than the central directory says. */
export function lies(): Buffer {
  const bytes = Buffer.alloc(20_000_000);
  const names = ['ant/0.png', 'ant/1.png', 'bee/0.png', 'bee/1.png'];
  return rawZip(names.map((name) => ({ name, bytes, method: 8, claims: { bytes: 100 } })));
}

/** Files of zeros that unpack to six gigabytes, as the central directory says. */
export function zeros(): Buffer {
  const packed = deflateRawSync(Buffer.alloc(60_000_000));
  const claims = { bytes: 60_000_000 };
  return asDeflated(
    rawZip(Array.from({ length: 100 }, (_, i) => ({ name: `ant/${i}.bmp`, bytes: packed, method: 77, claims }))),
  );
}

/** Replaces method 77 by 8 (deflate), so that `rawZip` does not compress the same bytes again for each entry. */
function asDeflated(archive: Buffer): Buffer {
  for (const [signature, place] of [
    ['PK\x03\x04', 8],
    ['PK\x01\x02', 10],
  ] as const)
    for (let at = archive.indexOf(signature, 0, 'latin1'); at >= 0; at = archive.indexOf(signature, at + 4, 'latin1'))
      if (archive.readUInt16LE(at + place) === 77) archive.writeUInt16LE(8, at + place);
  return archive;
}

/** Short paths that name 300,000 folders. */
export function folders(): Buffer {
  const nameOf = (i: number) => `${Array.from({ length: 30 }, (_, k) => (30 * i + k).toString(36)).join('/')}/a.png`;
  return rawZip(Array.from({ length: 10_000 }, (_, i) => ({ name: nameOf(i), bytes: 'x' })));
}

/** One path, tens of thousands of times. */
export function repeated(): Buffer {
  return rawZip(Array.from({ length: 60_000 }, () => ({ name: 'ant/a.txt', bytes: 'x' })));
}
