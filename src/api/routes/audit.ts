/** Route GET /audit: who changed what, as pages or as NDJSON. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type AuditEntry, AuditPage, AuditQuery } from '../../contracts/access/audit-entry.js';
import { requireAccess } from '../access/credentials.js';
import type { AppDeps } from '../deps.js';
import { problem, problems } from '../http/openapi.js';
import { prefersToJson, varyBy } from '../http/preferred-type.js';

const NDJSON = 'application/x-ndjson';

export const auditRoute: FastifyPluginAsyncTypebox<Pick<AppDeps, 'access'>> = async (app, { access }) => {
  app.get(
    '/audit',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listAudit',
        tags: ['access'],
        summary: 'Read the audit log, newest first',
        description: [
          'One entry for each request of an identified sender that changed something or tried to, and for each sign-in. An entry is stored',
          `before its request is answered. \`Accept: ${NDJSON}\` returns the whole log, one entry a line.`,
        ].join(' '),
        querystring: AuditQuery,
        response: {
          200: {
            description: 'A page of the log, or all of it.',
            content: {
              'application/json': { schema: AuditPage },
              [NDJSON]: { schema: Type.String({ description: 'An `AuditEntry` a line.' }) },
            },
            headers: { Vary: { type: 'string', description: '`Accept`.' } },
          },
          409: problem('The service runs without authentication (`authentication_off`).'),
          ...problems(400, 503),
        },
      },
    },
    async (request, reply) => {
      const { audit } = requireAccess(access);
      varyBy(reply as FastifyReply, 'accept');
      if (!prefersToJson(request.headers.accept, NDJSON)) return audit.page(request.query);
      const entries = audit.all();
      // Reads the first entries before sending headers, so that errors are problem documents.
      const first = await entries.next();
      return (reply as FastifyReply).type(NDJSON).send(Readable.from(linesOf(first, entries)));
    },
  );
};

async function* linesOf(first: IteratorResult<AuditEntry>, rest: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  if (first.done) return;
  yield `${JSON.stringify(first.value)}\n`;
  for await (const entry of rest) yield `${JSON.stringify(entry)}\n`;
}
