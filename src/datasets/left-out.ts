/** Files of an archive that are not part of its data set: a list on the disk, and a summary for the description. */
import {
  LEFT_OUT_EXAMPLES,
  type LeftOutFile,
  type LeftOutGroup,
  type LeftOutPage,
  type LeftOutQuery,
  MAX_LEFT_OUT_GROUPS,
} from '../contracts/datasets/dataset.js';
import { writeDurably } from '../files/durable.js';
import { readJsonLines } from './json-lines.js';

/** Name of the list in the data set's folder. Each line is a JSON object. */
export const LEFT_OUT_FILE = 'left-out.jsonl';

export type LeftOut = ReturnType<typeof createLeftOut>;

/** Collects the files that are left out, each with a reason. */
export function createLeftOut() {
  const files: LeftOutFile[] = [];

  return {
    add: (path: string, reason: string): void => void files.push({ path, reason }),

    count: (): number => files.length,

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

/** Returns a page of the list. `total` is the number of files in it. Data sets of earlier versions have no list. */
export async function readLeftOut(path: string, total: number, query: LeftOutQuery): Promise<LeftOutPage> {
  const { lines = [], ...next } = (await readJsonLines<LeftOutFile>(path, query)) ?? {};
  return { files: total, leftOut: lines, ...next };
}
