/** The one client of the console, and the state of its connection and of its session. */
import { signal } from '@preact/signals';
import { ConnectionError, isTrainyardError, type Session, TimeoutError, Trainyard } from 'trainyard';

/** Address of the service: the parent of /ui/. */
const root = new URL('..', document.baseURI).href;

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
/** Whether the service needs keys, and who is signed in. Undefined until the service has said so. */
export const session = signal<Session | undefined>(undefined);
/** Whether the session has ended, rather than nobody having signed in. */
export const sessionEnded = signal(false);

/** Sends a request, and notes what the answer says about connection and session. The browser adds the cookie of the session. */
export const serviceFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    noteAnswer(response);
    return response;
  } catch (error) {
    if (init?.signal?.aborted !== true) noteAway();
    throw error;
  }
};

/** Notes what an answer says about connection and session. */
export function noteAnswer({ status }: Response): void {
  if (AWAY.includes(status)) noteAway();
  if (status === 401) noteSignedOut();
}

/** Shows the sign-in page. */
export function noteSignedOut(): void {
  const isSignedIn = session.peek()?.authentication === 'keys' && session.peek()?.caller !== null;
  sessionEnded.value ||= isSignedIn;
  session.value = { authentication: 'keys', caller: null };
  signInNeeded.value = true;
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

/** Asks who is signed in. The pages do not wait for the answer: their own requests are refused if nobody is. */
export async function readSession(): Promise<void> {
  const read = await client.access.session().catch(() => undefined);
  if (read === undefined) return;
  session.value = read;
  if (read.caller === null) signInNeeded.value = true;
}

/** Signs in with a key, which the console does not keep: the answer sets a cookie that scripts cannot read. */
export async function signIn(key: string): Promise<void> {
  session.value = await client.access.signIn(key);
  sessionEnded.value = false;
  signInNeeded.value = false;
  comebacks.value += 1;
}

export async function signOut(): Promise<void> {
  await client.access.signOut();
  session.value = { authentication: 'keys', caller: null };
  sessionEnded.value = false;
  signInNeeded.value = true;
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

/** Calls a function each time the service is back after an outage, or someone has signed in. Returns a function that stops it. */
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
