/** Identity provider: verifies JWTs by its key set (OpenID Connect Discovery 1.0, RFC 7519) and maps their claims to roles. */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type RemoteJWKSetOptions } from 'jose';
import type { Identity } from '../contracts/access/identity.js';
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { ROLES, type Role, SCOPES_OF_ROLE } from '../contracts/access/roles.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';

/** Asymmetric signatures. `none`, and HMAC with a public key as its secret, are refused. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Difference between two clocks that is allowed, in seconds. */
const CLOCK_TOLERANCE_S = 60;
/** Age from which the key set is read again in the background, in ms. */
const REFRESH_MS = 600_000;
/** Time for which a key set keeps working while the provider is away, in ms. */
export const PROVIDER_AWAY_MS = 3_600_000;
/** Pause between two reads of the key set for unknown key ids, in ms. */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** Largest answer of a provider, in bytes. */
const MAX_BYTES = 2 ** 20;

/** Settings of the provider. */
export type ProviderSettings = Readonly<{
  /** Address of the issuer, exactly as in the claim `iss`. */
  issuer: string;
  /** Value that the claim `aud` must contain. */
  audience: string;
  /** Address of the key set. Default: as the issuer's discovery document says. */
  jwksUrl?: string | undefined;
  /** Claim with roles or groups, for example `realm_access.roles`. */
  roleClaim: string;
  /** Role of each value of that claim. */
  roles: ReadonlyMap<string, Role>;
  /** Claim with the project. Without it, and for tokens without the claim: the default project. */
  projectClaim?: string | undefined;
}>;

export type IdentityProvider = ReturnType<typeof createIdentityProvider>;

export function createIdentityProvider(settings: ProviderSettings, fetchUrl: typeof fetch = fetch) {
  let opening: ReturnType<typeof openKeySet> | undefined;
  const open = async () => {
    opening ??= openKeySet(settings, fetchUrl);
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };

  return {
    /**
     * Returns the identity of a token. Throws `unauthorized` with the reason, `forbidden` if no claim maps to a role, and `unavailable` if
     * the provider's keys cannot be read.
     */
    async identify(token: string): Promise<Identity> {
      const payload = await verify(token, settings, await open());
      return identityOf(payload, settings);
    },
  };
}

type KeySet = Awaited<ReturnType<typeof openKeySet>>;

async function openKeySet({ issuer, jwksUrl }: ProviderSettings, fetchUrl: typeof fetch) {
  const url = jwksUrl ?? (await discover(issuer, fetchUrl));
  const jwks = createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: PROVIDER_AWAY_MS,
  } satisfies RemoteJWKSetOptions);
  let refreshedAt = performance.now();
  /** Reads the key set again before it expires, so that requests do not wait for a provider that is away. */
  const refresh = (): void => {
    if (performance.now() - refreshedAt < REFRESH_MS || jwks.reloading) return;
    refreshedAt = performance.now();
    jwks.reload().catch(() => undefined);
  };
  return { jwks, refresh };
}

async function discover(issuer: string, fetchUrl: typeof fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const answer = await fetchUrl(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    const text = await answer.text();
    if (!answer.ok || text.length > MAX_BYTES) throw new Error(`it answers ${answer.status}`);
    const { jwks_uri: found, issuer: own } = JSON.parse(text) as Record<string, unknown>;
    if (own !== issuer) throw new Error(`its issuer is ${JSON.stringify(own)}`);
    if (typeof found !== 'string' || !URL.canParse(found)) throw new Error('it has no jwks_uri');
    return found;
  } catch (cause) {
    throw away(`${url} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

async function verify(token: string, { issuer, audience }: ProviderSettings, { jwks, refresh }: KeySet) {
  try {
    const { payload } = await jwtVerify(token, jwks, {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
    });
    refresh();
    if ((payload.iat ?? 0) > Date.now() / 1_000 + CLOCK_TOLERANCE_S)
      throw refuse('it was issued in the future: compare the clocks');
    return payload;
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw refusalOf(error);
  }
}

/** Returns the error of a token that was not verified. */
function refusalOf(error: unknown): TrainyardError {
  if (error instanceof errors.JWTExpired) return refuse('it has expired: get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return refuse(`its claim "${error.claim}" is not accepted`);
  if (error instanceof errors.JWKSNoMatchingKey) return refuse('the identity provider has no key of its key id');
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('its algorithm is not allowed');
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse('its signature is wrong');
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return refuse('it is malformed');
  const reason = error instanceof Error ? error.message : String(error);
  return away(`The keys of the identity provider cannot be read: ${reason}`, error);
}

const refuse = (reason: string): TrainyardError =>
  new TrainyardError('unauthorized', `The token is refused: ${reason}.`);
const away = (message: string, cause: unknown): TrainyardError =>
  new TrainyardError('unavailable', `${message}. API keys still work.`, { cause });

/** Returns the identity with the highest role that the claim maps to. */
function identityOf(payload: JWTPayload, { roleClaim, roles, projectClaim }: ProviderSettings): Identity {
  const { sub = '', exp = 0 } = payload;
  const values = [claimIn(payload, roleClaim)].flat().filter((value) => typeof value === 'string');
  const own = values.flatMap((value) => roles.get(value) ?? []);
  const role = ROLES.findLast((name) => own.includes(name));
  if (role === undefined)
    throw new TrainyardError(
      'forbidden',
      `The token has no role here: no value of its claim "${roleClaim}" is in the setting OIDC_ROLES.`,
    );
  const name = [payload['preferred_username'], payload['email'], payload['name'], sub].find(isText) ?? sub;
  return {
    ...{ kind: 'token', id: sub.slice(0, 256), name: name.slice(0, 64), role, scopes: SCOPES_OF_ROLE[role] },
    project: projectOf(projectClaim && claimIn(payload, projectClaim)),
    expiresAt: (exp + CLOCK_TOLERANCE_S) * 1_000,
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function projectOf(value: unknown): string {
  const project = value ?? DEFAULT_PROJECT;
  if (typeof project === 'string' && isPart('modelName', project)) return project;
  throw new TrainyardError(
    'forbidden',
    'The token names a project that cannot exist. Ask who manages the identity provider.',
  );
}

/** Returns a claim by its path: names separated by dots, for claims within claims. */
function claimIn(payload: JWTPayload, path: string): unknown {
  if (path in payload) return payload[path];
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], payload);
}
