/** Sign-in of browsers: the session, and tickets for streams. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ROLES, SCOPES } from './roles.js';

/** Who sends a request. */
export const Caller = Type.Object(
  {
    kind: StringEnum(['anyone', 'key', 'token'], {
      description:
        '`key`: an API key. `token`: a JWT of the identity provider. `anyone`: the service runs without authentication.',
    }),
    id: Type.String({ description: 'Id of the key, or the subject of the token.' }),
    name: Type.String(),
    project: Type.String(),
    role: Type.Optional(StringEnum(ROLES)),
    scopes: Type.Array(StringEnum(SCOPES)),
    expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { additionalProperties: false },
);
export type Caller = Static<typeof Caller>;

/** Answer of `GET /session`. */
export const Session = Type.Object(
  {
    authentication: StringEnum(['none', 'keys'], {
      description: '`none`: anyone may do anything. `keys`: requests need an API key, a token or a session.',
    }),
    caller: Type.Union([Caller, Type.Null()], {
      description: 'Who sends this request. Null: nobody is signed in.',
    }),
  },
  { additionalProperties: false },
);
export type Session = Static<typeof Session>;

/** Answer of `POST /tickets`. */
export const StreamTicket = Type.Object(
  {
    ticket: Type.String({ description: 'Add it to the address of a stream as `?ticket=`.' }),
    expiresAt: Type.String({
      format: 'date-time',
      description: 'Time until which a stream can be opened: in 60 seconds.',
    }),
  },
  { additionalProperties: false },
);
export type StreamTicket = Static<typeof StreamTicket>;
