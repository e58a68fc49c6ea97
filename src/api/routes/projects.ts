/** Routes of projects: POST and GET /projects. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Project, ProjectList, ProjectRequest } from '../../contracts/access/project.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { problem, problems } from '../http/openapi.js';

export const projectRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'projects'>> = async (app, { projects }) => {
  app.post(
    '/projects',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'createProject',
        tags: ['access'],
        summary: 'Create a project',
        description:
          'Jobs, models, data sets, evaluations and imports belong to one project, and their names are unique in it. A key belongs to one project too, and sees nothing of the others. With the scope `admin` a request may name another project in the header `Trainyard-Project`.',
        body: ProjectRequest,
        response: {
          201: { ...Project, description: 'The new project.' },
          409: problem('The name is taken (`project_exists`), or there are too many projects (`project_limit`).'),
          ...problems(400, 408, 413, 415, 503),
        },
      },
    },
    async ({ body, identity }, reply) => {
      if (projects === undefined) throw new TrainyardError('internal', 'This service was built without projects.');
      const created = await projects.create(body, identity.name);
      return reply.code(201).send(created);
    },
  );

  app.get(
    '/projects',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'listProjects',
        tags: ['access'],
        summary: 'List the projects that the sender may use',
        description: 'With the scope `admin` all projects, otherwise the project of the sender.',
        response: { 200: { ...ProjectList, description: 'The projects, `default` first.' }, ...problems(503) },
      },
    },
    async ({ identity }): Promise<ProjectList> => {
      const all = (await projects?.list()) ?? [];
      const isAdmin = identity.scopes.includes('admin');
      return { projects: isAdmin ? all : all.filter(({ name }) => name === identity.project) };
    },
  );
};
