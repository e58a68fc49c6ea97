/** Admission of request bodies: their memory stays under the limit, and no client blocks the others. */
import { expect, it } from 'vitest';
import { Admission } from '../../../src/api/http/body-memory.js';

const { signal } = new AbortController();
const open = (admission: Admission, client: string, mostBytes: number, until = signal) =>
  admission.open({ client, mostBytes, copies: 1, signal: until });

/** Resolves with whether a promise has settled after all pending tasks have run. */
const isDone = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

it('reserves no memory for a body that is announced but does not arrive', async () => {
  const admission = new Admission({ maxBytes: 100 });
  for (let i = 0; i < 50; i++) open(admission, 'silent', 1_000);
  for (const client of ['silent', 'another']) {
    const lease = open(admission, client, 20);
    await lease.take(20);
    lease.finish();
    lease.release();
  }
});

it('gives further bodies of one client a quarter, and a second client another quarter', async () => {
  const admission = new Admission({ maxBytes: 100 });
  await open(admission, 'greedy', 60).take(10); // the oldest, for which half is reserved
  const second = open(admission, 'greedy', 100);
  await second.take(25);
  const refused = second.take(1);
  expect(await isDone(refused)).toBe(false);
  await open(admission, 'another', 15).take(15);
});

it('lets the oldest body continue when the memory is full, so no body waits for ever', async () => {
  const admission = new Admission({ maxBytes: 100 });
  const leases = Array.from({ length: 6 }, (_, index) => open(admission, `client ${index}`, 100));
  await Promise.all(leases.map((lease) => lease.take(5)));
  const rests = leases.map((lease) => lease.take(95));
  for (const [index, lease] of leases.entries()) {
    await rests[index];
    lease.finish();
    lease.release();
  }
});

it('admits waiting bodies as memory is freed, those of the client with the least memory first', async () => {
  const admission = new Admission({ maxBytes: 100 });
  open(admission, 'oldest', 0);
  const first = open(admission, 'a', 85);
  await first.take(85);
  first.finish();
  const [large, small] = [open(admission, 'b', 20), open(admission, 'c', 10)];
  await large.take(10);
  const entered: string[] = [];
  const waiting = [large.take(10).then(() => entered.push('large')), small.take(10).then(() => entered.push('small'))];
  first.release();
  first.release(); // a second release frees nothing
  await Promise.all(waiting);
  expect(entered).toEqual(['small', 'large']);
});

it('never exceeds the limit with complete bodies, and frees them when they are answered', async () => {
  const admission = new Admission({ maxBytes: 100 });
  const first = open(admission, 'a', 80);
  await first.take(80);
  first.finish();
  const waiting = open(admission, 'b', 30).take(30);
  expect(await isDone(waiting)).toBe(false);
  first.release();
  await waiting;
});

it('admits a body larger than the limit if it is alone', async () => {
  const admission = new Admission({ maxBytes: 10 });
  await open(admission, 'a', 100).take(100);
});

it('removes an aborted body from the queue', async () => {
  const admission = new Admission({ maxBytes: 10, maxWaiting: 1 });
  const whole = open(admission, 'a', 10);
  await whole.take(10);
  whole.finish();
  open(admission, 'oldest', 0);
  const gone = new AbortController();
  const waiting = open(admission, 'b', 5, gone.signal).take(5);
  await expect(open(admission, 'c', 5).take(5)).rejects.toMatchObject({ code: 'too_many_requests', status: 429 });
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  const next = open(admission, 'c', 5).take(5);
  whole.release();
  await next;
});
