/** Reader of JSON Lines files, page by page. A cursor is the byte offset of a line. */
import { type FileHandle, open } from 'node:fs/promises';
import { hasCode } from '../files/error-codes.js';

/** Bytes read at once. Every line must be shorter. */
export const LINE_BYTES = 2 ** 16;

type PageQuery<Line> = Readonly<{
  limit: number;
  cursor?: string | undefined;
  /** Leaves lines out of the page. Default: none. */
  accepts?: (line: Line) => boolean;
}>;

/** Returns up to `limit` lines from the cursor on, with the cursor of the next page. Undefined if there is no such file. */
export async function readJsonLines<Line>(
  path: string,
  { limit, cursor, accepts = () => true }: PageQuery<Line>,
): Promise<Readonly<{ lines: Line[]; nextCursor?: string }> | undefined> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw cause;
  });
  if (file === undefined) return undefined;
  const lines: Line[] = [];
  try {
    for await (const { line, at } of linesFrom<Line>(file, Number(cursor ?? 0))) {
      if (line === undefined || !accepts(line)) continue;
      if (lines.length === limit) return { lines, nextCursor: String(at) };
      lines.push(line);
    }
    return { lines };
  } finally {
    await file.close();
  }
}

/** Yields the lines from a byte offset on, each with its own offset. */
async function* linesFrom<Line>(file: FileHandle, from: number) {
  const { size } = await file.stat();
  for (let at = from; at < size; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LINE_BYTES), 0, LINE_BYTES, at);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    if (end === 0) return;
    for (let start = 0; start < end; ) {
      const next = buffer.indexOf('\n', start) + 1;
      yield { line: parseLine<Line>(buffer.toString('utf8', start, next - 1)), at: at + start };
      start = next;
    }
    at += end;
  }
}

/** Parses a line. Undefined if it is no JSON: an invented cursor may point into the middle of a line. */
function parseLine<Line>(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
