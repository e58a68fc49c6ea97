/** Looks that are shared: fewer of them, and none that shows less than was there when it was asked for. */
import { expect, it } from 'vitest';
import { coalesce } from '../../src/concurrency/coalesce.js';

/** Looks that end when the test says so. */
function openLooks() {
  const ends: ((fails?: boolean) => void)[] = [];
  const look = coalesce((name: string) => {
    const number = ends.length + 1;
    return new Promise<string>((resolve, reject) => {
      ends.push((fails) => (fails ? reject(new Error(`${name} ${number}`)) : resolve(`${name} ${number}`)));
    });
  });
  return { look, ends };
}

it('who asks during a look shares the next one, which begins afterwards', async () => {
  const { look, ends } = openLooks();
  const first = look('boots');
  const meanwhile = [look('boots'), look('boots')];
  expect(ends).toHaveLength(1);
  ends[0]?.();
  expect(await first).toBe('boots 1');
  expect(ends).toHaveLength(2);
  const later = look('boots');
  ends[1]?.();
  expect(await Promise.all(meanwhile)).toEqual(['boots 2', 'boots 2']);
  ends[2]?.();
  expect(await later).toBe('boots 3');
});

it('looks for different things do not wait for each other', async () => {
  const { look, ends } = openLooks();
  const both = [look('boots'), look('shoes')];
  expect(ends).toHaveLength(2);
  for (const end of ends) end();
  expect(await Promise.all(both)).toEqual(['boots 1', 'shoes 2']);
});

it('a look that fails fails for those who share it alone', async () => {
  const { look, ends } = openLooks();
  const first = look('boots');
  const next = look('boots');
  ends[0]?.(true);
  await expect(first).rejects.toThrow('boots 1');
  ends[1]?.();
  expect(await next).toBe('boots 2');
  const alone = look('boots');
  ends[2]?.(true);
  await expect(alone).rejects.toThrow('boots 3');
});
