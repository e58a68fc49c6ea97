/**
 * Bounds the memory of request bodies. It counts the bytes that have come, not those that are announced: a client that sends nothing
 * takes nothing. A body that finds no room is not read on until there is some.
 */
import { TrainyardError } from '../../errors/errors.js';

export type Admission = ReturnType<typeof createAdmission>;

type Options = Readonly<{
  /** Bytes that all bodies together may need. */
  maxBytes: number;
  /** Most bodies that may wait for room; one more is refused. Default 1,024. */
  maxWaiting?: number;
}>;

/** The memory of one body. */
export type Lease = Readonly<{
  /** Takes memory for bytes that have come. Waits until there is room; throws the signal's reason if it aborts before. */
  take(bytes: number): Promise<void>;
  /** Says that the body is whole and takes no more. */
  finish(): void;
  /** Gives all of it back. */
  release(): void;
}>;

/** A body: whose it is, how many bytes it may have, and how many bytes of memory each of them needs. */
type Body = Readonly<{ client: string; mostBytes: number; copies: number; signal: AbortSignal }>;

type Entry = {
  readonly client: string;
  /** Bytes that the whole body may need. */
  readonly most: number;
  held: number;
  isWhole: boolean;
};

type Waiting = Readonly<{ entry: Entry; bytes: number; enter: () => void }>;

/**
 * Up to half of the memory is kept back for the oldest body that is not whole. If only bodies that are not whole hold memory, it reads
 * on even beyond the limit: they would wait for one another. The other bodies of one client get a quarter, so that a second client
 * always finds another quarter.
 */
const RESERVED_SHARE = 1 / 2;
const CLIENT_SHARE = 1 / 4;

export function createAdmission({ maxBytes, maxWaiting = 1_024 }: Options) {
  /** In the order in which the requests came. */
  const entries = new Set<Entry>();
  const waiting: Waiting[] = [];
  let held = 0;
  const heldByClient = new Map<string, number>();
  /** Held by whole bodies, which give it back when they are answered. */
  let heldByWhole = 0;

  function oldest(): Entry | undefined {
    for (const entry of entries) if (!entry.isWhole) return entry;
    return undefined;
  }

  function heldBy(client: string, except: Entry | undefined): number {
    return (heldByClient.get(client) ?? 0) - (except?.client === client ? except.held : 0);
  }

  /** Counts bytes that a client has taken or, below 0, given back. */
  function count(client: string, bytes: number): void {
    held += bytes;
    const own = (heldByClient.get(client) ?? 0) + bytes;
    if (own === 0) heldByClient.delete(client);
    else heldByClient.set(client, own);
  }

  function fits(entry: Entry, bytes: number): boolean {
    const first = oldest();
    if (held === 0) return true;
    if (entry === first) return heldByWhole === 0 || held + bytes <= maxBytes;
    const reserved = Math.max(0, Math.min((first?.most ?? 0) - (first?.held ?? 0), RESERVED_SHARE * maxBytes));
    return (
      held + reserved + bytes <= maxBytes &&
      heldBy(entry.client, first) + bytes <= Math.max(bytes, CLIENT_SHARE * maxBytes)
    );
  }

  /** Lets in what fits: first the clients, then the bodies that hold least. */
  function enterWaiting(): void {
    const inOrder = waiting
      .map((place) => ({ place, ofClient: heldBy(place.entry.client, undefined) }))
      .sort((a, b) => a.ofClient - b.ofClient || a.place.entry.held - b.place.entry.held);
    for (const { place } of inOrder) {
      if (!fits(place.entry, place.bytes)) continue;
      waiting.splice(waiting.indexOf(place), 1);
      place.enter();
    }
  }

  function wait(entry: Entry, bytes: number, signal: AbortSignal): Promise<void> {
    if (waiting.length >= maxWaiting) {
      throw new TrainyardError(
        'too_many_requests',
        `${waiting.length} requests wait for memory already: try again in a few seconds.`,
      );
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(place), 1);
        reject(signal.reason);
      };
      const place: Waiting = {
        entry,
        bytes,
        enter() {
          signal.removeEventListener('abort', leave);
          hold(entry, bytes);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(place);
    });
  }

  function hold(entry: Entry, bytes: number): void {
    if (!entries.has(entry)) return; // its request has ended meanwhile
    entry.held += bytes;
    count(entry.client, bytes);
  }

  return {
    /** Opens the lease of a body. Nothing is held until bytes come. */
    open({ client, mostBytes, copies, signal }: Body): Lease {
      const entry: Entry = { client, most: mostBytes * copies, held: 0, isWhole: false };
      entries.add(entry);
      return {
        async take(bytes) {
          signal.throwIfAborted();
          const needed = bytes * copies;
          if (fits(entry, needed)) hold(entry, needed);
          else await wait(entry, needed, signal);
        },
        finish() {
          if (entry.isWhole || !entries.has(entry)) return;
          entry.isWhole = true;
          heldByWhole += entry.held;
          enterWaiting();
        },
        release() {
          if (!entries.delete(entry)) return;
          count(entry.client, -entry.held);
          if (entry.isWhole) heldByWhole -= entry.held;
          enterWaiting();
        },
      };
    },
  };
}
