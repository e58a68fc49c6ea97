/** Project of each request: that of its sender, or the one that an admin names in a header. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DEFAULT_PROJECT, PROJECT_HEADER } from '../contracts/access/project.js';
import { isPart } from '../contracts/references/path-part.js';
import { TrainyardError } from '../errors/errors.js';
import { requireScope } from './access/route-scopes.js';
import type { AppDeps, ProjectParts } from './deps.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request sees of the service. Public routes see the project `default`. */
    project: ProjectParts;
  }
}

/**
 * Sets `request.project` on routes registered from now on, after the sender is known. Throws `forbidden` if a sender without the scope
 * `admin` names another project than its own, and `project_not_found`.
 */
export function openProjects(app: FastifyInstance, deps: AppDeps): void {
  const own: ProjectParts = { ...deps, name: DEFAULT_PROJECT };
  app.decorateRequest('project');
  app.addHook('onRequest', async (request) => {
    const isPublic = request.routeOptions.config?.scope == null;
    const name = isPublic ? DEFAULT_PROJECT : projectOf(request);
    request.project = name === DEFAULT_PROJECT ? own : await open(deps, name);
  });
}

/** Returns the project that the sender has, or that its header names. */
function projectOf(request: FastifyRequest): string {
  const { project } = request.identity;
  const named = request.headers[PROJECT_HEADER];
  if (named === undefined || named === project) return project;
  requireScope(request, 'admin');
  if (isPart('projectName', named)) return String(named);
  const message = 'must be the name of one project';
  throw new TrainyardError('invalid_request', `The header ${PROJECT_HEADER} ${message}.`, {
    errors: [{ pointer: `header ${PROJECT_HEADER}`, message }],
  });
}

async function open({ projects }: AppDeps, name: string): Promise<ProjectParts> {
  if (projects !== undefined) return projects.open(name);
  throw new TrainyardError('project_not_found', `There is no project "${name}". GET /projects lists yours.`);
}
