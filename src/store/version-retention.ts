/** Removal of old versions of models, for services that train the same name again and again. */
import { TrainyardError } from '../errors/errors.js';
import type { ModelStore, StoredModel } from './index.js';

const EVERY_MS = 600_000;

export type VersionRetention = Readonly<{
  store: Pick<ModelStore, 'list' | 'remove'>;
  /** Versions of each name that are kept, the latest; 0: all. */
  kept: number;
  /** Whether a version may be predicting now; it stays until it is not. */
  isInUse: (model: StoredModel) => boolean;
  onError: (error: unknown) => void;
  onRemoved?: (reference: Readonly<{ name: string; version: number }>) => void;
}>;

/**
 * Removes what is surplus of each name, every ten minutes. Versions with a label and those in use stay on top of the latest. The
 * first look comes ten minutes after the start: what clients use is loaded again by then.
 */
export function sweepVersions(options: VersionRetention): Readonly<{ sweep(): Promise<void>; close(): void }> {
  const { kept, onError } = options;
  const sweep = (): Promise<void> => (kept === 0 ? Promise.resolve() : removeSurplus(options).catch(onError));
  const timer = setInterval(sweep, EVERY_MS).unref();
  return { sweep, close: () => clearInterval(timer) };
}

async function removeSurplus({ store, kept, isInUse, onRemoved }: VersionRetention): Promise<void> {
  for (const { models } of await store.list()) {
    const oldest = models.toSorted((one, other) => one.manifest.version - other.manifest.version);
    for (const model of oldest.slice(0, -kept)) {
      const { name, version } = model.manifest;
      if (isInUse(model)) continue;
      const isRemoved = await store.remove({ name, version }).then(() => true, ignoreExpected);
      if (isRemoved) onRemoved?.({ name, version });
    }
  }
}

/** A version with a label stays; another process may have removed the version at the same moment. */
function ignoreExpected(error: unknown): false {
  if (error instanceof TrainyardError && ['label_held', 'model_not_found'].includes(error.code)) return false;
  throw error;
}
