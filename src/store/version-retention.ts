/** Removal of old model versions, for services that train the same name again and again. */
import { TrainyardError } from '../errors/errors.js';
import type { ModelStore, StoredModel } from './index.js';

const SWEEP_EVERY_MS = 600_000;

type SweptStore = Pick<ModelStore, 'list' | 'remove'>;

export type VersionRetention = Readonly<{
  /** Returns the stores of all projects. */
  stores: () => Promise<readonly SweptStore[]>;
  /** Newest versions of each name to keep; 0 keeps all. */
  kept: number;
  /** Tells whether a version may be predicting now. Such a version is removed later. */
  isInUse: (model: StoredModel) => boolean;
  onError: (error: unknown) => void;
  onRemoved?: (reference: Readonly<{ name: string; version: number }>) => void;
}>;

/**
 * Removes surplus versions of each name every ten minutes. Versions with a label and versions in use are kept besides the newest.
 * The first sweep comes ten minutes after the start: by then the models that clients use are loaded again.
 */
export function sweepVersions(options: VersionRetention): Readonly<{ sweep(): Promise<void>; close(): void }> {
  const { kept, onError } = options;
  const sweep = (): Promise<void> => (kept === 0 ? Promise.resolve() : sweepAll(options).catch(onError));
  const timer = setInterval(sweep, SWEEP_EVERY_MS).unref();
  return { sweep, close: () => clearInterval(timer) };
}

async function sweepAll(options: VersionRetention): Promise<void> {
  for (const store of await options.stores()) await removeSurplus(store, options);
}

async function removeSurplus(store: SweptStore, { kept, isInUse, onRemoved }: VersionRetention): Promise<void> {
  for (const { models } of await store.list()) {
    const ascending = models.toSorted((one, other) => one.manifest.version - other.manifest.version);
    for (const model of ascending.slice(0, -kept)) {
      const { name, version } = model.manifest;
      if (isInUse(model)) continue;
      const isRemoved = await store.remove({ name, version }).then(() => true, ignoreExpected);
      if (isRemoved) onRemoved?.({ name, version });
    }
  }
}

/** Ignores that the version has a label, or that another process has just removed it. */
function ignoreExpected(error: unknown): false {
  if (error instanceof TrainyardError && ['label_held', 'model_not_found'].includes(error.code)) return false;
  throw error;
}
