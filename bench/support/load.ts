/** Load on the service from a child process, so that the clients do not use the bench's event loop. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadRequest, LoadResult } from './client.js';

/** Runs one load. Throws if an answer has an unexpected status. */
export async function load(request: LoadRequest): Promise<LoadResult> {
  const child = fork(new URL('./client.ts', import.meta.url), {
    serialization: 'advanced',
    // A large young generation makes garbage collection rare: pauses of the client must not count as latency.
    execArgv: [...process.execArgv, '--max-semi-space-size=64'],
  });
  child.send(request);
  const [result] = (await once(child, 'message')) as [LoadResult];
  await once(child, 'exit');
  if (result.failed > 0)
    throw new Error(`${result.failed} requests had an unexpected answer, first: ${result.firstFailure}`);
  return result;
}
