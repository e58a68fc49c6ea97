/** GET /models, GET and DELETE /models/{name} and /models/{name}/versions/{version}. */
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
/** A version of a model in a path. */
export const VersionParams = Type.Object({ name, version });

const removed = { 204: { type: 'null', description: 'It is gone.' } } as const;

export const modelRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'store' | 'predictor'>> = async (
  app,
  { store, predictor },
) => {
  ignoreBodies(app);
  /** Requests that share a look at the store come back together: each is answered in its own turn of the event loop. */
  const pace = createPacer(1);

  function withLoaded({ models, ...summary }: StoredSummary): ModelSummary {
    const loaded = models.filter((model) => predictor.stateOf(model).loaded);
    return { ...summary, loaded: loaded.map(({ manifest }) => manifest.version) };
  }

  app.get(
    '/models',
    {
      schema: {
        operationId: 'listModels',
        tags: ['models'],
        summary: 'List the trained models, by name',
        description: 'Each name comes with its newest 100 versions; `GET /models/{name}` lists the older ones.',
        querystring: ModelQuery,
        response: { 200: { ...ModelPage, description: 'A page of the names.' }, ...problems(400) },
      },
    },
    async ({ query }): Promise<ModelPage> => {
      const { models, ...next } = await store.page(query);
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
      schema: {
        operationId: 'getModel',
        tags: ['models'],
        summary: 'Get a model: its versions and labels, which are loaded, and all about the newest',
        description: 'The versions come page by page, the newest first; within a page they ascend.',
        params: Type.Object({ name }),
        querystring: VersionQuery,
        response: { 200: { ...ModelSummary, description: 'The model.' }, ...problems(400, 404) },
      },
    },
    async ({ params, query }) => {
      const summary = await store.describe(params.name, query);
      await pace();
      return withLoaded(summary);
    },
  );

  app.delete(
    '/models/:name',
    {
      schema: {
        operationId: 'deleteModel',
        tags: ['models'],
        summary: 'Delete a model with all its versions',
        description:
          'Refused with 409 while a label is at one of its versions. The numbers of its versions are not given again.',
        params: Type.Object({ name }),
        response: { ...removed, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      await store.remove(request.params);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/models/:name/versions/:version',
    {
      schema: {
        operationId: 'getModelVersion',
        tags: ['models'],
        summary: 'Get one version of a model: manifest, labels, files, and whether it is loaded',
        description:
          'The manifest says where the model comes from: the job, its spec, the digest of its data, its scores.',
        params: VersionParams,
        response: { 200: { ...ModelVersion, description: 'The version.' }, ...problems(400, 404, 500) },
      },
    },
    async ({ params }): Promise<ModelVersion> => ({
      ...(await store.inspect(params)),
      state: predictor.stateOf(await store.get(params)),
    }),
  );

  app.delete(
    '/models/:name/versions/:version',
    {
      schema: {
        operationId: 'deleteModelVersion',
        tags: ['models'],
        summary: 'Delete one version of a model',
        description: 'Refused with 409 while it has a label. Its number is not given again.',
        params: VersionParams,
        response: { ...removed, ...problems(400, 404, 409) },
      },
    },
    async (request, reply) => {
      await store.remove(request.params);
      return reply.code(204).send(null);
    },
  );
};
