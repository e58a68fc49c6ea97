/** Lists that are loaded page by page, as signals. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { comebacks } from './service.js';

type Page = Readonly<{ nextCursor?: string | undefined }>;

export type Pages<Item, P extends Page> = Readonly<{
  /** Undefined before the first page. */
  items?: readonly Item[];
  /** The page that was loaded last. */
  last?: P;
  /** Why the latest page could not be loaded. The items before it stay. */
  error?: unknown;
  isLoading: boolean;
}>;

export type PagedList<Item, P extends Page> = Readonly<{
  pages: ReadonlySignal<Pages<Item, P>>;
  /** Whether there is another page. */
  hasMore: () => boolean;
  /** Loads the next page; after an error, the same page again. */
  more: () => void;
}>;

/** Loads the first page while a component is mounted, and another list if `deps` change. After an outage a failed page is loaded again. */
export function usePages<Item, P extends Page>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
  itemsOf: (page: P) => readonly Item[],
  deps: readonly unknown[],
): PagedList<Item, P> {
  const list = useMemo(() => createPages(load, itemsOf), [...deps]);
  useEffect(() => {
    list.more();
    return list.close;
  }, [list]);
  const { error } = list.pages.value;
  const back = comebacks.value;
  useEffect(() => {
    if (back > 0 && error !== undefined) list.more();
  }, [back]);
  return list;
}

function createPages<Item, P extends Page>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
  itemsOf: (page: P) => readonly Item[],
) {
  const pages = signal<Pages<Item, P>>({ isLoading: false });
  const abort = new AbortController();
  const hasMore = (): boolean => pages.value.last === undefined || pages.value.last.nextCursor !== undefined;

  async function loadNext(): Promise<void> {
    const { error: _, ...before } = pages.peek();
    pages.value = { ...before, isLoading: true };
    try {
      const last = await load(before.last?.nextCursor, abort.signal);
      if (!abort.signal.aborted)
        pages.value = { items: [...(before.items ?? []), ...itemsOf(last)], last, isLoading: false };
    } catch (error) {
      if (!abort.signal.aborted) pages.value = { ...before, error, isLoading: false };
    }
  }
  return {
    pages,
    hasMore,
    more: (): void => {
      if (!pages.peek().isLoading && hasMore()) void loadNext();
    },
    close: (): void => abort.abort(),
  };
}
