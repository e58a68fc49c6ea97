/** Router on the History API: the address as signals. Clicks on links of the console stay in the page. */
import { batch, computed, signal } from '@preact/signals';
import { matchRoute, readable } from './routes.js';

/** Address of the console: `https://host/prefix/ui/`. */
export const base = new URL(document.baseURI);

type RouterLocation = Readonly<{ path: string; search: string; key: string }>;
type State = Readonly<{ key: string; scroll?: number }> | null;

/** How the current place was reached: a new page moves focus and scrolls to the top, going back scrolls to where it was. */
export type Arrival = Readonly<{ kind: 'load' | 'push' | 'replace' | 'back'; scroll: number }>;

const place = signal<RouterLocation>(readPlace());
export const arrival = signal<Arrival>({ kind: 'load', scroll: (history.state as State)?.scroll ?? 0 });

/** Path within the console, from `/` on. */
export const path = computed(() => place.value.path);
/** Query of the address, from `?` on, or ''. */
export const search = computed(() => place.value.search);
/** The page's route; undefined if no page has this path. */
export const route = computed(() => matchRoute(path.value));

const parsed = computed(() => new URLSearchParams(search.value));

function readPlace(): RouterLocation {
  const { pathname, search: text } = location;
  const within = pathname.startsWith(base.pathname) ? pathname.slice(base.pathname.length) : '';
  return { path: `/${within}`, search: text, key: (history.state as State)?.key ?? 'first' };
}

/** Returns a key for an entry of the history, unique in this tab. */
const newKey = (): string => `${Date.now()}-${performance.now()}`;

/** Returns the full address of a place within the console, for `href`. */
export const href = (place: string): string => base.href.replace(/\/$/, '') + place;

/** Opens a place within the console, such as `to('job', { id })`. `replace`: without a new entry in the browser's history. */
export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  saveScroll();
  const state: State = { key: newKey() };
  if (replace) history.replaceState(state, '', href(to));
  else history.pushState(state, '', href(to));
  batch(() => {
    arrival.value = { kind: replace ? 'replace' : 'push', scroll: 0 };
    place.value = readPlace();
  });
}

/** Changes parameters of the query; undefined removes one. The page stays and keeps its place. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>, { push = false } = {}): void {
  const next = new URLSearchParams(place.peek().search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  const text = readable(next);
  const address = href(place.peek().path) + (text === '' ? '' : `?${text}`);
  if (push) history.pushState({ key: newKey(), scroll: scrollY }, '', address);
  else history.replaceState(history.state, '', address);
  place.value = readPlace();
}

/** A parameter of the query as a signal: `.value =` replaces the address, `push` adds an entry to the history. */
export type QuerySignal<T> = { value: T; peek(): T; push(next: T): void };

type Codec<T> = Readonly<{ read(text: string): T | undefined; write(value: T): string }>;

function querySignal<T>(name: string, fallback: T, { read, write }: Codec<T>): QuerySignal<T> {
  const standard = write(fallback);
  const current = computed(() => {
    const text = parsed.value.get(name);
    return text === null ? fallback : (read(text) ?? fallback);
  });
  const set = (next: T, push: boolean): void => {
    const text = write(next);
    setQuery({ [name]: text === standard ? undefined : text }, { push });
  };
  return {
    get value() {
      return current.value;
    },
    set value(next) {
      set(next, false);
    },
    peek: () => current.peek(),
    push: (next) => set(next, true),
  };
}

/** A text of the query. Its default stays out of the address. */
export const queryText = (name: string, fallback = ''): QuerySignal<string> =>
  querySignal<string>(name, fallback, { read: (text) => text, write: (value) => value });

/** A number of the query. */
export const queryNumber = (name: string, fallback: number): QuerySignal<number> =>
  querySignal<number>(name, fallback, {
    read: (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
    write: String,
  });

/** A switch of the query, as 1 or 0. */
export const queryFlag = (name: string, fallback = false): QuerySignal<boolean> =>
  querySignal<boolean>(name, fallback, { read: (text) => text === '1', write: (value) => (value ? '1' : '0') });

/** A list of the query, separated by commas. */
export const queryList = (name: string): QuerySignal<readonly string[]> =>
  querySignal<readonly string[]>(name, [], {
    read: (text) => text.split(',').filter((part) => part !== ''),
    write: (value) => value.join(','),
  });

/** A range of the query, such as the zoom of charts: `from..to`. */
export const queryRange = (name: string): QuerySignal<readonly [number, number] | undefined> =>
  querySignal<readonly [number, number] | undefined>(name, undefined, {
    read: (text) => {
      const [from = Number.NaN, to = Number.NaN] = text.split('..').map(Number);
      return from < to ? [from, to] : undefined;
    },
    write: (range) => (range === undefined ? '' : range.map((value) => Number(value.toPrecision(6))).join('..')),
  });

/** One of several words of the query. The first is the default; any other word counts as the default. */
export const queryOneOf = <T extends string>(name: string, words: readonly [T, ...T[]]): QuerySignal<T> =>
  querySignal<T>(name, words[0], { read: (text) => words.find((word) => word === text), write: (value) => value });

/** Notes the scroll position in the current entry of the history. */
function saveScroll(): void {
  const state = history.state as State;
  history.replaceState({ key: state?.key ?? 'first', scroll: Math.round(scrollY) }, '');
}

const SCROLL_PAUSE_MS = 150;

/** Returns the place within the console that a click leads to, or undefined if the browser handles the click. */
function placeOfClick(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return undefined;
  const link = (event.target as Element | null)?.closest?.('a');
  if (
    link === undefined ||
    link === null ||
    link.target !== '' ||
    link.hasAttribute('download') ||
    !link.href.startsWith(base.href)
  )
    return undefined;
  const url = new URL(link.href);
  return url.hash === '' ? `/${url.pathname.slice(base.pathname.length)}${url.search}` : undefined;
}

/** Begins to follow clicks and the browser's history. */
export function startRouter(): void {
  // The relative base of the page would otherwise depend on the address at the time of each use.
  document.querySelector('base')?.setAttribute('href', base.href);
  history.scrollRestoration = 'manual';
  addEventListener('popstate', (event) => {
    batch(() => {
      arrival.value = { kind: 'back', scroll: (event.state as State)?.scroll ?? 0 };
      place.value = readPlace();
    });
  });
  document.addEventListener('click', (event) => {
    const target = placeOfClick(event);
    if (target === undefined) return;
    event.preventDefault();
    if (target !== path.peek() + search.peek()) navigate(target);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener('scroll', () => {
    clearTimeout(timer);
    timer = setTimeout(saveScroll, SCROLL_PAUSE_MS);
  });
  addEventListener('pagehide', saveScroll);
}
