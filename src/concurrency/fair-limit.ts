/** Semaphore that is fair between clients, and between the requests of one client. */
import { setMaxListeners } from 'node:events';
import { TrainyardError } from '../errors/errors.js';

export type FairConcurrencyLimit = ReturnType<typeof createFairConcurrencyLimit>;

/** Whose task it is. */
export type Caller = Readonly<{
  client: string;
  /** Aborts when nobody waits for the task any more. */
  signal: AbortSignal;
}>;

type Options = Readonly<{
  /** Tasks that run at once. */
  limit: number;
  /** Most tasks of one client that wait; one more is refused. Default: any number. */
  maxWaitingOfClient?: number;
  /** Names the tasks in the sentence of a refusal, as `networks`. */
  what?: string;
}>;

type Task = Readonly<{ cost: number; start: () => void }>;
/** The tasks of one request that wait, and the cost of those that have started since it came. */
type Requested = { served: number; readonly tasks: Task[] };
type Flow = { served: number; floor: number; readonly requests: Map<object, Requested> };

/**
 * Start-time fair queueing (Goyal et al. 1996), once between clients and once between the requests of each. Whoever has been given
 * least since it came is next, so that one image waits for one task of a client that has asked for thousands.
 */
export function createFairConcurrencyLimit({
  limit,
  maxWaitingOfClient = Number.POSITIVE_INFINITY,
  what = 'tasks',
}: Options) {
  const flows = new Map<string, Flow>();
  let floor = 0;
  let running = 0;

  function waitingOf(client: string): number {
    let count = 0;
    for (const { tasks } of flows.get(client)?.requests.values() ?? []) count += tasks.length;
    return count;
  }

  function add(client: string, request: object, task: Task): void {
    const flow: Flow = flows.get(client) ?? { served: floor, floor: 0, requests: new Map() };
    flows.set(client, flow);
    const requested: Requested = flow.requests.get(request) ?? { served: flow.floor, tasks: [] };
    flow.requests.set(request, requested);
    requested.tasks.push(task);
  }

  function remove(client: string, request: object, task: Task): void {
    const flow = flows.get(client);
    const tasks = flow?.requests.get(request)?.tasks;
    if (flow === undefined || tasks === undefined) return;
    tasks.splice(tasks.indexOf(task), 1);
    if (tasks.length === 0) flow.requests.delete(request);
    if (flow.requests.size === 0) flows.delete(client);
  }

  function startNext(): void {
    if (running >= limit) return;
    const [client, flow] = least(flows, ({ served }) => served) ?? [];
    const [request, requested] =
      (flow && least(flow.requests, ({ served, tasks }) => served + (tasks[0]?.cost ?? 0))) ?? [];
    const task = requested?.tasks[0];
    if (client === undefined || !flow || !request || !requested || task === undefined) return;
    floor = Math.max(floor, flow.served);
    flow.floor = Math.max(flow.floor, requested.served);
    flow.served += task.cost;
    requested.served += task.cost;
    remove(client, request, task);
    task.start();
  }

  function enter(client: string, request: object, cost: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        remove(client, request, task);
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
      add(client, request, task);
      startNext();
    });
  }

  return {
    /**
     * Runs a task when it is its turn. `request` groups the tasks of one request; `cost` weighs it against others. Throws the
     * signal's reason if it aborts before, `too_many_requests` if too many tasks of the client wait.
     */
    async run<Result>(
      task: () => Promise<Result>,
      { client, signal, request = {}, cost = 1 }: Caller & Readonly<{ request?: object; cost?: number }>,
    ): Promise<Result> {
      signal.throwIfAborted();
      if (running >= limit && waitingOf(client) >= maxWaitingOfClient) {
        throw new TrainyardError(
          'too_many_requests',
          `${maxWaitingOfClient} ${what} of this client wait already: try again in a few seconds.`,
        );
      }
      await enter(client, request, cost, signal);
      try {
        return await task();
      } finally {
        running -= 1;
        startNext();
      }
    },
  };
}

/** The entry with the least value; of equals the first. */
function least<Key, Value>(entries: ReadonlyMap<Key, Value>, rank: (value: Value) => number): [Key, Value] | undefined {
  let best: [Key, Value] | undefined;
  for (const entry of entries) if (best === undefined || rank(entry[1]) < rank(best[1])) best = entry;
  return best;
}
