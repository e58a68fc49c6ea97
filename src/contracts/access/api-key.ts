/** API keys: requests for them and their description. The text of a key is shown once, when it is created. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { DEFAULT_PROJECT, ProjectName } from './project.js';
import { ROLES, SCOPES } from './roles.js';

/** Id of a key: 12 letters and digits. */
export const KEY_ID = '[0-9A-Za-z]{12}';

const ProjectOfKey = {
  ...ProjectName,
  default: DEFAULT_PROJECT,
  description:
    'Project of the key. It sees nothing of other projects. Keys with the scope `admin` may name another project in each request.',
};
const RoleName = StringEnum(ROLES, {
  description:
    'Named set of scopes; each role has all scopes of the ones before it. `viewer` reads and predicts, `trainer` also trains and imports, `deployer` also moves labels and deletes, `admin` also manages keys and projects.',
});
const ScopeNames = Type.Array(StringEnum(SCOPES), {
  minItems: 1,
  maxItems: SCOPES.length,
  uniqueItems: true,
  description: 'Scopes of the key.',
});
const Time = (description: string) => Type.String({ format: 'date-time', description });

/** Body of `POST /keys`. */
export const ApiKeyRequest = Type.Object(
  {
    name: Type.String({
      pattern: '^[^\\x00-\\x1f\\x7f]{1,64}$',
      description: 'Name for people: who or what uses the key. 1 to 64 characters.',
      examples: ['ci'],
    }),
    project: Type.Optional(ProjectOfKey),
    role: Type.Optional(RoleName),
    scopes: Type.Optional({ ...ScopeNames, description: 'Scopes of the key instead of a role.' }),
    expiresAt: Type.Optional(Time('Time from which the key is refused. Absent: it does not expire.')),
  },
  { additionalProperties: false },
);
export type ApiKeyRequest = Static<typeof ApiKeyRequest>;

const described = {
  id: Type.String({ pattern: `^${KEY_ID}$`, description: 'The 12 characters of the key after `ty_`.' }),
  name: Type.String(),
  project: Type.String(),
  role: Type.Optional(RoleName),
  scopes: ScopeNames,
  createdAt: Time('Time of creation.'),
  createdBy: Type.String({ description: 'Name of the creator.' }),
  expiresAt: Type.Optional(Time('Time from which the key is refused. Absent: it does not expire.')),
  lastUsedAt: Type.Optional(Time('Time of the last use, at most a minute old. Absent: the key was not used yet.')),
};

/** A key without its secret. */
export const ApiKey = Type.Object(described, { additionalProperties: false });
export type ApiKey = Static<typeof ApiKey>;

/** A new key with its text. */
export const NewApiKey = Type.Object(
  {
    ...described,
    key: Type.String({
      description:
        'The key. Send it as `Authorization: Bearer <key>`. It is shown only now: the service stores a hash of it.',
    }),
  },
  { additionalProperties: false },
);
export type NewApiKey = Static<typeof NewApiKey>;

/** All keys that are not revoked, the newest first. */
export const ApiKeyList = Type.Object({ keys: Type.Array(ApiKey) }, { additionalProperties: false });
export type ApiKeyList = Static<typeof ApiKeyList>;
