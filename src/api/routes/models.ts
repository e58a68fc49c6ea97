/** Routes of models: GET /models, GET and DELETE /models/{name} and /models/{name}/versions/{version}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import { ModelPage, ModelQuery, ModelSummary, VersionQuery } from '../../contracts/models/model.js';
import { ModelVersion } from '../../contracts/models/stored-model.js';
import type { StoredSummary } from '../../store/index.js';
import type { AppDeps } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { listedClasses } from '../listed-classes.js';

const name = Type.String({ description: 'Name of the model.' });
const version = Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'Version of the model, from 1.' });
/** Path parameters of a model version. */
export const VersionParams = Type.Object({ name, version });

const removed = { 204: { type: 'null', description: 'Deleted.' } } as const;

type ModelDeps = Pick<AppDeps, 'predictor'>;

export const modelRoutes: FastifyPluginAsyncTypebox<ModelDeps> = async (app, deps) => {
  ignoreBodies(app);
  await app.register(modelNameRoutes, deps);
  await app.register(modelVersionRoutes, deps);
};

const modelNameRoutes: FastifyPluginAsyncTypebox<ModelDeps> = async (app, { predictor }) => {
  /** Requests that share one read of the store resume together: yield to the event loop between their answers. */
  const pace = createPacer(1);

  function withLoaded({ models, ...summary }: StoredSummary): ModelSummary {
    const loaded = models.filter((model) => predictor.stateOf(model).loaded);
    return { ...summary, loaded: loaded.map(({ manifest }) => manifest.version) };
  }

  app.get(
    '/models',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'listModels',
        tags: ['models'],
        summary: 'List models by name',
        description: 'Each name comes with its newest 100 versions. `GET /models/{name}` lists the older ones.',
        querystring: ModelQuery,
        response: { 200: { ...ModelPage, description: 'A page of model names.' }, ...problems(400) },
      },
    },
    async ({ query, project }): Promise<ModelPage> => {
      const { models, ...next } = await project.store.page(query);
      await pace();
      const lines = models.map(withLoaded).map((summary) => {
        const { described: latest, ...count } = listedClasses(summary.latest);
        return { ...summary, latest, ...count };
      });
      return { models: lines, ...next };
    },
  );

  app.get(
    '/models/:name',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getModel',
        tags: ['models'],
        summary: 'Get a model with its versions and labels',
        description:
          'Includes the manifest of the newest version and which versions are loaded. The first page has the newest versions; within a page they ascend.',
        params: Type.Object({ name }),
        querystring: VersionQuery,
        response: { 200: { ...ModelSummary, description: 'The model.' }, ...problems(400, 404) },
      },
    },
    async ({ params, query, project }) => {
      const summary = await project.store.describe(params.name, query);
      await pace();
      return withLoaded(summary);
    },
  );

  app.delete(
    '/models/:name',
    {
      config: { scope: 'models:deploy' },
      schema: {
        operationId: 'deleteModel',
        tags: ['models'],
        summary: 'Delete a model with all its versions',
        description: 'The answer is 409 while one of its versions has a label. Version numbers are never reused.',
        params: Type.Object({ name }),
        response: { ...removed, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await request.project.store.remove(request.params);
      return reply.code(204).send(null);
    },
  );
};

const modelVersionRoutes: FastifyPluginAsyncTypebox<ModelDeps> = async (app, { predictor }) => {
  app.get(
    '/models/:name/versions/:version',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getModelVersion',
        tags: ['models'],
        summary: 'Get one version of a model',
        description:
          'Returns the manifest, labels, files and whether the version is loaded. The manifest records the job, its spec, the digest of its data and its scores.',
        params: VersionParams,
        response: { 200: { ...ModelVersion, description: 'The version.' }, ...problems(400, 404, 500) },
      },
    },
    async ({ params, project: { store } }): Promise<ModelVersion> => ({
      ...(await store.inspect(params)),
      state: predictor.stateOf(await store.get(params)),
    }),
  );

  app.delete(
    '/models/:name/versions/:version',
    {
      config: { scope: 'models:deploy' },
      schema: {
        operationId: 'deleteModelVersion',
        tags: ['models'],
        summary: 'Delete one version of a model',
        description: 'The answer is 409 while the version has a label. Its number is never reused.',
        params: VersionParams,
        response: { ...removed, ...problems(400, 404, 409) },
      },
    },
    async (request, reply) => {
      await request.project.store.remove(request.params);
      return reply.code(204).send(null);
    },
  );
};
