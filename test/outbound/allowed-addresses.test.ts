/** Allowed addresses of webhooks. */
import { describe, expect, test } from 'vitest';
import { checkWebhook } from '../../src/webhooks/index.js';

const faults = (url: string, networks: 'public' | 'private' | 'any' = 'private', secret?: string): string[] =>
  [...checkWebhook({ url, ...(secret !== undefined && { secret }) }, { networks, secret: 'whsec_default' })].map(
    ({ field, message }) => `${field} ${message}`,
  );

describe('an address', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://2852039166/',
    'http://0xa9.254.43518/',
    'http://0.0.0.0:6379/',
    'http://[::]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('that is link-local, a metadata service or no host is refused unless any is allowed: %s', (url) => {
    expect(faults(url)).toEqual([
      expect.stringMatching(/^url is not allowed: .* is a link-local, metadata or reserved/),
    ]);
    expect(faults(url, 'public')).toHaveLength(1);
    expect(faults(url, 'any')).toEqual([]);
  });

  test.each([
    'http://127.0.0.1:8080/hook',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[fd12:3456::1]/',
    'http://[::ffff:10.0.0.1]/',
  ])('in a private network is refused where only public ones are allowed: %s', (url) => {
    expect(faults(url)).toEqual([]);
    expect(faults(url, 'public')).toEqual([expect.stringMatching(/^url is not allowed: .* is in a private network/)]);
  });

  test.each(['https://example.com/hook?token=x', 'http://8.8.8.8/', 'http://172.32.0.1/', 'http://[2606:4700::1111]/'])(
    'on the internet is allowed: %s',
    (url) => expect(faults(url, 'public')).toEqual([]),
  );

  test('is refused with a user name, or if it is not a URL', () => {
    expect(faults('https://me:pass@example.com/')).toEqual([
      expect.stringMatching(/^url must not contain a user name/),
    ]);
    expect(faults('https://')).toEqual(['url is not a URL']);
  });
});
