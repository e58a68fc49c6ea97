/** Status of running imports: kept up to date in a registry that all API processes share. */
import { randomUUID } from 'node:crypto';
import type { ImportProgress, ImportStatus } from '../contracts/datasets/dataset-import-status.js';
import { type ErrorCode, TrainyardError, toTrainyardError } from '../errors/errors.js';

/** Store of import statuses. `save` resolves with whether someone has asked to cancel the import. */
export type ImportBoard = Readonly<{
  list(): Promise<ImportStatus[]>;
  get(id: string): Promise<ImportStatus>;
  save(status: ImportStatus): Promise<boolean>;
  cancel(id: string): Promise<ImportStatus>;
}>;

/** Interval of the saves, which are also the signs of life. */
const SAVE_EVERY_MS = 500;
const CANCELLED: ErrorCode = 'import_cancelled';

export type TrackedImport = Readonly<{
  /** Aborts with `import_cancelled` when someone cancels the import. */
  signal: AbortSignal;
  status(): ImportStatus;
  received(bytes: number): void;
  /** Notes how much of a download has arrived, and its size if it is known. */
  downloaded(bytes: number, total: number | undefined): void;
  /** Notes that the archive has arrived. Resolves with whether the registry shows the import. */
  uploaded(): Promise<boolean>;
  /** Resolves with the status, or with undefined if the registry does not show the import. */
  shown(): Promise<ImportStatus | undefined>;
  reading(images: ImportProgress): void;
  /** Follows `work` to its end. Passes on its result or its error. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}>;

/** Starts to track an import. Without a working registry the import runs on, and nobody sees it. */
export function trackImport(
  board: ImportBoard,
  { name, totalBytes }: Readonly<{ name: string; totalBytes: number | undefined }>,
): TrackedImport {
  const cancelling = new AbortController();
  const startedAt = new Date().toISOString();
  let status: ImportStatus = {
    ...{ id: randomUUID(), name, state: 'uploading', startedAt, updatedAt: startedAt, bytes: 0 },
    ...(totalBytes !== undefined && { totalBytes }),
  };
  /** Saves run one after the other, so that an older status never replaces a newer one. */
  let saving: Promise<boolean> = Promise.resolve(false);

  /** Resolves with whether the registry has the status. */
  function save(): Promise<boolean> {
    saving = saving.then(async () => {
      try {
        if (await board.save({ ...status, updatedAt: new Date().toISOString() })) cancelling.abort(cancelled());
        return true;
      } catch {
        return false;
      }
    });
    return saving;
  }

  const set = (change: Partial<ImportStatus>): void => {
    status = { ...status, ...change };
  };
  const timer = setInterval(() => void save(), SAVE_EVERY_MS).unref();
  void save();

  return {
    signal: cancelling.signal,
    status: (): ImportStatus => status,
    received: (bytes: number): void => set({ bytes: status.bytes + bytes }),
    downloaded: (bytes, total): void => set({ bytes, ...(total !== undefined && { totalBytes: total }) }),
    shown: async () => ((await save()) ? status : undefined),
    uploaded() {
      set({ state: 'waiting' });
      return save();
    },
    reading: (images: ImportProgress): void => set({ state: 'reading', images }),

    async run(work) {
      try {
        const result = await work();
        set({ state: 'succeeded' });
        return result;
      } catch (error) {
        const fault = toTrainyardError(error);
        set({ state: fault.code === CANCELLED ? 'cancelled' : 'failed', error: problemOf(fault) });
        throw error;
      } finally {
        clearInterval(timer);
        await save();
      }
    },
  };
}

const cancelled = (): TrainyardError =>
  new TrainyardError(CANCELLED, 'The import was cancelled. Nothing of it is stored.');

const problemOf = ({ title, status, code, message, errors }: TrainyardError): NonNullable<ImportStatus['error']> => ({
  ...{ type: 'about:blank', title, status, code, detail: message },
  ...(errors && { errors: errors.map((error) => ({ ...error })) }),
});
