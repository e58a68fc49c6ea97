/** Identity of a request: who sends it, for which project, and with which scopes. */
import { DEFAULT_PROJECT } from './project.js';
import { type Role, SCOPES, type Scope } from './roles.js';

/** The sender of a request. `anyone`: the service does not authenticate. */
export type Identity = Readonly<{
  kind: 'anyone' | 'key' | 'token';
  /** Id of the key, or the subject of the token. */
  id: string;
  name: string;
  project: string;
  scopes: readonly Scope[];
  role?: Role;
  /** Time at which the identity ends, in ms since 1970. Absent: it does not expire. */
  expiresAt?: number;
}>;

/** Identity of every request to a service without authentication: it has all scopes. */
export const ANYONE: Identity = Object.freeze({
  kind: 'anyone',
  id: 'anyone',
  name: 'anyone',
  project: DEFAULT_PROJECT,
  scopes: SCOPES,
  role: 'admin',
});
