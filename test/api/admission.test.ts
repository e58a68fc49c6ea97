/** Admission: bytes that are held together stay under the limit, and those who wait enter in their order. */
import { expect, it } from 'vitest';
import { createAdmission } from '../../src/api/admission.js';

const { signal } = new AbortController();

it('what fits enters at once; what does not waits until enough is given back, and nobody passes it', async () => {
  const admission = createAdmission({ maxBytes: 10 });
  const entered: string[] = [];
  const enter = (name: string, bytes: number) =>
    admission.acquire(bytes, signal).then((release) => {
      entered.push(name);
      return release;
    });
  const [first, second] = await Promise.all([enter('first', 6), enter('second', 4)]);
  const large = enter('large', 8);
  const small = enter('small', 1);
  first();
  first(); // a second time gives nothing back
  await admission.acquire(0, AbortSignal.abort(new Error('before'))).catch(() => undefined);
  expect(entered).toEqual(['first', 'second']);
  second();
  await Promise.all([large, small]);
  expect(entered).toEqual(['first', 'second', 'large', 'small']);
});

it('one that needs more than all enters when it is alone', async () => {
  const admission = createAdmission({ maxBytes: 10 });
  const release = await admission.acquire(3, signal);
  const huge = admission.acquire(100, signal);
  release();
  (await huge)();
  (await admission.acquire(10, signal))();
});

it('one that gives up leaves its place, and those behind it enter', async () => {
  const admission = createAdmission({ maxBytes: 10 });
  await admission.acquire(6, signal);
  const client = new AbortController();
  const large = admission.acquire(8, client.signal);
  const small = admission.acquire(4, signal);
  client.abort(new Error('gone'));
  await expect(large).rejects.toThrow('gone');
  await small;
});

it('too many that wait are refused with 429', async () => {
  const admission = createAdmission({ maxBytes: 10, maxWaiting: 1 });
  const release = await admission.acquire(10, signal);
  const waiting = admission.acquire(1, signal);
  await expect(admission.acquire(1, signal)).rejects.toMatchObject({ code: 'too_many_requests', status: 429 });
  release();
  await waiting;
});
