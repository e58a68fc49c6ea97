/** Manifests: CSV or JSON Lines files of an archive that list its images with class, split and group. */
import { posix } from 'node:path';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import { CsvError, type CsvRow, csvRows } from './csv.js';
import { listed } from './listed-names.js';
import type { Manifest, ManifestColumn, ManifestLine } from './manifest-lines.js';
import { parentOf } from './placed-image.js';
import { refuse } from './refuse.js';
import { roleOf } from './split-names.js';

/** Files with the name of a manifest that list no images, each with the reason. */
export type UnusedManifests = ReadonlyMap<string, string>;

const MANIFEST = /(^|\/)(metadata|labels|manifest)\.(csv|tsv|jsonl)$/i;
const MAX_MANIFEST_BYTES = 2 ** 26;

/** Names of each column. Hugging Face's imagefolder has `file_name`. */
const COLUMNS = {
  path: ['path', 'file_name', 'filename', 'file', 'image'],
  label: ['label', 'class'],
  split: ['split'],
  group: ['group'],
} as const;

/** Tells whether a file has the name of a manifest. */
export const isManifestName = (path: string): boolean => MANIFEST.test(path);

/**
 * Reads the manifests of an archive. `groupColumn` is the name of the column of groups, `group` by default. Throws `invalid_dataset` with
 * the lines at fault.
 */
export async function readManifests(
  archive: Archive,
  groupColumn: string | undefined,
): Promise<Readonly<{ manifest?: Manifest; unused: UnusedManifests }>> {
  const unused = new Map<string, string>();
  const [paths, lines, faults]: [string[], ManifestLine[], FieldError[]] = [[], [], []];
  for (const file of archive.files.filter(({ path }) => MANIFEST.test(path))) {
    const rows = readRows(await readText(archive, file), file.path);
    const columns = findColumns(rows.header, groupColumn);
    const reason = columns.path === undefined ? withoutPaths(rows.header) : withoutContent(columns);
    if (reason !== undefined) {
      unused.set(file.path, reason);
      continue;
    }
    paths.push(file.path);
    for (const row of rows.rows) lines.push(lineOf(row, columns, file.path, faults));
  }
  if (groupColumn !== undefined && !lines.some(({ group }) => group !== undefined))
    throw withoutColumn(groupColumn, paths);
  if (faults.length > 0) throw refuse(faults);
  return paths.length === 0 ? { unused } : { manifest: { paths, lines, columns: columnsOf(lines) }, unused };
}

const withoutPaths = (header: readonly string[]): string =>
  `is no manifest: it has no column path or file_name (it has ${listed(header.map((name) => name.slice(0, 50)))})`;

const withoutContent = ({ label, split, group }: Columns): string | undefined =>
  label === undefined && split === undefined && group === undefined
    ? 'is no manifest: it has no column label, split or group'
    : undefined;

function withoutColumn(column: string, paths: readonly string[]): TrainyardError {
  const message = `is ${column}, and ${paths.length === 0 ? 'the archive has no manifest' : `${listed(paths)} has no such column with texts`}. Name a column of the manifest, or give a regular expression with one group in parentheses`;
  return new TrainyardError('invalid_dataset', `?groups ${message}.`, { errors: [{ pointer: '?groups', message }] });
}

const columnsOf = (lines: readonly ManifestLine[]): ReadonlySet<ManifestColumn> =>
  new Set(
    (['label', 'split', 'group'] as const).filter((column) =>
      lines.some((line) => (column === 'split' ? line.role : line[column]) !== undefined),
    ),
  );

type Columns = Readonly<Partial<Record<ManifestColumn, number>>>;

function findColumns(header: readonly string[], groupColumn: string | undefined): Columns {
  const names = header.map((name) => name.trim().toLowerCase());
  const find = (column: ManifestColumn): number | undefined => {
    const known: readonly string[] =
      column === 'group' && groupColumn !== undefined ? [groupColumn.toLowerCase()] : COLUMNS[column];
    const places = known.map((name) => names.indexOf(name));
    return places.find((place) => place >= 0);
  };
  const found = (['path', 'label', 'split', 'group'] as const).map((column) => [column, find(column)] as const);
  return Object.fromEntries(found.filter(([, place]) => place !== undefined));
}

async function readText(archive: Archive, file: ArchiveFile): Promise<string> {
  if (file.bytes > MAX_MANIFEST_BYTES)
    throw refuse([
      {
        pointer: `/${file.path}`,
        message: `is larger than ${MAX_MANIFEST_BYTES / 2 ** 20} MiB, the most for a manifest`,
      },
    ]);
  const bytes = await archive.read(file);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes); // without the byte order mark
  } catch (cause) {
    throw refuse([{ pointer: `/${file.path}`, message: 'is not UTF-8: save it as CSV UTF-8' }], 1, '', cause);
  }
}

type Rows = Readonly<{ header: readonly string[]; rows: Iterable<CsvRow> }>;

function readRows(text: string, path: string): Rows {
  try {
    if (/\.jsonl$/i.test(path)) return jsonRows(text);
    const [header, ...rows] = csvRows(text);
    return { header: header?.cells ?? [], rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refuse([{ pointer: `/${path}/${error.line}`, message: error.message }], 1, '', error);
  }
}

/** Reads JSON Lines as the rows of a table. Other values than texts, numbers and booleans are empty cells. */
function jsonRows(text: string): Rows {
  const objects: Readonly<{ line: number; value: Readonly<Record<string, unknown>> }>[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries())
    if (line.trim() !== '') objects.push({ line: index + 1, value: parseObject(line, index + 1) });
  const header = [...new Set(objects.flatMap(({ value }) => Object.keys(value)))];
  const cellOf = (value: unknown): string =>
    ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
  return {
    header,
    rows: objects.map(({ line, value }) => ({ line, cells: header.map((name) => cellOf(value[name])) })),
  };
}

function parseObject(text: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CsvError(line, 'is not JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CsvError(line, 'is not a JSON object');
}

/** Converts a row. Collects its faults. */
function lineOf({ line, cells }: CsvRow, columns: Columns, file: string, faults: FieldError[]): ManifestLine {
  const pointer = `/${file}/${line}`;
  const cell = (column: ManifestColumn): string | undefined => {
    const place = columns[column];
    return place === undefined ? undefined : cells[place]?.trim() || undefined;
  };
  const [written, split] = [cell('path'), cell('split')];
  const role = split === undefined ? undefined : roleOf(split);
  if (written === undefined) faults.push({ pointer, message: 'has no path' });
  if (split !== undefined && role === undefined)
    faults.push({
      pointer,
      message: `has the split ${split.slice(0, 100)}, and train, validation and test are allowed`,
    });
  const path = (written ?? '').replaceAll('\\', '/').normalize('NFC');
  return {
    ...{ pointer, path: posix.join(parentOf(file), path), writtenPath: posix.normalize(path).replace(/^\/+/, '') },
    ...{ label: cell('label'), role, group: cell('group') },
  };
}
