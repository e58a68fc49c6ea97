/** Semaphore that is fair between clients, and between the requests of one client. */
import { setMaxListeners } from 'node:events';
import { TrainyardError } from '../errors/errors.js';

export type FairConcurrencyLimit = ReturnType<typeof createFairConcurrencyLimit>;

/** The client that a task runs for. */
export type Caller = Readonly<{
  client: string;
  /** Aborts when nobody waits for the task any more. */
  signal: AbortSignal;
}>;

type FairLimitOptions = Readonly<{
  /** Tasks that run at once. */
  limit: number;
  /** Maximum number of waiting tasks per client; further tasks are refused. Default: unlimited. */
  maxWaitingOfClient?: number;
  /** Names the tasks in the error message, such as `networks`. Default `tasks`. */
  taskName?: string;
}>;

type Task = Readonly<{ cost: number; start: () => void }>;
/** Waiting tasks of one request, and the total cost of its started tasks. */
type RequestQueue = { startTag: number; readonly tasks: Task[] };
type ClientQueue = { startTag: number; floor: number; readonly requests: Map<object, RequestQueue> };
type NextTask = Readonly<{
  client: string;
  clientQueue: ClientQueue;
  request: object;
  queue: RequestQueue;
  task: Task;
}>;

/**
 * Start-time fair queueing (Goyal et al. 1996), applied between clients and again between the requests of each client. The client with
 * the least service since it arrived is next. So a single image waits for at most one task of a client that sent thousands.
 */
export function createFairConcurrencyLimit(options: FairLimitOptions) {
  const { limit, maxWaitingOfClient = Number.POSITIVE_INFINITY, taskName = 'tasks' } = options;
  const waiting = createFairQueue();
  let running = 0;

  function startNext(): void {
    if (running >= limit) return;
    waiting.takeNext()?.start();
  }

  function waitForPlace(client: string, request: object, cost: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.remove(client, request, task);
        reject(signal.reason);
      };
      const task: Task = {
        cost,
        start() {
          signal.removeEventListener('abort', leave);
          running += 1;
          resolve();
        },
      };
      setMaxListeners(0, signal); // a request has hundreds of images
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(client, request, task);
      startNext();
    });
  }

  return {
    /**
     * Runs the task once it is next. `request` groups the tasks of one request. `cost` weighs the task against others, default 1.
     * Rejects with the signal's reason if it aborts while the task waits. Rejects with `too_many_requests` if too many tasks of the
     * client wait.
     */
    async run<Result>(
      task: () => Promise<Result>,
      { client, signal, request = {}, cost = 1 }: Caller & Readonly<{ request?: object; cost?: number }>,
    ): Promise<Result> {
      signal.throwIfAborted();
      if (running >= limit && waiting.countOf(client) >= maxWaitingOfClient) {
        throw new TrainyardError(
          'too_many_requests',
          `${maxWaitingOfClient} ${taskName} of this client wait already: try again in a few seconds.`,
        );
      }
      await waitForPlace(client, request, cost, signal);
      try {
        return await task();
      } finally {
        running -= 1;
        startNext();
      }
    },
  };
}

/** Waiting tasks in two levels: clients, then the requests of each client. */
function createFairQueue() {
  const clients = new Map<string, ClientQueue>();
  let floor = 0;

  function remove(client: string, request: object, task: Task): void {
    const clientQueue = clients.get(client);
    const tasks = clientQueue?.requests.get(request)?.tasks;
    if (clientQueue === undefined || tasks === undefined) return;
    tasks.splice(tasks.indexOf(task), 1);
    if (tasks.length === 0) clientQueue.requests.delete(request);
    if (clientQueue.requests.size === 0) clients.delete(client);
  }

  return {
    remove,

    countOf(client: string): number {
      let count = 0;
      for (const { tasks } of clients.get(client)?.requests.values() ?? []) count += tasks.length;
      return count;
    },

    add(client: string, request: object, task: Task): void {
      const clientQueue: ClientQueue = clients.get(client) ?? { startTag: floor, floor: 0, requests: new Map() };
      clients.set(client, clientQueue);
      const queue: RequestQueue = clientQueue.requests.get(request) ?? { startTag: clientQueue.floor, tasks: [] };
      clientQueue.requests.set(request, queue);
      queue.tasks.push(task);
    },

    /** Removes the next task and charges its cost to its client and request. */
    takeNext(): Task | undefined {
      const next = findNext(clients);
      if (next === undefined) return undefined;
      const { client, clientQueue, request, queue, task } = next;
      floor = Math.max(floor, clientQueue.startTag);
      clientQueue.floor = Math.max(clientQueue.floor, queue.startTag);
      clientQueue.startTag += task.cost;
      queue.startTag += task.cost;
      remove(client, request, task);
      return task;
    },
  };
}

function findNext(clients: ReadonlyMap<string, ClientQueue>): NextTask | undefined {
  const [client, clientQueue] = least(clients, ({ startTag }) => startTag) ?? [];
  if (client === undefined || clientQueue === undefined) return undefined;
  const [request, queue] = least(clientQueue.requests, ({ startTag, tasks }) => startTag + (tasks[0]?.cost ?? 0)) ?? [];
  const task = queue?.tasks[0];
  return request && queue && task && { client, clientQueue, request, queue, task };
}

/** Returns the entry with the smallest rank; of several, the first. */
function least<Key, Value>(entries: ReadonlyMap<Key, Value>, rank: (value: Value) => number): [Key, Value] | undefined {
  let best: [Key, Value] | undefined;
  for (const entry of entries) if (best === undefined || rank(entry[1]) < rank(best[1])) best = entry;
  return best;
}
