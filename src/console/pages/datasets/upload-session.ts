/** The upload of this tab: checked, packed, sent, and followed until its images are read. It goes on while other pages are shown. */
import { signal } from '@preact/signals';
import type { ArchiveAddress, ArchiveInput, DatasetDetails, ImportOptions, ImportStatus } from 'trainyard';
import type { DroppedFile } from '../../components/file-drop.js';
import { forget } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { uploadClient } from '../../data/upload-fetch.js';
import { type ArchiveCheck, type CheckedFile, checkArchive, isSystemFile, nameFrom } from './archive-check.js';
import { recognize, recognizeName } from './image-signature.js';
import { readZipDirectory } from './zip-directory.js';

export type ImportSettings = Readonly<{
  name: string;
  side: number | undefined;
  channels: 1 | 3;
  background: string;
  fit: NonNullable<ImportOptions['fit']>;
  cropShare: number | undefined;
  interpolation: NonNullable<ImportOptions['interpolation']>;
  antialias: boolean;
  decoding: NonNullable<ImportOptions['decoding']>;
  skips: boolean;
  testShare: number | undefined;
  validationShare: number | undefined;
  groups: string;
  seed: number | undefined;
  /** Digest of the archive at an address; may be empty. */
  sha256: string;
  onLeak: NonNullable<ImportOptions['onLeak']>;
}>;

/** Files to send: one archive, or files with their paths; or the address from which the service fetches an archive. */
type ArchiveSource =
  | Readonly<{ archive: File }>
  | Readonly<{ files: readonly DroppedFile[] }>
  | Readonly<{ url: string }>;

export type Ready = Readonly<{ source: ArchiveSource; check: ArchiveCheck | undefined; settings: ImportSettings }>;

export type Session =
  | Readonly<{ step: 'choose'; fault?: string }>
  | Readonly<{ step: 'checking'; done: number; total: number }>
  | (Readonly<{ step: 'ready'; error?: unknown }> & Ready)
  | (Readonly<{ step: 'packing' | 'uploading'; done: number; total: number; startedAt: number }> & Ready)
  | (Readonly<{ step: 'reading'; status: ImportStatus }> & Ready)
  | Readonly<{ step: 'done'; dataset: DatasetDetails }>;

export const session = signal<Session>({ step: 'choose' });

/** Ids of imports that this tab has shown itself. */
export const ownImports: Set<string> = new Set();

/** Files whose first bytes are read at once. */
const READS_AT_ONCE = 16;
/** Shortest time between two updates of a progress bar. */
const REPORT_MS = 100;

let current = new AbortController();

/** Stops whatever is under way, and goes back to the choice of files; from an upload back to its settings. */
export function cancelSession(): void {
  const before = session.peek();
  current.abort(new DOMException('Cancelled.', 'AbortError'));
  if ('source' in before && before.step !== 'ready') {
    const { source, check, settings } = before;
    session.value = { step: 'ready', source, check, settings };
  } else session.value = { step: 'choose' };
}

export const startOver = (): void => {
  session.value = { step: 'choose' };
};

/** Checks chosen files. */
export async function chooseFiles(files: readonly DroppedFile[]): Promise<void> {
  if (files.length === 0) return;
  current.abort();
  current = new AbortController();
  const { signal: stop } = current;
  try {
    const [first] = files;
    const isArchive = files.length === 1 && first !== undefined && isZip(first.file);
    const other =
      files.length === 1 && first !== undefined && OTHER_ARCHIVE.test(first.file.name) ? first.file : undefined;
    const ready = isArchive
      ? await checkZip(first.file)
      : other === undefined
        ? await checkFiles(files, stop)
        : await withoutCheck(other);
    if (!stop.aborted) session.value = { step: 'ready', ...ready };
  } catch (error) {
    if (!stop.aborted)
      session.value = { step: 'choose', fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Takes the address of an archive, which nobody checks before the service fetches it. */
export function chooseAddress(url: string): void {
  const name =
    url
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) ?? '';
  session.value = {
    step: 'ready',
    source: { url },
    check: undefined,
    settings: settingsFor(name.replace(ARCHIVE, ''), false),
  };
}

/** Whether the text is a SHA-256, or empty. */
export const isDigest = (text: string): boolean => text === '' || /^[0-9a-f]{64}$/.test(text);

const isZip = ({ name, type }: File): boolean => /\.zip$/i.test(name) || /^application\/(x-)?zip/.test(type);

/** Archives that only the service reads. */
const OTHER_ARCHIVE = /\.(tar|tgz|tar\.(gz|zst)|npz)$/i;
const ARCHIVE = /\.(zip|tar|tgz|tar\.(gz|zst)|npz)$/i;

/** Checks nothing but the size of an archive. */
async function withoutCheck(archive: File): Promise<Ready> {
  const { maxBytes } = await client.datasets.imports();
  requireSize(archive.size, maxBytes);
  const name = archive.name.replace(OTHER_ARCHIVE, '');
  return { source: { archive }, check: undefined, settings: settingsFor(name, false) };
}

async function checkZip(archive: File): Promise<Ready> {
  session.value = { step: 'checking', done: 0, total: 1 };
  const { maxBytes } = await client.datasets.imports();
  requireSize(archive.size, maxBytes);
  const entries = await readZipDirectory(archive);
  const files = entries
    ?.filter(({ path }) => !isSystemFile(path))
    .map((entry) => ({ ...entry, ...recognizeName(entry.path) }));
  return { source: { archive }, check: files && checkArchive(files), settings: settingsFor(archive.name, false) };
}

async function checkFiles(chosen: readonly DroppedFile[], stop: AbortSignal): Promise<Ready> {
  const { top, files } = withoutTop(chosen.filter(({ path }) => !isSystemFile(path)));
  const { maxBytes } = await client.datasets.imports();
  requireSize(
    files.reduce((sum, { file }) => sum + file.size, 0),
    maxBytes,
  );
  const report = throttled((done) => {
    session.value = { step: 'checking', done, total: files.length };
  });
  const checked: CheckedFile[] = [];
  report(0);
  for (let at = 0; at < files.length && !stop.aborted; at += READS_AT_ONCE) {
    const some = files.slice(at, at + READS_AT_ONCE);
    const kinds = await Promise.all(some.map(({ file, path }) => recognize(file, path)));
    for (const [index, { file, path }] of some.entries())
      checked.push({ path, size: file.size, ...(kinds[index] ?? { kind: 'other' }) });
    if (!stop.aborted) report(checked.length);
  }
  const check = checkArchive(checked);
  return { source: { files }, check, settings: settingsFor(top, check.unusable.length > 0) };
}

/** Removes the folder that contains all others from the paths: it names the data set. A single class stays a class. */
function withoutTop(files: readonly DroppedFile[]): { top: string; files: readonly DroppedFile[] } {
  const top = files[0]?.path.split('/').slice(0, -1)[0] ?? '';
  if (top === '' || !files.every(({ path }) => path.startsWith(`${top}/`))) return { top: '', files };
  if (!files.some(({ path }) => path.split('/').length > 2)) return { top, files };
  return { top, files: files.map(({ file, path }) => ({ file, path: path.slice(top.length + 1) })) };
}

function requireSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const [size, most] = [bytes, maxBytes].map(
    (each) => `${(each / 1e6).toLocaleString('en', { maximumFractionDigits: 0 })} MB`,
  );
  throw new Error(
    `The files have ${size}, and this service accepts at most ${most}. Send smaller images, or ask its operator to raise MAX_DATASET_MB.`,
  );
}

const settingsFor = (name: string, skips: boolean): ImportSettings => ({
  ...{ name: nameFrom(name), side: 96, channels: 3, background: 'black', skips, testShare: 0.2 },
  ...{ fit: 'contain', cropShare: 0.875, interpolation: 'fast', antialias: true, decoding: 'managed' },
  ...{ validationShare: 0, groups: '', seed: 0, sha256: '', onLeak: 'report' },
});

export function changeSettings(change: Partial<ImportSettings>): void {
  const now = session.peek();
  if (now.step === 'ready') session.value = { ...now, settings: { ...now.settings, ...change } };
}

/** Packs and sends the files, and follows the import to its end. */
export async function startImport(): Promise<void> {
  const now = session.peek();
  if (now.step !== 'ready') return;
  const { source, check, settings } = now;
  const ready: Ready = { source, check, settings };
  current = new AbortController();
  const { signal: stop } = current;
  const startedAt = Date.now();
  const show = (next: Session): void => {
    if (!stop.aborted) session.value = next;
  };
  const uploading = throttled((done, total) =>
    show({ step: 'uploading', done, total, startedAt: Date.now(), ...ready }),
  );
  const packing = throttled((done, total) => show({ step: 'packing', done, total, startedAt, ...ready }));
  addEventListener('beforeunload', warnBeforeLeaving);
  try {
    uploading(0, check?.bytes ?? 0);
    const input = inputOf(ready, stop, packing);
    const options: ImportOptions = {
      ...queryOf(settings),
      signal: stop,
      onImport: (status) => {
        ownImports.add(status.id);
        show({ step: 'reading', status, ...ready });
      },
    };
    const dataset = await uploadClient(sentOf(startedAt, show, ready)).datasets.import(settings.name, input, options);
    forget('datasets');
    show({ step: 'done', dataset });
  } catch (error) {
    show({ step: 'ready', error, ...ready });
  } finally {
    removeEventListener('beforeunload', warnBeforeLeaving);
  }
}

/** Returns what the client imports: an address, an archive, or files that it packs. */
function inputOf(
  { source, settings: { sha256 } }: Ready,
  stop: AbortSignal,
  packing: (done: number, total: number) => void,
): ArchiveInput | ArchiveAddress {
  if ('url' in source) return { url: source.url, ...(sha256 !== '' && { sha256 }) };
  return 'archive' in source ? source.archive : packable(source.files, stop, packing);
}

const sentOf = (startedAt: number, show: (next: Session) => void, ready: Ready) =>
  throttled((done, total) => show({ step: 'uploading', done, total, startedAt, ...ready }));

/** Returns the files as the client packs them: one after the other, each read when its turn comes. */
function packable(
  files: readonly DroppedFile[],
  stop: AbortSignal,
  report: (done: number, total: number) => void,
): File[] {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  return files.map(({ file, path }) => {
    const read = async (): Promise<ArrayBuffer> => {
      stop.throwIfAborted();
      const bytes = await file.arrayBuffer();
      done += file.size;
      report(done, total);
      return bytes;
    };
    return { name: path, webkitRelativePath: path, size: file.size, arrayBuffer: read } as unknown as File;
  });
}

const queryOf = ({ side, channels, background, skips, onLeak, ...settings }: ImportSettings): ImportOptions => ({
  ...preprocessingOf(settings),
  ...splitsOf(settings),
  ...(side !== undefined && { side }),
  ...{ channels, background, onLeak, onError: skips ? 'skip' : 'refuse' },
});

/** Returns the options of the splits that differ from their defaults. */
const splitsOf = ({ testShare, validationShare, groups, seed }: SplitSettings): ImportOptions => ({
  ...(testShare !== undefined && { testShare }),
  ...(validationShare !== undefined && validationShare !== 0 && { validationShare }),
  ...(groups !== '' && { groups }),
  ...(seed !== undefined && seed !== 0 && { seed }),
});

type SplitSettings = Pick<ImportSettings, 'testShare' | 'validationShare' | 'groups' | 'seed'>;

/** Whether the form offers the interpolation `fast`. */
export const allowsFast = ({
  fit,
  antialias,
  decoding,
}: Pick<ImportSettings, 'fit' | 'antialias' | 'decoding'>): boolean =>
  fit === 'contain' && antialias && decoding === 'managed';

/** Returns the options of the preprocessing that the service accepts together. */
function preprocessingOf(
  settings: Pick<ImportSettings, 'fit' | 'cropShare' | 'interpolation' | 'antialias' | 'decoding'>,
) {
  const { fit, cropShare, interpolation, antialias, decoding } = settings;
  return {
    ...{ fit, antialias, decoding },
    ...(fit === 'resize-crop' && cropShare !== undefined && { cropShare }),
    interpolation: interpolation === 'fast' && !allowsFast(settings) ? 'bilinear' : interpolation,
  } as const;
}

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Calls `report` at most every REPORT_MS, and for the first and the last value. */
function throttled(report: (done: number, total: number) => void): (done: number, total?: number) => void {
  let last = 0;
  return (done, total = 0) => {
    const now = performance.now();
    if (done > 0 && done < total && now - last < REPORT_MS) return;
    last = now;
    report(done, total);
  };
}
