/** Resources: what a page has loaded from the service, as signals. */
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { isGone, onComeback } from './service.js';

/** Answers kept for the next visit of a page, which shows them at once and refreshes them. */
const KEPT_RESOURCES = 60;
const kept = new Map<string, unknown>();

export type Resource<T> = Readonly<{
  /** The latest answer; undefined before the first. It stays while a refresh runs or fails, unless the thing is gone. */
  data: Signal<T | undefined>;
  /** Why the latest load failed; undefined after a success. */
  error: ReadonlySignal<unknown>;
  isLoading: ReadonlySignal<boolean>;
  /** Loads again. Resolves once the load has ended, however it did. */
  refresh(): Promise<void>;
  /** Aborts what is under way. `useResource` does it when the page changes. */
  dispose(): void;
}>;

export type ResourceOptions<T> = Readonly<{
  /** Name for the answer, so that the next visit shows it at once: `job/<id>`. Default: not kept. */
  key?: string | undefined;
  /** Loads again this often, in milliseconds, while the tab is visible and the thing is not gone; may depend on the latest answer. Default: never. */
  everyMs?: number | ((latest: T | undefined) => number | undefined) | undefined;
}>;

/** Loads a resource now. `load` must pass the signal on: a refresh aborts the load before it. */
export function resource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  { key, everyMs }: ResourceOptions<T> = {},
): Resource<T> {
  const data = signal<T | undefined>(key === undefined ? undefined : (kept.get(key) as T | undefined));
  const error = signal<unknown>(undefined);
  const isLoading = signal(false);
  let current: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function refresh(): Promise<void> {
    current?.abort();
    clearTimeout(timer);
    const mine = new AbortController();
    current = mine;
    isLoading.value = true;
    const outcome = await load(mine.signal).then(
      (value) => ({ value }),
      (reason: unknown) => ({ reason }),
    );
    if (mine.signal.aborted) return;
    const gone = 'reason' in outcome && isGone(outcome.reason);
    batch(() => {
      isLoading.value = false;
      error.value = 'reason' in outcome ? outcome.reason : undefined;
      if ('value' in outcome) data.value = outcome.value;
      else if (gone) data.value = undefined;
    });
    if (key !== undefined && 'value' in outcome) keep(key, outcome.value);
    if (key !== undefined && gone) kept.delete(key);
    const pauseMs = typeof everyMs === 'function' ? everyMs(data.peek()) : everyMs;
    if (pauseMs !== undefined && !gone) timer = setTimeout(tick, pauseMs);
  }
  const tick = (): void => {
    if (!document.hidden) void refresh();
    else document.addEventListener('visibilitychange', tick, { once: true });
  };
  const stopWatching = onComeback(() => void refresh());
  void refresh();
  return {
    data,
    error,
    isLoading,
    refresh,
    dispose() {
      current?.abort();
      clearTimeout(timer);
      stopWatching();
      document.removeEventListener('visibilitychange', tick);
    },
  };
}

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_RESOURCES && oldest !== undefined) kept.delete(oldest);
}

/** Forgets kept answers whose key begins with this, after a change made them wrong. */
export function forget(prefix: string): void {
  for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
}

/** Loads a resource while a component is mounted, and another one if `deps` change. */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[] = [],
  options: ResourceOptions<T> = {},
): Resource<T> {
  const made = useMemo(() => resource(load, options), [...deps]);
  useEffect(() => () => made.dispose(), [made]);
  return made;
}
