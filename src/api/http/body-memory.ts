/**
 * Memory limit of request bodies. It counts the bytes that have arrived, not the announced ones: a client that sends nothing takes no
 * memory. A body that does not fit is not read further until it does.
 */
import { TrainyardError } from '../../errors/errors.js';

type AdmissionOptions = Readonly<{
  /** Memory that all bodies together may take, in bytes. */
  maxBytes: number;
  /** Maximum number of bodies that may wait for memory; the next one is refused. Default 1,024. */
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

/** Gives memory to the bodies of requests. */
export class Admission {
  readonly #maxBytes: number;
  readonly #maxWaiting: number;
  /** In order of arrival. */
  readonly #entries = new Set<Entry>();
  readonly #waiting: Waiting[] = [];
  readonly #heldByClient = new Map<string, number>();
  #held = 0;
  /** Bytes that complete bodies hold, which they return when their requests are answered. */
  #heldByComplete = 0;

  constructor({ maxBytes, maxWaiting = 1_024 }: AdmissionOptions) {
    this.#maxBytes = maxBytes;
    this.#maxWaiting = maxWaiting;
  }

  /** Opens the lease of a body. It holds nothing until bytes arrive. */
  open({ client, mostBytes, copies, signal }: ExpectedBody): Lease {
    const entry: Entry = { client, most: mostBytes * copies, held: 0, isComplete: false };
    this.#entries.add(entry);
    return {
      take: (bytes) => this.#take(entry, bytes * copies, signal),
      finish: () => this.#finish(entry),
      release: () => this.#release(entry),
    };
  }

  async #take(entry: Entry, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#fits(entry, bytes)) this.#hold(entry, bytes);
    else await this.#wait(entry, bytes, signal);
  }

  #finish(entry: Entry): void {
    if (entry.isComplete || !this.#entries.has(entry)) return;
    entry.isComplete = true;
    this.#heldByComplete += entry.held;
    this.#admitWaiting();
  }

  #release(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#count(entry.client, -entry.held);
    if (entry.isComplete) this.#heldByComplete -= entry.held;
    this.#admitWaiting();
  }

  #oldestIncomplete(): Entry | undefined {
    for (const entry of this.#entries) if (!entry.isComplete) return entry;
    return undefined;
  }

  #heldBy(client: string, except: Entry | undefined): number {
    return (this.#heldByClient.get(client) ?? 0) - (except?.client === client ? except.held : 0);
  }

  /** Adds bytes that a client has taken, or subtracts (below 0) bytes that it has returned. */
  #count(client: string, bytes: number): void {
    this.#held += bytes;
    const own = (this.#heldByClient.get(client) ?? 0) + bytes;
    if (own === 0) this.#heldByClient.delete(client);
    else this.#heldByClient.set(client, own);
  }

  #fits(entry: Entry, bytes: number): boolean {
    const oldest = this.#oldestIncomplete();
    if (this.#held === 0) return true;
    if (entry === oldest) return this.#heldByComplete === 0 || this.#held + bytes <= this.#maxBytes;
    const missing = Math.max(0, (oldest?.most ?? 0) - (oldest?.held ?? 0));
    const reserved = Math.min(missing, RESERVED_SHARE * this.#maxBytes);
    return (
      this.#held + reserved + bytes <= this.#maxBytes &&
      this.#heldBy(entry.client, oldest) + bytes <= Math.max(bytes, CLIENT_SHARE * this.#maxBytes)
    );
  }

  /** Admits the waiting bodies that fit: those of the client that holds least first, then those that hold least themselves. */
  #admitWaiting(): void {
    const inOrder = this.#waiting
      .map((waiter) => ({ waiter, ofClient: this.#heldBy(waiter.entry.client, undefined) }))
      .sort((a, b) => a.ofClient - b.ofClient || a.waiter.entry.held - b.waiter.entry.held);
    for (const { waiter } of inOrder) {
      if (!this.#fits(waiter.entry, waiter.bytes)) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.admit();
    }
  }

  #wait(entry: Entry, bytes: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length >= this.#maxWaiting) {
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
      const admit = () => {
        signal.removeEventListener('abort', leave);
        this.#hold(entry, bytes);
        resolve();
      };
      const waiter: Waiting = { entry, bytes, admit };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(waiter);
    });
  }

  #hold(entry: Entry, bytes: number): void {
    if (!this.#entries.has(entry)) return; // the request ended while it waited
    entry.held += bytes;
    this.#count(entry.client, bytes);
  }
}
