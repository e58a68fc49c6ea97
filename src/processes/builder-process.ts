/** Builder process for networks and training graphs, so that building them does not block the API's event loop. */
import { LRUCache } from 'lru-cache';
import { type Caller, createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import { untilAborted } from '../concurrency/until-aborted.js';
import type { Build, BuildAnswer, Builds } from '../contracts/processes/build.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { createHelperProcess } from './helper-process.js';

type BuildQueueOptions = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: `builder.js` in the parent folder. */
  builderUrl?: URL;
  /** Environment of the process. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}>;

/** The largest allowed network takes half a second. */
const TIMEOUT_MS = 30_000;
/** Maximum number of waiting builds per client: a search over dozens of networks submits them at once. */
const MAX_WAITING_OF_CLIENT = 64;
/** Maximum number of memoized answers. */
const MAX_MEMOIZED = 500;

type Answer = Builds[Build]['answer'];

/** A build that runs or waits, shared by all requests of one client for the same thing. */
type SharedBuild = { readonly answer: Promise<Answer>; readonly abandoned: AbortController; waiting: number };

export type BuildQueue = ReturnType<typeof createBuildQueue>;

export function createBuildQueue({ builderUrl, ...options }: BuildQueueOptions) {
  const helper = createHelperProcess<object, BuildAnswer>({
    ...options,
    name: 'builder',
    url: builderUrl ?? new URL('../builder.js', import.meta.url),
    timeoutMs: TIMEOUT_MS,
  });
  const limit = createFairConcurrencyLimit({
    limit: 1,
    maxWaitingOfClient: MAX_WAITING_OF_CLIENT,
    taskName: 'networks to build',
  });
  const shared = new Map<string, SharedBuild>();
  const memoized = new LRUCache<string, Readonly<{ answer: Answer }>>({ max: MAX_MEMOIZED });
  let graphsBuilt = 0;

  /** Resolves with the memoized answer, or sends the command to the builder. */
  async function answerOf(key: string, command: object): Promise<Answer> {
    const known = memoized.get(key);
    const { answer, graphs } = known === undefined ? await helper.run(command) : { ...known, graphs: 0 };
    graphsBuilt += graphs;
    memoized.set(key, { answer });
    return answer;
  }

  function share(sharedKey: string, client: string, task: () => Promise<Answer>): SharedBuild {
    const abandoned = new AbortController();
    const answer = limit.run(task, { client, signal: abandoned.signal });
    const build: SharedBuild = { answer, abandoned, waiting: 0 };
    shared.set(sharedKey, build);
    const forget = () => {
      if (shared.get(sharedKey) === build) shared.delete(sharedKey);
    };
    answer.then(forget, forget);
    return build;
  }

  return {
    /**
     * Builds once for concurrent requests of a client for the same thing. Each client waits in its own queue, because another client's
     * queue may be long. A build that nobody waits for any more does not start.
     */
    async run<Type extends Build>(
      type: Type,
      command: Builds[Type]['command'],
      { client, signal }: Caller,
    ): Promise<Builds[Type]['answer']> {
      signal.throwIfAborted();
      const key = JSON.stringify([type, command]);
      const known = memoized.get(key);
      if (known !== undefined) return known.answer;
      const sharedKey = `${client} ${key}`;
      const build = shared.get(sharedKey) ?? share(sharedKey, client, () => answerOf(key, { type, ...command }));
      build.waiting += 1;
      try {
        return await untilAborted(build.answer, signal);
      } finally {
        build.waiting -= 1;
        if (build.waiting === 0 && shared.get(sharedKey) === build) {
          shared.delete(sharedKey);
          build.abandoned.abort(new TrainyardError('client_gone', 'Nobody waits for the network any more.'));
        }
      }
    },
    /** Returns the number of graphs that the builder has built for this queue. */
    graphsBuilt: () => graphsBuilt,
    /** Kills the process and rejects all pending builds. */
    close: helper.close,
  };
}
