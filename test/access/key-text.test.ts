/** Text of API keys: form, checksum and randomness. */
import { describe, expect, test } from 'vitest';
import { createKeyText, parseKeyText } from '../../src/access/key-text.js';

describe('the text of a key', () => {
  const { text, id, secret } = createKeyText();

  test('names its id and secret', () => {
    expect(text).toMatch(/^ty_[0-9A-Za-z]{50}$/);
    expect(parseKeyText(text)).toEqual({ id, secret });
  });

  test('is refused with any other character at any place', () => {
    for (let i = 3; i < text.length; i++) {
      for (const digit of ['0', 'A', 'z', '-']) {
        if (text[i] === digit) continue;
        expect(parseKeyText(text.slice(0, i) + digit + text.slice(i + 1)), `place ${i}`).toBeUndefined();
      }
    }
  });

  test.each([
    ['nothing', ''],
    ['another prefix', text.replace('ty_', 'sk_')],
    ['a key that is cut', text.slice(0, -1)],
    ['a key with more', `${text}0`],
    ['a line break at its end', `${text}\n`],
  ])('is refused as %s', (_, wrong) => {
    expect(parseKeyText(wrong)).toBeUndefined();
  });

  test('uses all 62 digits about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      const key = createKeyText();
      for (const digit of key.id + key.secret) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    const expected = (2_000 * 44) / 62;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(62);
    // Chi-square with 61 degrees of freedom exceeds this with a probability of 1e-9.
    expect(chiSquare).toBeLessThan(152);
  });
});
