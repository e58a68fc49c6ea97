/** GET, PUT and DELETE /models/{name}/labels/{label}, POST …/rollback. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { LabelQuery, LabelRequest, LabelState } from '../../contracts/models/label.js';
import { Label } from '../../contracts/references/reference.js';
import type { AppDeps } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';

const BODY_LIMIT_BYTES = 4 * 1024;

const params = Type.Object({
  name: Type.String({ description: 'Name of the model.' }),
  label: Type.String({ description: 'The label, as `stable`.' }),
});

const state = (description: string) => ({ 200: { ...LabelState, description } });

export const labelRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'store'>> = async (app, { store }) => {
  app.get(
    '/models/:name/labels/:label',
    {
      schema: {
        operationId: 'getLabel',
        tags: ['models'],
        summary: 'Get a label: where it is, and where it was',
        description: 'The history comes page by page. Moving a label and taking it back answer with the first page.',
        params,
        querystring: LabelQuery,
        response: { ...state('The label.'), ...problems(400, 404) },
      },
    },
    async ({ params: { name, label }, query }) => store.labels.get(name, label, query),
  );

  app.put(
    '/models/:name/labels/:label',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        operationId: 'moveLabel',
        tags: ['models'],
        summary: 'Give a label to a version',
        description:
          'With a `gate` the label moves only where the score of the version beats that of the one that has it now, measured on the same images; with `expected` only where it is still there. Otherwise 409, and it stays. Repeating the request changes nothing.',
        params: Type.Object({ name: params.properties.name, label: Label }),
        body: LabelRequest,
        response: { ...state('The label as it is now.'), ...problems(400, 404, 409, 408, 413, 415) },
      },
    },
    async ({ params: { name, label }, body }) => store.labels.move(name, label, body),
  );

  await app.register(async (scope: typeof app) => {
    ignoreBodies(scope);
    scope.delete(
      '/models/:name/labels/:label',
      {
        schema: {
          operationId: 'removeLabel',
          tags: ['models'],
          summary: 'Take a label from the version that has it',
          description: 'Its history stays, and a rollback brings it back.',
          params,
          response: { ...state('The label, at no version.'), ...problems(404) },
        },
      },
      async ({ params: { name, label } }) => store.labels.remove(name, label),
    );

    scope.post(
      '/models/:name/labels/:label/rollback',
      {
        schema: {
          operationId: 'rollbackLabel',
          tags: ['models'],
          summary: 'Give a label back to the version that had it before',
          description:
            'Repeated, it goes back further, as far as the history is kept. Versions that were deleted since are passed over; where none is left, 409.',
          params,
          response: { ...state('The label as it is now.'), ...problems(404, 409) },
        },
      },
      async ({ params: { name, label } }) => store.labels.rollback(name, label),
    );
  });
};
