/** Lists that come in pages. */
import type { MethodOptions, Transport } from './transport.js';

/** A list: `for await` yields its entries and fetches pages as it needs them. Nothing is requested before. */
export type Listing<Entry, Page> = AsyncIterable<Entry> &
  Readonly<{
    /** Fetches one page: the first, or that of `cursor`. */
    page(): Promise<Page>;
    /** Fetches everything. */
    all(): Promise<Entry[]>;
  }>;

/** Creates the list at a path. */
export function createListing<Entry, Page extends { nextCursor?: string }>(
  { request }: Transport,
  path: string,
  options: MethodOptions & Readonly<{ cursor?: string | undefined }>,
  entriesOf: (page: Page) => readonly Entry[],
): Listing<Entry, Page> {
  const fetchPage = (cursor: string | undefined): Promise<Page> => request(path, { ...options, cursor });

  async function* walk(): AsyncGenerator<Entry> {
    for (let { cursor } = options, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await fetchPage(cursor);
      for (const entry of entriesOf(page)) {
        options.signal?.throwIfAborted();
        yield entry;
      }
      cursor = page.nextCursor;
    }
  }
  return {
    [Symbol.asyncIterator]: walk,
    page: () => fetchPage(options.cursor),
    async all() {
      const entries: Entry[] = [];
      for await (const entry of walk()) entries.push(entry);
      return entries;
    },
  };
}
