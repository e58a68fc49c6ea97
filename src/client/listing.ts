/** Lists that come in pages. */
import type { CallOptions } from './client-types.js';

/** A list: `for await` yields its entries and fetches pages as it needs them. Nothing is requested before. */
export type Listing<Entry, Page> = AsyncIterable<Entry> &
  Readonly<{
    /** Fetches the first page alone: that of `cursor`. */
    page(): Promise<Page>;
    /** Fetches everything. */
    all(): Promise<Entry[]>;
  }>;

type Paging = Readonly<{ cursor?: string | undefined }>;

/** Creates a list from a function that fetches the page of a query. */
export function createListing<Entry, Page extends { nextCursor?: string }, Options extends Paging & CallOptions>(
  fetchPage: (options: Options) => Promise<Page>,
  entriesOf: (page: Page) => readonly Entry[],
  options: Options,
): Listing<Entry, Page> {
  async function* walk(): AsyncGenerator<Entry> {
    for (let { cursor } = options, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await fetchPage({ ...options, cursor });
      for (const entry of entriesOf(page)) {
        options.signal?.throwIfAborted();
        yield entry;
      }
      cursor = page.nextCursor;
    }
  }
  return {
    [Symbol.asyncIterator]: walk,
    page: () => fetchPage(options),
    async all() {
      const entries: Entry[] = [];
      for await (const entry of walk()) entries.push(entry);
      return entries;
    },
  };
}
