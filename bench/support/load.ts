/** Load on the service from a process of its own, so that the clients' work is not the service's. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadRequest, LoadResult } from './client.js';

/** Runs one load to its end. */
export async function load(request: LoadRequest): Promise<LoadResult> {
  const child = fork(new URL('./client.ts', import.meta.url), {
    serialization: 'advanced',
    // So that it seldom collects its garbage: a pause of the client is no latency of the service.
    execArgv: [...process.execArgv, '--max-semi-space-size=64'],
  });
  child.send(request);
  const [result] = (await once(child, 'message')) as [LoadResult];
  await once(child, 'exit');
  if (result.failed > 0)
    throw new Error(`${result.failed} requests were not answered as they should: ${result.firstFailure}`);
  return result;
}
