/** Deterministic mutations of files, to fuzz their readers. */
import { createHash } from 'node:crypto';

export type Random = (below: number) => number;

/** Returns a generator of whole numbers from 0 to below `below`, seeded by a text. */
export function createRandom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return (below) => {
    // Mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Yields `count` copies of a file: with bytes changed, cut off, removed, repeated, or exchanged for extreme numbers. */
export function* mutations(file: Buffer, random: Random, count: number): Generator<Buffer> {
  for (let index = 0; index < count; index += 1) {
    let mutated: Buffer = Buffer.from(file);
    for (let changes = 1 + random(3); changes > 0 && mutated.length > 0; changes -= 1)
      mutated = KINDS[random(KINDS.length)]?.(mutated, random) ?? mutated;
    yield mutated;
  }
}

const KINDS: readonly ((file: Buffer, random: Random) => Buffer)[] = [
  (file, random) => {
    file[random(file.length)] = random(256);
    return file;
  },
  (file, random) => {
    const at = random(file.length);
    file[at] = (file[at] ?? 0) ^ (1 << random(8));
    return file;
  },
  (file, random) => file.subarray(0, random(file.length)),
  (file, random) => {
    const at = random(file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + random(8))]);
  },
  (file, random) => {
    const at = random(file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(Math.max(0, at - random(64)))]);
  },
  (file, random) => {
    const at = random(file.length);
    return file.fill(random(2) === 0 ? 0xff : 0, at, Math.min(file.length, at + 1 + random(8)));
  },
];
