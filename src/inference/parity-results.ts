/** Results of the parity check by graph: which graphs passed it, and why others were refused. */
import { LRUCache } from 'lru-cache';
import type { Failure } from '../contracts/jobs/outcome.js';
import { isRefusal, TrainyardError } from '../errors/errors.js';

const MAX_GRAPHS = 10_000;

export function createParityResults() {
  const results = new LRUCache<string, Readonly<{ refused?: Failure }>>({ max: MAX_GRAPHS });
  return {
    /** Records the answer of a graph. Other errors than a refusal say nothing about the graph and are ignored. */
    record(key: string, answer: object): void {
      if (!(answer instanceof TrainyardError)) results.set(key, {});
      else if (isRefusal(answer)) results.set(key, { refused: { code: answer.code, message: answer.message } });
    },

    /** Returns whether the graph has passed the check, and the error if it has not. */
    of(key: string): Readonly<{ passed: boolean; refused?: Failure }> {
      const result = results.peek(key);
      return { passed: result !== undefined && result.refused === undefined, ...result };
    },
  };
}
