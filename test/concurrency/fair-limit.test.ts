/** Fair turns: no client, and no request, waits for all that another has asked for. */
import { expect, it } from 'vitest';
import { createFairConcurrencyLimit } from '../../src/concurrency/fair-limit.js';

const { signal } = new AbortController();

/** Turns whose tasks end when they are told, and the order in which they started. */
function openTurns(options: Partial<Parameters<typeof createFairConcurrencyLimit>[0]> = {}) {
  const turns = createFairConcurrencyLimit({ limit: 1, ...options });
  const started: string[] = [];
  const ends: (() => void)[] = [];
  return {
    started,
    ask: (name: string, place: Partial<Parameters<typeof turns.run>[1]> = {}) =>
      turns.run(
        () => {
          started.push(name);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
        { client: 'one', signal, ...place },
      ),
    async endAll(): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
        end();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

it('takes clients in turns, whatever each has asked for', async () => {
  const turns = openTurns();
  const greedy = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.ask(name, { client: 'a' }));
  const others = ['b1', 'c1', 'b2'].map((name) => turns.ask(name, { client: name.slice(0, 1) }));
  await turns.endAll();
  await Promise.all([...greedy, ...others]);
  expect(turns.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

it('takes requests of one client in turns, the cheaper first', async () => {
  const turns = openTurns();
  const [form, photo] = [{}, {}];
  const all = ['f1', 'f2', 'f3'].map((name) => turns.ask(name, { request: form, cost: 100 }));
  all.push(turns.ask('photo', { request: photo, cost: 1 }));
  await turns.endAll();
  await Promise.all(all);
  expect(turns.started).toEqual(['f1', 'photo', 'f2', 'f3']);
});

it('counts what a client has been given by its cost', async () => {
  const turns = openTurns();
  const dear = ['d1', 'd2', 'd3'].map((name) => turns.ask(name, { client: 'd', cost: 3 }));
  const cheap = ['c1', 'c2', 'c3', 'c4'].map((name) => turns.ask(name, { client: 'c', cost: 1 }));
  await turns.endAll();
  await Promise.all([...dear, ...cheap]);
  expect(turns.started.slice(0, 5)).toEqual(['d1', 'd2', 'c1', 'c2', 'c3']);
});

it('a task that is aborted while it waits does not run, and the others do', async () => {
  const turns = openTurns();
  const first = turns.ask('first');
  const gone = new AbortController();
  const left = turns.ask('left', { signal: gone.signal });
  const last = turns.ask('last');
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await turns.endAll();
  await Promise.all([first, last]);
  expect(turns.started).toEqual(['first', 'last']);
});

it('refuses a client that has too many tasks waiting, and no other', async () => {
  const turns = openTurns({ maxWaitingOfClient: 1, taskName: 'networks' });
  const running = turns.ask('running', { client: 'a' });
  const waiting = turns.ask('waiting', { client: 'a' });
  await expect(turns.ask('refused', { client: 'a' })).rejects.toMatchObject({
    code: 'too_many_requests',
    message: '1 networks of this client wait already: try again in a few seconds.',
  });
  const other = turns.ask('other', { client: 'b' });
  await turns.endAll();
  await Promise.all([running, waiting, other]);
});

it('runs as many at once as its limit, and goes on after one has failed', async () => {
  const turns = createFairConcurrencyLimit({ limit: 2 });
  let most = 0;
  let now = 0;
  const task = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    throw new Error('failed');
  };
  await Promise.allSettled(Array.from({ length: 10 }, () => turns.run(task, { client: 'a', signal })));
  expect(most).toBe(2);
  await turns.run(async () => undefined, { client: 'a', signal });
});
