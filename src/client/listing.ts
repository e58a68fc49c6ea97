/** Lists that come in pages. */
import type { CallOptions } from './client-types.js';
import { json, type QueryValue, type Transport } from './transport.js';

/** A list: `for await` yields its entries and fetches pages as it needs them. Nothing is requested before. */
export type Listing<Entry, Page> = AsyncIterable<Entry> &
  Readonly<{
    /** Fetches one page: the first, or that of `cursor`. */
    page(): Promise<Page>;
    /** Fetches everything. */
    all(): Promise<Entry[]>;
  }>;

type Options = CallOptions & Readonly<Record<string, QueryValue | AbortSignal>>;

/** Creates the list at a path. All options but `signal` and `timeoutMs` are its query. */
export function createListing<Entry, Page extends { nextCursor?: string }>(
  { request }: Transport,
  path: string,
  { signal, timeoutMs, ...options }: Options,
  entriesOf: (page: Page) => readonly Entry[],
): Listing<Entry, Page> {
  const query = options as Readonly<Record<string, QueryValue>>;
  const fetchPage = (cursor: QueryValue): Promise<Page> =>
    request({ signal, timeoutMs, path, query: { ...query, cursor }, read: json<Page> });

  async function* walk(): AsyncGenerator<Entry> {
    for (let cursor = query['cursor'], isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await fetchPage(cursor);
      for (const entry of entriesOf(page)) {
        signal?.throwIfAborted();
        yield entry;
      }
      cursor = page.nextCursor;
    }
  }
  return {
    [Symbol.asyncIterator]: walk,
    page: () => fetchPage(query['cursor']),
    async all() {
      const entries: Entry[] = [];
      for await (const entry of walk()) entries.push(entry);
      return entries;
    },
  };
}
