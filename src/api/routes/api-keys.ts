/** Routes of API keys: POST, GET and DELETE /keys. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ApiKeyList, ApiKeyRequest, KEY_ID, NewApiKey } from '../../contracts/access/api-key.js';
import { TrainyardError } from '../../errors/errors.js';
import { requireAccess } from '../access/credentials.js';
import type { AppDeps } from '../deps.js';
import { problem, problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';

const OFF = 'The service runs without authentication (`authentication_off`)';

export const keyRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'access' | 'projects'>> = async (
  app,
  { access, projects },
) => {
  app.post(
    '/keys',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'createKey',
        tags: ['access'],
        summary: 'Create an API key',
        description: 'The answer is the only one that shows the key. Name a `role`, or list `scopes`.',
        body: ApiKeyRequest,
        response: {
          201: { ...NewApiKey, description: 'The new key.' },
          409: problem(`${OFF}. Or there are too many keys (\`key_limit\`).`),
          ...problems(400, 408, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { keys } = requireAccess(access);
      checkRequest(request.body);
      await requireProject(request.body, projects);
      const created = await keys.create(request.body, request.identity.name);
      reply.code(201).header('location', `/keys/${created.id}`).header('cache-control', 'no-store');
      return created;
    },
  );

  app.get(
    '/keys',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'listKeys',
        tags: ['access'],
        summary: 'List the API keys, newest first',
        description: 'All keys that are not revoked, those that have expired included. Secrets are not shown.',
        response: {
          200: { ...ApiKeyList, description: 'The keys.' },
          409: problem(`${OFF}.`),
          ...problems(503),
        },
      },
    },
    async () => ({ keys: await requireAccess(access).keys.list() }),
  );

  app.delete(
    '/keys/:id',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'revokeKey',
        tags: ['access'],
        summary: 'Revoke an API key',
        description:
          'The key, its sessions and its open streams end within 2 seconds, in every API process. WebSockets close with 4401.',
        params: Type.Object({ id: Type.String({ pattern: `^${KEY_ID}$`, description: 'Id of the key.' }) }),
        response: {
          204: { description: 'The key is revoked.', type: 'null' },
          409: problem(`${OFF}. Or this is the last key with the scope \`admin\` (\`last_admin_key\`).`),
          ...problems(400, 404, 503),
        },
      },
    },
    async (request, reply) => {
      await requireAccess(access).keys.revoke(request.params.id, request.identity.id);
      return reply.code(204).send(null);
    },
  );
};

/** Throws `invalid_request` for fields that do not go together, and for an expiry in the past. */
function checkRequest({ role, scopes, expiresAt }: ApiKeyRequest): void {
  if ((role === undefined) === (scopes === undefined)) {
    const message = role === undefined ? 'is required, unless `scopes` is given' : 'cannot be combined with `scopes`';
    throw refuseFields([{ pointer: '/role', message }]);
  }
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw refuseFields([{ pointer: '/expiresAt', message: 'must be in the future' }]);
}

/** Throws `invalid_request` if the project of the key does not exist. */
async function requireProject({ project }: ApiKeyRequest, projects: AppDeps['projects']): Promise<void> {
  if (project === undefined) return;
  await projects?.require(project).catch((error: unknown) => {
    if (!(error instanceof TrainyardError && error.code === 'project_not_found')) throw error;
    throw refuseFields([
      { pointer: '/project', message: 'must name a project that exists: create it with POST /projects' },
    ]);
  });
}
