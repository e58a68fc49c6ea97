/** Adds requests that change something to the audit log, before their answer is sent. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLog } from '../../access/index.js';
import type { AuditEntry } from '../../contracts/access/audit-entry.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the audit log has the requests of a route. Default: those that change something and need a scope to write. */
    isAudited?: boolean;
  }
}

/** Adds an entry for each request of an identified sender, on routes registered from now on. A failure is logged with the entry. */
export function auditChanges(app: FastifyInstance, audit: Pick<AuditLog, 'add'>): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isAudited(request)) return payload;
    const entry = entryOf(request, reply);
    await audit.add(entry).catch((err: unknown) => request.log.error({ err, entry }, 'audit entry not stored'));
    return payload;
  });
}

function isAudited({ method, identity, routeOptions: { config } }: FastifyRequest): boolean {
  // Requests that are refused earlier have no sender.
  if (identity === null || identity === undefined || identity.kind === 'anyone') return false;
  if (config.isAudited !== undefined) return config.isAudited;
  return config.scope != null && !/(:read|^predict)$/.test(config.scope) && method !== 'GET' && method !== 'HEAD';
}

function entryOf(request: FastifyRequest, reply: FastifyReply): Omit<AuditEntry, 'id'> {
  const { identity, id: requestId, ip, method, url, routeOptions } = request;
  const { operationId = '' } = (routeOptions.schema ?? {}) as { operationId?: string };
  const created = reply.getHeader('location');
  return {
    at: new Date().toISOString(),
    requestId,
    by: { kind: identity.kind, id: identity.id, name: identity.name },
    // Requests that are refused before their project is known have none.
    project: request.project?.name ?? identity.project,
    address: ip,
    operation: operationId,
    method,
    path: (typeof created === 'string' ? created : (url.split('?', 1)[0] ?? '')).slice(0, 500),
    status: reply.statusCode,
  };
}
