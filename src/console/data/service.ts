/** The one client of the console, and the state of its connection and of its key. */
import { signal } from '@preact/signals';
import { ConnectionError, isTrainyardError, TimeoutError, Trainyard } from 'trainyard';

/** Address of the service: the parent of /ui/. */
const root = new URL('..', document.baseURI).href;

const KEY = 'trainyard-api-key';
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;
/** A proxy answers with these while the service behind it is away. */
const AWAY = [502, 504];

/** Whether the service answers. While it is away, the console asks again and again. */
export const connection = signal<'ok' | 'away'>('ok');
/** Counts how often the connection came back: resources load again. */
export const comebacks = signal(0);
/** Set when an answer was 401: the sign-in page appears. */
export const signInNeeded = signal(false);
/** Whether a key was refused, rather than missing. */
export const keyRefused = signal(false);
/** Whether the console sends an API key. Images then need to be fetched: see `useServiceImage`. */
export const hasKey = signal(sessionStorage.getItem(KEY) !== null);

/** Sends a request with the key, and notes what the answer says about connection and key. */
export const serviceFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  const key = sessionStorage.getItem(KEY);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  try {
    const response = await fetch(input, { ...init, headers });
    noteAnswer(response, key !== null);
    return response;
  } catch (error) {
    if (init?.signal?.aborted !== true) noteAway();
    throw error;
  }
};

/** Notes what an answer says about connection and key. */
export function noteAnswer({ status }: Response, hadKey: boolean): void {
  if (AWAY.includes(status)) noteAway();
  if (status !== 401) return;
  keyRefused.value = hadKey;
  signInNeeded.value = true;
}

/** Header of requests that the client does not make; empty without a key. */
export function keyHeader(): Readonly<Record<string, string>> {
  const key = sessionStorage.getItem(KEY);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** The client of the service. */
export const client = new Trainyard({ url: root, fetch: serviceFetch });

/** Returns the full address of a resource of the service, for links and downloads: `serviceUrl('docs')`. */
export const serviceUrl = (path: string): string => new URL(path.replace(/^\//, ''), root).href;

let isProbing = false;

/** Asks the service again and again until it answers. */
function noteAway(): void {
  if (isProbing) return;
  isProbing = true;
  void probe();
}

/** Pause before pages load again after a request was lost although the service answers. It doubles, in case one request is always lost. */
let lossPauseMs = FIRST_PAUSE_MS;

async function probe(): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !(await answers()); pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    connection.value = 'away';
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pauseMs)), tryNow()]);
  }
  if (connection.peek() === 'ok') {
    await new Promise((resolve) => setTimeout(resolve, lossPauseMs));
    lossPauseMs = Math.min(lossPauseMs * 2, MAX_PAUSE_MS);
  } else lossPauseMs = FIRST_PAUSE_MS;
  isProbing = false;
  connection.value = 'ok';
  comebacks.value += 1;
}

/** Resolves when someone asks not to wait, or when the network comes back. */
const tryNow = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ['online', 'trainyard-try-now']) addEventListener(name, () => resolve(), { once: true });
  });

/** Tries at once whether the service answers again. */
export const tryAgainNow = (): void => void dispatchEvent(new Event('trainyard-try-now'));

async function answers(): Promise<boolean> {
  try {
    const { status } = await fetch(serviceUrl('livez'), { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return !AWAY.includes(status) && status !== 503;
  } catch {
    return false;
  }
}

/** Uses a key from now on, until the tab is closed. Resolves with whether the service accepts the key. */
export async function signIn(key: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };
  const response = await fetch(serviceUrl('jobs?limit=1'), { headers });
  if (response.status === 401 || response.status === 403) return false;
  sessionStorage.setItem(KEY, key);
  hasKey.value = true;
  signInNeeded.value = false;
  comebacks.value += 1;
  return true;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  hasKey.value = false;
  keyRefused.value = false;
  comebacks.value += 1;
}

/** Returns what the error of an action means for people: the service's own sentence if it answered. */
export function sentenceOf(error: unknown): string {
  if (isTrainyardError(error)) return error.detail;
  if (isLost(error)) return 'The service does not answer. Try again when it is back.';
  if (error instanceof TimeoutError) return 'The service did not answer in time. Try again.';
  return error instanceof Error ? error.message : String(error);
}

/** Returns what the error of a load means for people. The console loads again by itself after an outage, as its banner says. */
export const loadFaultOf = (error: unknown): string =>
  isLost(error) ? 'The service does not answer. This loads again by itself when it is back.' : sentenceOf(error);

/** Calls a function each time the service is back after an outage, or the key has changed. Returns a function that stops it. */
export function onComeback(call: () => void): () => void {
  const known = comebacks.peek();
  return comebacks.subscribe((count) => {
    if (count !== known) call();
  });
}

/** Returns whether there was no answer: the connection was lost, or the service is away. */
export const isLost = (error: unknown): boolean => error instanceof ConnectionError;

/** Returns whether the answer was 404 or 410, or nothing can have the address: trying again does not help. */
export const isGone = (error: unknown): boolean =>
  isTrainyardError(error) && ([404, 410].includes(error.status) || isMalformed(error));

/** Parameters in paths of the service. */
const PATH_PARAMETERS = ['/id', '/name', '/version'];

/** Returns whether the path of the request had a name or a number that nothing can have. */
export const isMalformed = (error: unknown): boolean =>
  isTrainyardError(error) &&
  error.status === 400 &&
  error.errors.some(({ pointer }) => PATH_PARAMETERS.includes(pointer));
