/** Scopes and roles: the permissions that routes need and identities have. */

/** Every scope. `admin` manages keys, projects and the audit log. */
export const SCOPES = [
  'jobs:read',
  'jobs:write',
  'jobs:delete',
  'models:read',
  'models:write',
  'models:deploy',
  'datasets:read',
  'datasets:write',
  'datasets:delete',
  'predict',
  'system:read',
  'system:write',
  'admin',
] as const;
/** Permission for one kind of request. */
export type Scope = (typeof SCOPES)[number];

/** Every role. Each has all scopes of the roles before it. */
export const ROLES = ['viewer', 'trainer', 'deployer', 'admin'] as const;
/** Named set of scopes. */
export type Role = (typeof ROLES)[number];

const VIEWER: readonly Scope[] = ['jobs:read', 'models:read', 'datasets:read', 'system:read', 'predict'];
const TRAINER: readonly Scope[] = [...VIEWER, 'jobs:write', 'models:write', 'datasets:write'];
const DEPLOYER: readonly Scope[] = [...TRAINER, 'models:deploy', 'datasets:delete', 'jobs:delete', 'system:write'];

/** Scopes of each role. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: VIEWER,
  trainer: TRAINER,
  deployer: DEPLOYER,
  admin: SCOPES,
};

/** Returns the first role in the order of `ROLES` that has a scope. */
export const roleWith = (scope: Scope): Role => ROLES.find((role) => SCOPES_OF_ROLE[role].includes(scope)) ?? 'admin';
