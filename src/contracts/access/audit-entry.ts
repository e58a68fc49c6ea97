/** Audit log: who changed what. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

/** One request that changed something, or tried to. */
export const AuditEntry = Type.Object(
  {
    id: Type.String({ description: 'Position in the log: entries are in this order.' }),
    at: Type.String({ format: 'date-time' }),
    requestId: Type.String({ description: 'The `x-request-id` of the answer, which the log also has.' }),
    by: Type.Object(
      {
        kind: StringEnum(['anyone', 'key', 'token']),
        id: Type.String(),
        name: Type.String(),
      },
      { additionalProperties: false, description: 'The sender.' },
    ),
    project: Type.String({ description: 'Project of the request.' }),
    address: Type.String({ description: 'IP address of the client, or of the proxy before the service.' }),
    operation: Type.String({ description: 'The `operationId` of the route.', examples: ['moveLabel'] }),
    method: Type.String(),
    path: Type.String({ description: 'Path of the request. After a creation: the path of what was created.' }),
    status: Type.Integer({ description: 'HTTP status of the answer. From 400 on nothing was changed.' }),
  },
  { additionalProperties: false },
);
export type AuditEntry = Static<typeof AuditEntry>;

/** Query of `GET /audit`. */
export const AuditQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Entries per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,15}-[0-9]{1,10}$',
        description: 'The `nextCursor` of the previous page. Absent: the newest entries.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;

/** A page of the audit log, newest first. */
export const AuditPage = Type.Object(
  {
    entries: Type.Array(AuditEntry),
    nextCursor: Type.Optional(
      Type.String({ description: 'Send it as `cursor` for the next page. Absent: the last page.' }),
    ),
  },
  { additionalProperties: false },
);
export type AuditPage = Static<typeof AuditPage>;
