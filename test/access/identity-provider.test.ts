/** Tokens of an identity provider: a local server with a real key set, and tokens signed by `jose` or by hand. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdentityProvider } from '../../src/access/identity-provider.js';
import type { Role } from '../../src/contracts/access/roles.js';
import { SCOPES_OF_ROLE } from '../../src/contracts/access/roles.js';

const AUDIENCE = 'trainyard';
const pair = await generateKeyPair('RS256', { extractable: true });
const stranger = await generateKeyPair('RS256');
const requests: string[] = [];
let isAway = false;

const server = createServer(async ({ url = '' }, response) => {
  requests.push(url);
  if (isAway) {
    response.writeHead(503).end();
    return;
  }
  const discovery = { issuer: issuer(), jwks_uri: `${issuer()}/keys` };
  const keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const answer = url === '/keys' ? keys : discovery;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});
const issuer = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const roles = new Map<string, Role>([
  ['ml', 'trainer'],
  ['leads', 'admin'],
]);
const open = (settings: object = {}) =>
  createIdentityProvider({
    ...{ issuer: issuer(), audience: AUDIENCE, roleClaim: 'roles', roles, projectClaim: 'project' },
    ...settings,
  });

const now = (): number => Math.floor(Date.now() / 1_000);
const claims = (changes: Record<string, unknown> = {}): JWTPayload => ({
  ...{ iss: issuer(), aud: AUDIENCE, sub: 'user-1', iat: now(), exp: now() + 600, roles: ['ml'] },
  ...changes,
});
const sign = (payload: JWTPayload, { kid = 'one', key = pair.privateKey } = {}): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  test('becomes an identity with the highest role of its claim', async () => {
    const payload = claims({ roles: ['other', 'ml', 'leads'], preferred_username: 'ada', project: 'boots' });
    expect(await open().identify(await sign(payload))).toEqual({
      ...{ kind: 'token', id: 'user-1', name: 'ada', role: 'admin', scopes: SCOPES_OF_ROLE.admin, project: 'boots' },
      expiresAt: ((payload.exp ?? 0) + 60) * 1_000,
    });
  });

  test('may have its roles in a nested claim, or as one text', async () => {
    const provider = open({ roleClaim: 'realm_access.roles' });
    const token = await sign(claims({ realm_access: { roles: ['ml'] } }));
    expect(await provider.identify(token)).toMatchObject({ role: 'trainer', project: 'default' });
    expect(await open().identify(await sign(claims({ roles: 'leads' })))).toMatchObject({ role: 'admin' });
  });

  const refusals: [string, () => Promise<string> | string, RegExp][] = [
    ['that has expired', () => sign(claims({ exp: now() - 120 })), /has expired/],
    ['without an expiry', () => sign(claims({ exp: undefined })), /"exp"/],
    ['without a subject', () => sign(claims({ sub: undefined })), /"sub"/],
    ['for another audience', () => sign(claims({ aud: 'wiki' })), /"aud"/],
    ['of another issuer', () => sign(claims({ iss: 'https://evil.example' })), /"iss"/],
    ['that is valid in 10 minutes', () => sign(claims({ nbf: now() + 600 })), /"nbf"/],
    ['issued in 10 minutes', () => sign(claims({ iat: now() + 600 })), /issued in the future/],
    ['with an unknown key id', () => sign(claims(), { kid: 'two' }), /no key of its key id/],
    ['signed by another key', () => sign(claims(), { key: stranger.privateKey }), /signature is wrong/],
    ['without a signature', () => `${base64url({ alg: 'none' })}.${base64url(claims())}.`, /algorithm|malformed/],
    [
      'signed with the public key as a secret',
      async () => {
        const text = `${base64url({ alg: 'HS256', kid: 'one' })}.${base64url(claims())}`;
        const secret = await exportSPKI(pair.publicKey);
        return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
      },
      /algorithm is not allowed/,
    ],
    ['that is no JWT', () => 'a.b.c', /malformed/],
  ];
  test.each(refusals)('%s is refused', async (_, token, reason) => {
    await expect(open().identify(await token())).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(reason),
    });
  });

  test.each([
    ['without a known role', { roles: ['other'] }, /no role here/],
    ['with a project that leads out of its folder', { project: '../x' }, /project that cannot exist/],
    ['with a project that is no text', { project: 7 }, /project that cannot exist/],
  ])('%s is forbidden', async (_, changes, reason) => {
    await expect(open().identify(await sign(claims(changes)))).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(reason),
    });
  });
});

describe('the keys of the provider', () => {
  test('are read once for many tokens', async () => {
    const provider = open();
    requests.length = 0;
    for (let i = 0; i < 20; i++) await provider.identify(await sign(claims({ sub: `user-${i}` })));
    expect(requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test('keep working while the provider is away, and are read when it is back', async () => {
    const [known, fresh] = [open(), open()];
    await known.identify(await sign(claims()));
    isAway = true;
    try {
      expect(await known.identify(await sign(claims()))).toMatchObject({ id: 'user-1' });
      await expect(fresh.identify(await sign(claims()))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('API keys still work'),
      });
    } finally {
      isAway = false;
    }
    expect(await fresh.identify(await sign(claims()))).toMatchObject({ id: 'user-1' });
  });

  test('are not read from a provider with another issuer', async () => {
    const provider = open({ issuer: `${issuer()}/other` });
    await expect(provider.identify(await sign(claims()))).rejects.toThrow(/its issuer is/);
  });

  test('are read from a stated address without discovery', async () => {
    requests.length = 0;
    await open({ jwksUrl: `${issuer()}/keys` }).identify(await sign(claims()));
    expect(requests).toEqual(['/keys']);
  });
});
