/** HTTP calls to the service: time limits, retries with back-off, and error answers as exceptions. */
import { delay, type LinkedAbort, linkAbort } from './abort.js';
import { ConnectionError, errorOf, isTrainyardError, TimeoutError } from './client-errors.js';
import type { ClientSettings } from './client-settings.js';
import type { CallOptions } from './client-types.js';

/** Pause before the first retry, in milliseconds. It doubles with each retry. */
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 8_000;
/** Longest `Retry-After` that a call waits for, in seconds. Beyond it the call rejects, with the seconds in `retryAfterS`. */
const MAX_RETRY_AFTER_S = 60;
const RETRIED_STATUSES: readonly number[] = [408, 429, 502, 503, 504];

/** Options of a method: those of every call, and the query. */
export type MethodOptions = CallOptions & Readonly<Record<string, unknown>>;

/** A call besides its path and the options of its method. */
export type Call<T> = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Media type of the answer. Default: JSON. */
  accept?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** The body, as JSON. */
  json?: unknown;
  /** Makes the body of each attempt. Aborts the attempt if a stream of the body fails. */
  body?: ((attempt: LinkedAbort) => RequestBody | Promise<RequestBody>) | undefined;
  /** Whether a second attempt is safe. Default: only for GET. */
  retry?: boolean | undefined;
  /** Error status that `read` accepts. */
  allow?: number | undefined;
  /** Whether `read` keeps the body open. Then it, or the caller, releases the attempt at the end of the body. */
  streams?: boolean | undefined;
  /** Reads the answer. Default: as JSON. */
  read?: ((response: Response, attempt: LinkedAbort) => Promise<T>) | undefined;
}>;

/** A body, with the headers that say its type and its length if fetch does not know them. */
export type RequestBody = Readonly<{ content: unknown; headers?: Readonly<Record<string, string>> | undefined }>;

export const typed = (type: string): Readonly<Record<string, string>> => ({ 'content-type': type });

/** Encodes each interpolated part of a path. */
export const pathOf = (texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string =>
  texts.reduce((path, text, index) => path + encodeURIComponent(parts[index - 1] ?? '') + text);

/** Returns the header that proves who sends a request. */
export const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });

export const nothing = async (response: Response): Promise<void> => void (await response.arrayBuffer());

/** Parts of a call whose answer is a PNG file. */
export const AS_PNG = { accept: 'image/png', read: (response: Response): Promise<Blob> => response.blob() };

/** Returns 128 random bits in hexadecimal. Browsers have no `crypto.randomUUID` on pages over plain http. */
export const randomKey = (): string =>
  crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');

export type Transport = ReturnType<typeof createTransport>;

/** Creates the function that makes every call of a client. */
export function createTransport(settings: ClientSettings) {
  return {
    settings,

    /**
     * Makes a call, again if that is safe and may help. Rejects with the signal's reason as soon as it aborts. `path`: with encoded parts,
     * from `pathOf`. All options but `signal` and `timeoutMs` are the query.
     */
    async request<T>(path: string, options: MethodOptions, call: Call<T> = {}): Promise<T> {
      const { signal } = options;
      // Once: the caller may change the value between two attempts.
      const content = JSON.stringify(call.json);
      const body = content === undefined ? call.body : () => ({ content, headers: typed('application/json') });
      for (let attempt = 0; ; attempt += 1) {
        signal?.throwIfAborted();
        try {
          return await attemptCall(settings, path, options, { method: 'GET', ...call, body });
        } catch (error) {
          const isSafe = call.retry ?? call.method === undefined;
          const pauseMs = isSafe && !signal?.aborted ? pauseAfter(error, attempt, settings.retries) : undefined;
          if (pauseMs === undefined) throw error;
          await delay(pauseMs, signal);
        }
      }
    },
  };
}

/** Returns the pause before the next attempt, in milliseconds, or undefined if another attempt would not help. */
export function pauseAfter(error: unknown, attempt: number, retries: number): number | undefined {
  if (attempt >= retries) return undefined;
  const backOffMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
  if (error instanceof ConnectionError) return backOffMs;
  if (!isTrainyardError(error) || !RETRIED_STATUSES.includes(error.status)) return undefined;
  const { retryAfterS = 0 } = error;
  return retryAfterS > MAX_RETRY_AFTER_S ? undefined : Math.max(backOffMs, retryAfterS * 1_000);
}

async function attemptCall<T>(
  settings: ClientSettings,
  path: string,
  { signal, timeoutMs = settings.timeoutMs, ...query }: MethodOptions,
  call: Call<T>,
): Promise<T> {
  const attempt = linkAbort(signal);
  const lost = (cause: unknown): never => {
    throw unreachable(settings, cause);
  };
  const late = new TimeoutError(`${call.method} ${path} had no answer within ${timeoutMs} ms.`);
  const timer = Number.isFinite(timeoutMs) ? setTimeout(() => attempt.abort(late), timeoutMs) : undefined;
  try {
    const init = await initOf(settings, call, attempt);
    const response = await settings.fetch(urlOf(settings, path, query), init).catch(lost);
    if (!response.ok && response.status !== call.allow) {
      throw errorOf(response.status, await response.text().catch(lost), response.headers);
    }
    const answer = await (call.read?.(response, attempt) ?? (response.json() as Promise<T>)).catch(lost);
    if (!call.streams) attempt.release();
    return answer;
  } catch (error) {
    attempt.release();
    if (attempt.signal.aborted) throw attempt.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the error of a fetch that failed. */
export function unreachable({ url }: ClientSettings, cause: unknown): unknown {
  const inner = (cause as { cause?: unknown } | undefined)?.cause;
  const reason = [inner, cause].flatMap((error) => (error instanceof Error ? [error.message || error.name] : []));
  return new ConnectionError(`No answer from ${url}: ${reason[0] ?? String(cause)}.`, { cause });
}

/** Returns an address with its query. An array repeats its parameter. */
export function urlOf({ url }: ClientSettings, path: string, query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, String(each)]),
  );
  return `${url}${path}?${new URLSearchParams(pairs)}`.replace(/\?$/, '');
}

/** Returns what fetch is called with. It uses no `Headers`: Node.js would load all of its fetch for that, which takes 25 ms. */
async function initOf(settings: ClientSettings, call: Call<unknown>, attempt: LinkedAbort): Promise<RequestInit> {
  const body = await call.body?.(attempt);
  return {
    method: call.method as string,
    headers: {
      accept: call.accept ?? 'application/json',
      ...(settings.apiKey !== undefined && bearer(settings.apiKey)),
      ...call.headers,
      ...body?.headers,
    },
    signal: attempt.signal,
    body: (body?.content ?? null) as RequestInit['body'] & object,
    // For streams, and without effect on other bodies.
    ...({ duplex: 'half' } as object),
  };
}
