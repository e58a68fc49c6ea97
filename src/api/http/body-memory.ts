/**
 * Memory limit of request bodies. It counts the bytes that have arrived, not the announced ones: a client that sends nothing takes no
 * memory. A body that does not fit is not read further until it does.
 */
import { TrainyardError } from '../../errors/errors.js';

export type Admission = ReturnType<typeof createAdmission>;

type AdmissionOptions = Readonly<{
  /** Memory that all bodies together may take, in bytes. */
  maxBytes: number;
  /** Most bodies that may wait for memory; the next one is refused. Default 1,024. */
  maxWaiting?: number;
}>;

/** The memory that one body holds. */
export type Lease = Readonly<{
  /** Takes memory for bytes that have arrived. Waits until there is enough; throws the signal's reason if it aborts first. */
  take(bytes: number): Promise<void>;
  /** Marks the body as complete: it takes no more. */
  finish(): void;
  /** Returns all memory of the body. */
  release(): void;
}>;

/** A body that is about to be read: at most `mostBytes`, each of which takes `copies` bytes of memory. */
type ExpectedBody = Readonly<{ client: string; mostBytes: number; copies: number; signal: AbortSignal }>;

type Entry = {
  readonly client: string;
  /** Memory that the complete body may take, in bytes. */
  readonly most: number;
  held: number;
  isComplete: boolean;
};

type Waiting = Readonly<{ entry: Entry; bytes: number; admit: () => void }>;

/**
 * Up to half of the memory is reserved for the oldest incomplete body. If only incomplete bodies hold memory, the oldest is read on even
 * beyond the limit: otherwise they would wait for each other forever. The other bodies of one client get a quarter together, so that a
 * second client always finds another quarter.
 */
const RESERVED_SHARE = 1 / 2;
const CLIENT_SHARE = 1 / 4;

export function createAdmission({ maxBytes, maxWaiting = 1_024 }: AdmissionOptions) {
  /** In order of arrival. */
  const entries = new Set<Entry>();
  const waiting: Waiting[] = [];
  let held = 0;
  const heldByClient = new Map<string, number>();
  /** Bytes that complete bodies hold, which they return when their requests are answered. */
  let heldByComplete = 0;

  function oldest(): Entry | undefined {
    for (const entry of entries) if (!entry.isComplete) return entry;
    return undefined;
  }

  function heldBy(client: string, except: Entry | undefined): number {
    return (heldByClient.get(client) ?? 0) - (except?.client === client ? except.held : 0);
  }

  /** Adds bytes that a client has taken, or subtracts (below 0) bytes that it has returned. */
  function count(client: string, bytes: number): void {
    held += bytes;
    const own = (heldByClient.get(client) ?? 0) + bytes;
    if (own === 0) heldByClient.delete(client);
    else heldByClient.set(client, own);
  }

  function fits(entry: Entry, bytes: number): boolean {
    const first = oldest();
    if (held === 0) return true;
    if (entry === first) return heldByComplete === 0 || held + bytes <= maxBytes;
    const reserved = Math.max(0, Math.min((first?.most ?? 0) - (first?.held ?? 0), RESERVED_SHARE * maxBytes));
    return (
      held + reserved + bytes <= maxBytes &&
      heldBy(entry.client, first) + bytes <= Math.max(bytes, CLIENT_SHARE * maxBytes)
    );
  }

  /** Admits the waiting bodies that fit: those of the client that holds least first, then those that hold least themselves. */
  function admitWaiting(): void {
    const inOrder = waiting
      .map((waiter) => ({ waiter, ofClient: heldBy(waiter.entry.client, undefined) }))
      .sort((a, b) => a.ofClient - b.ofClient || a.waiter.entry.held - b.waiter.entry.held);
    for (const { waiter } of inOrder) {
      if (!fits(waiter.entry, waiter.bytes)) continue;
      waiting.splice(waiting.indexOf(waiter), 1);
      waiter.admit();
    }
  }

  function wait(entry: Entry, bytes: number, signal: AbortSignal): Promise<void> {
    if (waiting.length >= maxWaiting) {
      throw new TrainyardError(
        'too_many_requests',
        `${waiting.length} requests are already waiting for memory: try again in a few seconds.`,
      );
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiting = {
        entry,
        bytes,
        admit() {
          signal.removeEventListener('abort', leave);
          hold(entry, bytes);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(waiter);
    });
  }

  function hold(entry: Entry, bytes: number): void {
    if (!entries.has(entry)) return; // the request ended while it waited
    entry.held += bytes;
    count(entry.client, bytes);
  }

  return {
    /** Opens the lease of a body. It holds nothing until bytes arrive. */
    open({ client, mostBytes, copies, signal }: ExpectedBody): Lease {
      const entry: Entry = { client, most: mostBytes * copies, held: 0, isComplete: false };
      entries.add(entry);
      return {
        async take(bytes) {
          signal.throwIfAborted();
          const needed = bytes * copies;
          if (fits(entry, needed)) hold(entry, needed);
          else await wait(entry, needed, signal);
        },
        finish() {
          if (entry.isComplete || !entries.has(entry)) return;
          entry.isComplete = true;
          heldByComplete += entry.held;
          admitWaiting();
        },
        release() {
          if (!entries.delete(entry)) return;
          count(entry.client, -entry.held);
          if (entry.isComplete) heldByComplete -= entry.held;
          admitWaiting();
        },
      };
    },
  };
}
