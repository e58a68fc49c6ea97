/** Authentication: finds out who sends a request, from its key, token, session or ticket. */
import type { ApiKey } from '../contracts/access/api-key.js';
import type { Identity } from '../contracts/access/identity.js';
import { TrainyardError } from '../errors/errors.js';
import type { IdentityProvider } from './identity-provider.js';
import type { KeyRecords, StoredKey } from './key-records.js';
import { type KeyParts, parseKeyText } from './key-text.js';
import type { createKnownKeys } from './known-keys.js';
import type { Sender, SignedTokens } from './signed-tokens.js';

/** Credentials of a request. The first that is present counts. */
export type Credentials = Readonly<{
  /** Header `Authorization`. */
  authorization?: string | undefined;
  /** Cookie of the session. */
  session?: string | undefined;
  /** Ticket in the address of a stream. */
  ticket?: string | undefined;
}>;

type AuthenticatorDeps = Readonly<{
  keys: Pick<ReturnType<typeof createKnownKeys>, 'find'>;
  matches: KeyRecords['matches'];
  tokens: Pick<SignedTokens, 'verify'>;
  /** Undefined: tokens of a provider are refused. */
  provider: IdentityProvider | undefined;
}>;

export type Authenticator = ReturnType<typeof createAuthenticator>;

export function createAuthenticator({ keys, matches, tokens, provider }: AuthenticatorDeps) {
  async function withBearer(header: string): Promise<Identity> {
    const [, bearer] = /^Bearer +([^\s]+) *$/i.exec(header) ?? [];
    if (bearer === undefined) throw refused('The header Authorization must be "Bearer" and an API key or a token.');
    if (provider !== undefined && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(bearer)) return provider.identify(bearer);
    const parts = parseKeyText(bearer);
    if (parts === undefined)
      throw refused('This is no API key: keys begin with ty_ and end with a checksum. Copy the whole key.');
    return withKey(parts);
  }

  async function withKey(parts: KeyParts): Promise<Identity> {
    const stored = await keys.find(parts.id);
    // The same answer as for an unknown id, so that nobody can find out ids.
    if (stored === undefined || !matches(parts, stored))
      throw refused('The API key is unknown. Ask an admin for a new one.');
    return identityOfKey(stored);
  }

  async function withSender(sender: Sender): Promise<Identity> {
    if ('identity' in sender) return sender.identity;
    const stored = await keys.find(sender.keyId);
    if (stored === undefined) throw refused('The API key of this session is unknown. Sign in again.');
    return identityOfKey(stored);
  }

  return {
    /**
     * Returns who sends a request. Throws `unauthorized` with the reason, `redis_unavailable` for keys that were not seen in the last minute
     * while Redis is away, and what `IdentityProvider.identify` throws.
     */
    async identify({ authorization, session, ticket }: Credentials): Promise<Identity> {
      if (authorization !== undefined) return withBearer(authorization);
      if (session !== undefined) {
        const sender = await tokens.verify('session', session);
        if (sender === undefined) throw refused('The session has ended. Sign in again.');
        return withSender(sender);
      }
      if (ticket !== undefined) {
        const sender = await tokens.verify('ticket', ticket);
        if (sender === undefined)
          throw refused('The ticket has expired: each opens streams for a minute. Get a new one.');
        return withSender(sender);
      }
      throw refused(
        'Send the header "Authorization: Bearer" with an API key. `trainyard login` stores one for the command.',
      );
    },

    /** Throws `unauthorized` if the identity has ended: its key was revoked, or it has expired. */
    async requireLive({ kind, id, expiresAt }: Identity): Promise<void> {
      if (expiresAt !== undefined && expiresAt <= Date.now())
        throw expired(kind === 'key' ? 'API key' : 'token', expiresAt);
      if (kind !== 'key') return;
      const stored = await keys.find(id);
      if (stored === undefined) throw refused('The API key is unknown.');
      identityOfKey(stored);
    },
  };
}

const refused = (message: string): TrainyardError => new TrainyardError('unauthorized', message);
const expired = (what: string, at: number): TrainyardError =>
  refused(`The ${what} expired at ${new Date(at).toISOString()}. Ask an admin for a new one.`);

/** Throws `unauthorized` if the key was revoked or has expired. */
function identityOfKey({ key, revokedAt }: StoredKey): Identity {
  if (revokedAt !== undefined) throw refused(`The API key was revoked at ${revokedAt}. Ask an admin for a new one.`);
  const expiresAt = key.expiresAt === undefined ? undefined : Date.parse(key.expiresAt);
  if (expiresAt !== undefined && expiresAt <= Date.now()) throw expired('API key', expiresAt);
  return identities.get(key) ?? remember(key, expiresAt);
}

/** Identities of key records, so that each is built once for each read of its record. */
const identities = new WeakMap<ApiKey, Identity>();

function remember(key: ApiKey, expiresAt: number | undefined): Identity {
  const { id, name, project, scopes, role } = key;
  const identity: Identity = {
    ...{ kind: 'key', id, name, project, scopes },
    ...(role !== undefined && { role }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  identities.set(key, identity);
  return identity;
}
