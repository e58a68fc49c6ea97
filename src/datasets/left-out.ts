/** Files of an archive that are not part of its data set: a list on the disk, and a summary for the description. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  LEFT_OUT_EXAMPLES,
  type LeftOutFile,
  type LeftOutGroup,
  type LeftOutPage,
  type LeftOutQuery,
  MAX_LEFT_OUT_GROUPS,
} from '../contracts/datasets/dataset.js';
import { writeDurably } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';

/** Name of the list in the data set's folder. Each line is a JSON object. */
export const LEFT_OUT_FILE = 'left-out.jsonl';

/** Bytes read at once. Every line is shorter. */
const CHUNK_BYTES = 2 ** 16;

export type LeftOut = ReturnType<typeof createLeftOut>;

/** Collects the files that are left out, each with a reason. */
export function createLeftOut() {
  const files: LeftOutFile[] = [];

  return {
    add: (path: string, reason: string): void => void files.push({ path, reason }),

    /** Groups the files by folder and reason, the largest groups first. Undefined if nothing was left out. */
    summary(folderOf: (path: string) => string): Readonly<{ files: number; groups: LeftOutGroup[] }> | undefined {
      const groups = new Map<string, LeftOutGroup>();
      for (const { path, reason: full } of files) {
        // The text in parentheses differs from file to file.
        const [folder, reason] = [folderOf(path), full.replace(/ \([\s\S]*\)/, '')];
        const key = `${folder}\0${reason}`;
        const group = groups.get(key) ?? { folder, reason, files: 0, examples: [] };
        group.files += 1;
        if (group.examples.length < LEFT_OUT_EXAMPLES) group.examples.push(path);
        groups.set(key, group);
      }
      const largest = [...groups.values()].sort((a, b) => b.files - a.files).slice(0, MAX_LEFT_OUT_GROUPS);
      return files.length === 0 ? undefined : { files: files.length, groups: largest };
    },

    /** Writes the list, sorted by path. */
    async write(path: string): Promise<void> {
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      await writeDurably(path, files.map((file) => `${JSON.stringify(file)}\n`).join(''));
    },
  };
}

/** Returns a page of the list. `total` is the number of files in it. The cursor is the byte offset where the page begins. */
export async function readLeftOut(path: string, total: number, { limit, cursor }: LeftOutQuery): Promise<LeftOutPage> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined; // data sets of earlier versions have no list
    throw cause;
  });
  if (file === undefined) return { files: total, leftOut: [] };
  try {
    const { lines, next } = await readLines(file, Number(cursor ?? 0), limit);
    return {
      files: total,
      leftOut: lines.flatMap((line) => parseLine(line) ?? []),
      ...(next !== undefined && { nextCursor: String(next) }),
    };
  } finally {
    await file.close();
  }
}

/** Reads up to `limit` lines from a byte offset. `next` is the offset of the next line, if there is one. */
async function readLines(file: FileHandle, from: number, limit: number) {
  const { size } = await file.stat();
  const lines: string[] = [];
  let at = from;
  while (at < size && lines.length < limit) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    if (end === 0) break;
    for (let start = 0; start < end && lines.length < limit; ) {
      const next = buffer.indexOf('\n', start) + 1;
      lines.push(buffer.toString('utf8', start, next - 1));
      at += next - start;
      start = next;
    }
  }
  return { lines, next: at < size && lines.length > 0 ? at : undefined };
}

/** Parses a line. Undefined if it is no JSON: an invented cursor may point into the middle of a line. */
function parseLine(line: string): LeftOutFile | undefined {
  try {
    return JSON.parse(line) as LeftOutFile;
  } catch {
    return undefined;
  }
}
