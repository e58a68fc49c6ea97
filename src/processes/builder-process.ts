/** Networks and training graphs that a process of its own builds, for an API whose event loop must not wait. */
import { LRUCache } from 'lru-cache';
import { type Caller, createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import { untilAborted } from '../concurrency/until-aborted.js';
import type { Build, BuildAnswer, Builds } from '../contracts/processes/build.js';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { createHelperProcess } from './helper-process.js';

type Options = Readonly<{
  logger: Logger;
  /** The compiled process file. Default: builder.js beside this file. */
  builderUrl?: URL;
}>;

/** The largest network that is allowed takes half a second. */
const TIMEOUT_MS = 30_000;
/** Builds of one client that may wait: a search over dozens of networks submits them at once. */
const MOST_WAITING = 64;
/** Memoized answers. */
const MAX_MEMOIZED = 500;

type Answer = Builds[Build]['answer'];

/** A build for all requests of a client that ask for the same while it is under way. */
type Shared = { readonly answer: Promise<Answer>; readonly nobody: AbortController; waiting: number };

export type BuildQueue = ReturnType<typeof createBuildQueue>;

export function createBuildQueue({ logger, builderUrl }: Options) {
  const helper = createHelperProcess<object, BuildAnswer>({
    name: 'builder',
    url: builderUrl ?? new URL('../builder.js', import.meta.url),
    logger,
    timeoutMs: TIMEOUT_MS,
  });
  const turns = createFairConcurrencyLimit({ limit: 1, maxWaitingOfClient: MOST_WAITING, what: 'networks to build' });
  const underWay = new Map<string, Shared>();
  const memoized = new LRUCache<string, Readonly<{ answer: Answer }>>({ max: MAX_MEMOIZED });

  let graphsBuilt = 0;

  /** Returns the memoized answer, or sends the command to the builder. */
  async function answerOf(key: string, command: object): Promise<Answer> {
    const known = memoized.get(key);
    const { answer, graphs } = known === undefined ? await helper.run(command) : { ...known, graphs: 0 };
    graphsBuilt += graphs;
    memoized.set(key, { answer });
    return answer;
  }

  function begin(place: string, client: string, work: () => Promise<Answer>): Shared {
    const nobody = new AbortController();
    const answer = turns.run(work, { client, signal: nobody.signal });
    const shared: Shared = { answer, nobody, waiting: 0 };
    underWay.set(place, shared);
    const end = () => {
      if (underWay.get(place) === shared) underWay.delete(place);
    };
    answer.then(end, end);
    return shared;
  }

  /**
   * Builds once for all who ask for the same. Each client waits in its own line: that of another may be long. A build that nobody waits
   * for any more does not begin.
   */
  async function build<Type extends Build>(
    type: Type,
    command: Builds[Type]['command'],
    { client, signal }: Caller,
  ): Promise<Builds[Type]['answer']> {
    signal.throwIfAborted();
    const key = JSON.stringify([type, command]);
    const known = memoized.get(key);
    if (known !== undefined) return known.answer;
    const place = `${client} ${key}`;
    const shared = underWay.get(place) ?? begin(place, client, () => answerOf(key, { type, ...command }));
    shared.waiting += 1;
    try {
      return await untilAborted(shared.answer, signal);
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0 && underWay.get(place) === shared) {
        underWay.delete(place);
        shared.nobody.abort(new TrainyardError('client_gone', 'Nobody waits for the network any more.'));
      }
    }
  }

  return {
    run: build,
    /** Returns how many graphs the builder has built for this queue. */
    graphsBuilt: () => graphsBuilt,
    /** Ends the process; whoever waits is refused. */
    close: helper.close,
  };
}
