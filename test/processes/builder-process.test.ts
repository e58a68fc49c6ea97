/** Builder process: coalesces equal requests, is fair between clients, and skips disconnected clients. */
import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { summarize } from '../../src/networks/index.js';
import { type BuildQueue, createBuildQueue } from '../../src/processes/builder-process.js';
import { captureLog } from '../support/capture-log.js';

const input = { channels: 3, height: 224, width: 224 };
const architecture = { network: 'resnet', networkOptions: resolveNetworkOptions('resnet') } as const;
const { signal } = new AbortController();
setMaxListeners(0, signal); // every request of this file listens to it

let builds: BuildQueue;
let log: ReturnType<typeof captureLog>;
beforeEach(() => {
  log = captureLog();
  builds = createBuildQueue({ logger: log.logger, builderUrl: new URL('../../dist/builder.js', import.meta.url) });
});
afterEach(() => builds.close());

const summary = (classes: number, client = 'a', until = signal) =>
  builds.run('summary', { architecture, input, classes }, { client, signal: until });
const pidOf = async (): Promise<number> => Number((await log.line('builder started'))['builderPid']);

it('returns the results of the engine', async () => {
  expect(await summary(10)).toEqual(summarize(architecture, input, 10));
  const tooSmall = {
    architecture: { network: 'densenet', networkOptions: resolveNetworkOptions('densenet') },
  } as const;
  const refused = builds.run(
    'summary',
    { ...tooSmall, input: { ...input, height: 4 }, classes: 2 },
    { client: 'a', signal },
  );
  await expect(refused).rejects.toMatchObject({ code: 'invalid_shape' });
});

it('sends equal requests to the process once, even if they come later', async () => {
  await summary(2);
  process.kill(await pidOf(), 'SIGSTOP');
  const answers = [summary(10), summary(10), summary(10, 'b')];
  process.kill(await pidOf(), 'SIGCONT');
  const [first, ...others] = await Promise.all(answers);
  for (const other of others) expect(other).toBe(first);
  process.kill(await pidOf(), 'SIGSTOP');
  expect(await summary(10)).toBe(first);
});

it('refuses a client with too many waiting requests, and serves another client before them', async () => {
  await summary(2);
  process.kill(await pidOf(), 'SIGSTOP');
  const done: string[] = [];
  const greedy = Array.from({ length: 65 }, (_, index) => summary(100 + index).then(() => done.push('greedy')));
  await expect(summary(99)).rejects.toMatchObject({ code: 'too_many_requests', status: 429 });
  const other = summary(98, 'b').then(() => done.push('other'));
  process.kill(await pidOf(), 'SIGCONT');
  await Promise.all([...greedy, other]);
  expect(done.indexOf('other')).toBeLessThanOrEqual(2);
});

it('does not delay a request because a busy client sent an equal one', async () => {
  await summary(2);
  process.kill(await pidOf(), 'SIGSTOP');
  const done: string[] = [];
  const greedy = Array.from({ length: 60 }, (_, index) => summary(100 + index).then(() => done.push('greedy')));
  const other = summary(159, 'b').then(() => done.push('other'));
  process.kill(await pidOf(), 'SIGCONT');
  await Promise.all([...greedy, other]);
  expect(done.indexOf('other')).toBeLessThanOrEqual(2);
});

it('does not build for a disconnected client, unless another client waits for the same network', async () => {
  await summary(2);
  process.kill(await pidOf(), 'SIGSTOP');
  const running = summary(3);
  const gone = new AbortController();
  const left = summary(4, 'a', gone.signal);
  const shared = [summary(5, 'a', gone.signal), summary(5, 'b')];
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(shared[0]).rejects.toThrow('gone');
  process.kill(await pidOf(), 'SIGCONT');
  expect(await shared[1]).toMatchObject({ classes: 5 });
  expect(await running).toMatchObject({ classes: 3 });
  expect(await summary(4)).toMatchObject({ classes: 4 });
});

it('refuses pending requests when the process dies, and builds again afterwards', async () => {
  await summary(2);
  process.kill(await pidOf(), 'SIGSTOP');
  const lost = summary(10);
  process.kill(await pidOf(), 'SIGKILL');
  await expect(lost).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  expect(await summary(10)).toMatchObject({ classes: 10 });
});
