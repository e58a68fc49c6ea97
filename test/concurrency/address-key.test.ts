/** Keys of IP addresses. */
import { expect, it } from 'vitest';
import { addressKey } from '../../src/concurrency/address-key.js';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7%eth0', '203.0.113.7'],
  ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
  ['2001:0DB8::1:0:0:2', '2001:db8:0:0::/64'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['fe80::1', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
])('the key of %s is %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

it('is the same for two addresses of a network alone', () => {
  const [first, second, other] = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'].map(addressKey);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});
