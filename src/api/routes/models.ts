/** GET /models, GET /models/{name}, GET /models/{name}/{version}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ModelManifest, ModelSummary } from '../../contracts/model.js';
import { TrainyardError } from '../../errors.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../openapi.js';

const name = Type.String({ description: 'Name of the model.' });
const version = Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'Version of the model, from 1.' });

export const modelRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'store'>> = async (app, { store }) => {
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
    async () => ({ models: await store.list() }),
  );

  app.get(
    '/models/:name',
    {
      schema: {
        operationId: 'getModel',
        tags: ['models'],
        summary: 'Get a model: its versions, and all about the newest',
        params: Type.Object({ name }),
        response: { 200: { ...ModelSummary, description: 'The model.' }, ...problems(404) },
      },
    },
    async (request) => {
      const model = (await store.list()).find((summary) => summary.name === request.params.name);
      if (model === undefined) {
        throw new TrainyardError(
          'model_not_found',
          `There is no model named "${request.params.name}": GET /models lists those there are.`,
        );
      }
      return model;
    },
  );

  app.get(
    '/models/:name/:version',
    {
      schema: {
        operationId: 'getModelVersion',
        tags: ['models'],
        summary: 'Get the manifest of one version of a model',
        params: Type.Object({ name, version }),
        response: { 200: { ...ModelManifest, description: 'The manifest.' }, ...problems(400, 404) },
      },
    },
    async (request) => (await store.get(request.params)).manifest,
  );
};
