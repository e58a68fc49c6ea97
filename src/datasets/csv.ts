/** Reader of CSV text as in RFC 4180: quoted cells, any line ends. Strict about quotes and the number of cells. */

export type CsvRow = Readonly<{
  /** Number of its first line in the file, from 1. */
  line: number;
  cells: readonly string[];
}>;

/** Fault of a row, as a predicate ("has 3 cells"). */
export class CsvError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

const DELIMITERS = [',', ';', '\t'] as const;

/** Returns the delimiter that is most frequent in the first line, outside of quotes: a comma, a semicolon or a tab. */
function delimiterOf(text: string): string {
  const [header = ''] = text.trimStart().split(/[\r\n]/, 1);
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Yields the rows of a text without its blank lines, the header first. Throws `CsvError` if a row differs from the header in length. */
export function* csvRows(text: string): Generator<CsvRow> {
  const delimiter = delimiterOf(text);
  let [at, line, width] = [0, 1, 0];
  while (at < text.length) {
    const row = readRow(text, at, delimiter, line);
    const isBlank = row.cells.length === 1 && row.cells[0]?.trim() === '';
    if (!isBlank) {
      width ||= row.cells.length;
      if (row.cells.length !== width)
        throw new CsvError(line, `has ${row.cells.length} cells, and the header has ${width}`);
      yield { line, cells: row.cells };
    }
    at = row.end;
    line += row.lines;
  }
}

/** Reads the cells from `at` to the end of the row. `end` is the offset of the next row, `lines` the number of lines read. */
function readRow(text: string, at: number, delimiter: string, line: number) {
  const quoted = /\s*"([^"]*(?:""[^"]*)*)"[ ]*/y;
  const plain = new RegExp(`[^"\r\n${delimiter}]*`, 'y');
  const lineEnd = /\r\n|\n|\r|$/y;
  const cells: string[] = [];
  let lines = 1;
  for (let position = at; ; position += 1) {
    quoted.lastIndex = plain.lastIndex = position;
    const isQuoted = /[ ]*"/y;
    isQuoted.lastIndex = position;
    const inQuotes = isQuoted.test(text) ? quoted.exec(text) : undefined;
    if (inQuotes === null) throw new CsvError(line, 'has a quote that does not end');
    const content = inQuotes?.[1]?.replaceAll('""', '"') ?? plain.exec(text)?.[0] ?? '';
    lines += content.match(/\r\n|\n|\r/g)?.length ?? 0;
    cells.push(inQuotes === undefined ? content.trim() : content);
    position = inQuotes === undefined ? plain.lastIndex : quoted.lastIndex;
    lineEnd.lastIndex = position;
    if (lineEnd.test(text)) return { cells, end: Math.max(lineEnd.lastIndex, position + 1), lines };
    if (text[position] !== delimiter)
      throw new CsvError(line, 'has a quote within a cell: put the whole cell into quotes, and double its own quotes');
  }
}
