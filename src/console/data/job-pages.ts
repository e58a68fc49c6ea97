/** Pages of the jobs that fit a filter, loaded into a map that is shown as a list. */
import { signal } from '@preact/signals';
import type { Job, JobSort } from 'trainyard';
import { client } from './service.js';

const PAGE = 100;
/** Pages of the first load. More come as the reader scrolls. */
const FIRST_PAGES = 2;
const MORE_PAGES = 5;
/** Pages of a long load between two updates of the list. */
const PAGES_A_SHOW = 5;
/** Pause before the list is drawn again, in milliseconds, so that messages about many jobs become one update. */
const SHOW_MS = 100;

export type JobFilter = Readonly<{ status: readonly string[]; metadata: readonly string[] }>;

/** Loads pages of jobs into a map, and shows the map as a list. */
export function createPages(filter: JobFilter, jobs: Map<string, Job>, sort: JobSort) {
  let order = sort;
  const { shown, show, showSoon, stop } = createShownJobs(jobs);
  const error = signal<unknown>(undefined);
  const isLoading = signal(false);
  const hasMore = signal(false);
  let abort = new AbortController();
  let cursor: string | undefined;
  /** Whether the reader wants every page, also if the wish came while others were loading. */
  let wantsAll = false;

  async function load(pages: number, mine: AbortSignal): Promise<void> {
    for (let loaded = 1; loaded <= pages || wantsAll; loaded += 1) {
      const page = await readPage(filter, { sort: order, cursor, signal: mine });
      if (mine.aborted) return;
      for (const job of page.jobs) jobs.set(job.id, job);
      cursor = page.nextCursor;
      hasMore.value = cursor !== undefined;
      error.value = undefined;
      const isLast = cursor === undefined || (loaded >= pages && !wantsAll);
      if (isLast || loaded === 1 || loaded % PAGES_A_SHOW === 0) show();
      if (isLast) return;
    }
  }

  async function loadPages(pages: number): Promise<void> {
    const { signal: mine } = abort;
    isLoading.value = true;
    try {
      await load(pages, mine);
    } catch (reason) {
      if (!mine.aborted) error.value = reason;
    }
    if (mine.aborted) return;
    isLoading.value = false;
    wantsAll = false;
  }

  /** Loads the list from its first job on, as far as it was loaded. The jobs shown stay until the first page has come. */
  async function reload(): Promise<void> {
    const pages = Math.max(FIRST_PAGES, Math.ceil(jobs.size / PAGE));
    abort.abort();
    abort = new AbortController();
    cursor = undefined;
    jobs.clear();
    await loadPages(pages);
  }

  return {
    ...{ shown, error, isLoading, hasMore, show, showSoon, reload },
    signal: () => abort.signal,

    /** Sets the order. A list that is not wholly loaded loads the first jobs of the new order. */
    async sortBy(next: JobSort): Promise<void> {
      if (next === order) return;
      order = next;
      if (!hasMore.peek() && shown.peek() !== undefined) return;
      jobs.clear();
      await reload();
    },

    loadMore: async (pages = MORE_PAGES): Promise<void> => {
      wantsAll ||= pages === Number.POSITIVE_INFINITY;
      if (!isLoading.peek() && cursor !== undefined) await loadPages(pages);
    },

    dispose(): void {
      abort.abort();
      stop();
    },
  };
}

type PageRequest = Readonly<{ sort: JobSort; cursor: string | undefined; signal: AbortSignal }>;

const readPage = ({ status, metadata }: JobFilter, { sort, cursor, signal }: PageRequest) =>
  client.jobs
    .list({ limit: PAGE, sort, cursor, status: status.join(',') || undefined, metadata: [...metadata], signal })
    .page();

/** Shows the jobs of a map as a list, at once or soon. */
function createShownJobs(jobs: ReadonlyMap<string, Job>) {
  const shown = signal<readonly Job[] | undefined>(undefined);
  let showing: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => clearTimeout(showing);
  const show = (): void => {
    stop();
    showing = undefined;
    shown.value = [...jobs.values()].sort(newestFirst);
  };
  const showSoon = (): void => {
    if (shown.peek() !== undefined) showing ??= setTimeout(show, SHOW_MS);
  };
  return { shown, show, showSoon, stop };
}

const newestFirst = (a: Job, b: Job): number => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0);
