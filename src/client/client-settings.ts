/** Settings of the client, from its options and the environment. */

/** Default of `timeoutMs`. */
const TIMEOUT_MS = 60_000;
/** Default of `retries`. */
const RETRIES = 4;
/** Address of a service that runs with its default settings. */
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** The part of a WebSocket that the client uses: that of browsers, Node.js 22, Deno and Bun, and of the package ws. */
export type WebSocketLike = {
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  close(code?: number, reason?: string): void;
};
// biome-ignore lint/suspicious/noExplicitAny: constructors differ in their second parameter, and in the types of their events.
export type WebSocketConstructor = new (url: string, options?: any) => any;

export type TrainyardOptions = Readonly<{
  /** Address of the service. Default: `TRAINYARD_URL`, else `http://127.0.0.1:3000`. */
  url?: string | URL | undefined;
  /** API key of the service or of a proxy, sent as `Authorization: Bearer`. Default: `TRAINYARD_API_KEY`, else none. Empty: none. */
  apiKey?: string | undefined;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Replaces the global `WebSocket`, which Node.js has from version 22 on. Only `jobs.followAll` needs it. */
  WebSocket?: WebSocketConstructor | undefined;
  /** Time limit of each attempt of a call, in milliseconds. Default 60,000. Uploads and downloads have none. */
  timeoutMs?: number | undefined;
  /** How often a call is tried again, if it is safe to repeat. Default 4. */
  retries?: number | undefined;
}>;

/** Settings with every default filled in. */
export type ClientSettings = Readonly<{
  url: string;
  apiKey: string | undefined;
  fetch: typeof globalThis.fetch;
  WebSocket: WebSocketConstructor | undefined;
  timeoutMs: number;
  retries: number;
}>;

type Globals = { process?: { env?: Record<string, string | undefined> }; WebSocket?: WebSocketConstructor };

/** Fills in the defaults. Throws a TypeError if the address is no http or https URL. */
export function resolveSettings(options: TrainyardOptions): ClientSettings {
  const environment = (globalThis as Globals).process?.env ?? {};
  // Calls the global fetch as a function of its own: browsers refuse it as a method of another object.
  const fetchNow: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  return {
    url: checkUrl(String(options.url ?? (environment['TRAINYARD_URL'] || DEFAULT_URL))),
    apiKey: (options.apiKey ?? environment['TRAINYARD_API_KEY']) || undefined,
    fetch: options.fetch ?? fetchNow,
    // Only when it is needed: Node.js loads its whole HTTP client for it, which takes as long as a call.
    get WebSocket() {
      return options.WebSocket ?? (globalThis as Globals).WebSocket;
    },
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    retries: options.retries ?? RETRIES,
  };
}

/** Returns the address without slashes at its end. */
function checkUrl(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new TypeError(`The address of the service must begin with http:// or https:// (got ${JSON.stringify(url)}).`);
  }
  return url.replace(/\/+$/, '');
}
