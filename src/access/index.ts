/** Access to a service with `AUTH=keys`: API keys, sessions, tokens of an identity provider, and the audit log. */
import type { Identity } from '../contracts/access/identity.js';
import type { Redis, ReportCorruptRecord } from '../events/index.js';
import { provideAdminKey } from './admin-key.js';
import { type AuditLog, createAuditLog } from './audit-log.js';
import { type Authenticator, createAuthenticator } from './authenticator.js';
import { createIdentityProvider, type ProviderSettings } from './identity-provider.js';
import { createKeyRecords, type KeyRecords } from './key-records.js';
import { createKnownKeys } from './known-keys.js';
import { createLiveIdentities, type LiveIdentities } from './live-identities.js';
import { openServerSecret } from './server-secret.js';
import { createSignedTokens, type SignedTokens } from './signed-tokens.js';

export type { AuditLog } from './audit-log.js';
export type { Credentials } from './authenticator.js';
export { MAX_KEYS } from './key-records.js';
export { createProjectRegistry, type ProjectRegistry } from './project-registry.js';
export { SESSION_SECONDS, TICKET_SECONDS } from './signed-tokens.js';

export type Access = Readonly<{
  identify: Authenticator['identify'];
  keys: Pick<KeyRecords, 'list' | 'create' | 'revoke'>;
  sign: SignedTokens['sign'];
  watch: LiveIdentities['watch'];
  audit: AuditLog;
  /** Path of the file with an admin key that was created now. Undefined: an admin key existed. */
  newAdminKey: string | undefined;
}>;

type AccessOptions = Readonly<{
  redis: Redis;
  /** Folder of the service's secret and of the first admin key. */
  folder: string;
  provider: ProviderSettings | undefined;
  /** Number of the newest entries of the audit log that are kept. */
  auditEntries: number;
  report?: ReportCorruptRecord;
}>;

/** Opens the access to a service. Creates its secret and an admin key at the first start. */
export async function openAccess({ redis, folder, provider, auditEntries, report }: AccessOptions): Promise<Access> {
  const { hashing, signing } = await openServerSecret(folder);
  const records = createKeyRecords(redis, hashing, report);
  const known = createKnownKeys(records);
  const tokens = createSignedTokens(signing);
  const { identify, requireLive } = createAuthenticator({
    keys: known,
    matches: records.matches,
    tokens,
    provider: provider && createIdentityProvider(provider),
  });
  return {
    identify,
    keys: {
      ...records,
      async revoke(id, senderId) {
        await records.revoke(id, senderId);
        known.forget(id);
      },
    },
    sign: tokens.sign,
    watch: createLiveIdentities((identity: Identity) => requireLive(identity)).watch,
    audit: createAuditLog(redis, { entries: auditEntries, ...(report && { report }) }),
    newAdminKey: await provideAdminKey(records, folder),
  };
}
