/** List that is loaded page by page: its states, and its end with the next page or the reason why it is missing. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PagedList as List, Pages } from '../data/pages.js';
import { Button } from './button.js';
import { ErrorState, Skeleton } from './states.js';

type Page = Readonly<{ nextCursor?: string | undefined }>;

type Props<Item, P extends Page> = Readonly<{
  list: List<Item, P>;
  /** Loads the next page as soon as the end comes into view. */
  isEndless?: boolean;
  /** Beside the button. */
  note?: (pages: Pages<Item, P>) => ComponentChildren;
  skeleton?: ComponentChildren;
  children: (items: readonly Item[], last: P) => ComponentChildren;
}>;

export function PagedList<Item, P extends Page>({ list, isEndless = false, note, skeleton, children }: Props<Item, P>) {
  const pages = list.pages.value;
  const { items, last, error } = pages;
  if (items === undefined || last === undefined) {
    if (error !== undefined) return <ErrorState error={error} onRetry={list.more} />;
    return <>{skeleton ?? <Skeleton lines={4} />}</>;
  }
  return (
    <>
      {children(items, last)}
      {error === undefined ? (
        <div class="row">
          {note && <span class="muted small">{note(pages)}</span>}
          {list.hasMore() && <More isLoading={pages.isLoading} isEndless={isEndless} more={list.more} />}
        </div>
      ) : (
        <ErrorState error={error} onRetry={list.more} title="The rest of the list is missing" />
      )}
    </>
  );
}

/** Distance from the end of the list at which the next page is loaded. */
const AHEAD = '400px';

function More({ isLoading, isEndless, more }: { isLoading: boolean; isEndless: boolean; more: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null || isLoading || !isEndless) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && more(), { rootMargin: AHEAD });
    observer.observe(place.current);
    return () => observer.disconnect();
  });
  return (
    <div ref={place}>
      <Button small busy={isLoading} onClick={more}>
        Show more
      </Button>
    </div>
  );
}
