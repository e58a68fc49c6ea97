/** Sessions and tickets: JWTs that the service signs for itself. They name the key or token that they stand for. */
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Identity } from '../contracts/access/identity.js';

/** A session lasts as long as a working day. */
export const SESSION_SECONDS = 43_200;
/** Time within which a stream must be opened with a ticket. */
export const TICKET_SECONDS = 60;

const ISSUER = 'trainyard';
const ALGORITHM = 'HS256';

/** Use of a signed token. It is part of the signature, so that a ticket is no session. */
export type TokenUse = 'session' | 'ticket';

/** Sender that a signed token stands for: a key, whose record counts, or the identity of a provider's token. */
export type Sender = Readonly<{ keyId: string } | { identity: Identity }>;

export type SignedTokens = ReturnType<typeof createSignedTokens>;

/** `signing`: key for HMAC-SHA256. */
export function createSignedTokens(signing: Uint8Array) {
  return {
    /** Signs a token that lasts `seconds`, but never longer than the identity. */
    async sign(
      use: TokenUse,
      identity: Identity,
      seconds: number,
    ): Promise<Readonly<{ token: string; expiresAt: number }>> {
      const end = Math.floor(
        Math.min(Date.now() + seconds * 1_000, identity.expiresAt ?? Number.POSITIVE_INFINITY) / 1_000,
      );
      const sender: Sender = identity.kind === 'key' ? { keyId: identity.id } : { identity };
      const token = await new SignJWT({ sender })
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setAudience(use)
        .setExpirationTime(end)
        .sign(signing);
      return { token, expiresAt: end * 1_000 };
    },

    /** Returns the sender of a token. Returns undefined if the token is not valid, or no longer. */
    async verify(use: TokenUse, token: string): Promise<Sender | undefined> {
      try {
        const { payload } = await jwtVerify<{ sender: Sender }>(token, signing, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: use,
          requiredClaims: ['exp'],
        });
        return payload.sender;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
