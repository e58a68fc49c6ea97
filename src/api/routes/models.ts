/** GET /models, GET and DELETE /models/{name} and /models/{name}/versions/{version}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ModelSummary } from '../../contracts/model.js';
import { ModelVersion } from '../../contracts/stored-model.js';
import type { StoredSummary } from '../../store/index.js';
import type { AppDeps } from '../deps.js';
import { listedClasses } from '../listed-classes.js';
import { ignoreBodies } from '../no-body.js';
import { problems } from '../openapi.js';

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
        summary: 'List the trained models',
        response: {
          200: { description: 'Every name with its versions.', ...Type.Object({ models: Type.Array(ModelSummary) }) },
        },
      },
    },
    async () => ({
      models: (await store.list()).map(withLoaded).map((summary) => {
        const { described: latest, ...count } = listedClasses(summary.latest);
        return { ...summary, latest, ...count };
      }),
    }),
  );

  app.get(
    '/models/:name',
    {
      schema: {
        operationId: 'getModel',
        tags: ['models'],
        summary: 'Get a model: its versions and labels, which are loaded, and all about the newest',
        params: Type.Object({ name }),
        response: { 200: { ...ModelSummary, description: 'The model.' }, ...problems(404) },
      },
    },
    async (request) => withLoaded(await store.describe(request.params.name)),
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
