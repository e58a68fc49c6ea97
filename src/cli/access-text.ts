/** Keys and callers as text. */
import type { ApiKey, Caller } from '../client/index.js';
import { relativeTime } from '../wording/time-text.js';
import { counted } from './output/numbers-text.js';

type Described = Pick<ApiKey, 'id' | 'name' | 'project' | 'role' | 'scopes' | 'expiresAt'>;

/** Returns what a key may do: its role, its scope, or how many scopes it has. */
export const accessText = ({ role, scopes }: Pick<ApiKey, 'role' | 'scopes'>): string =>
  role ?? (scopes.length === 1 ? String(scopes[0]) : counted(scopes.length, 'scope'));

/** Returns the facts of a key or a caller. */
export const identityFacts = ({ id, name, project, role, scopes, expiresAt }: Described) =>
  [
    ['id', id],
    ['name', name],
    ['project', project],
    ['role', role],
    ['scopes', role === undefined ? scopes.join(' ') : undefined],
    ['expires', expiresAt === undefined ? 'never' : `${expiresAt} (${relativeTime(expiresAt)})`],
  ] as const;

/** Returns who somebody is, in one sentence: `You are "ci": trainer of the project default.` */
export function callerText(caller: Caller): string {
  if (caller.kind === 'anyone') return 'The service runs without keys: anyone who reaches it may do anything.';
  const access = caller.role === undefined ? `the scopes ${caller.scopes.join(', ')}` : `the role ${caller.role}`;
  return `You are "${caller.name}", with ${access} in the project ${caller.project}.`;
}
