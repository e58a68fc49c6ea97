/** Routes of labels: GET, PUT and DELETE /models/{name}/labels/{label}, POST …/rollback. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { gateFault, LabelPlan, LabelQuery, LabelRequest, LabelState } from '../../contracts/models/label.js';
import { Label } from '../../contracts/references/reference.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';

const BODY_LIMIT_BYTES = 4 * 1024;

const params = Type.Object({
  name: Type.String({ description: 'Name of the model.' }),
  label: Type.String({ description: 'Label of a version, for example `stable`.' }),
});

const state = (description: string) => ({ 200: { ...LabelState, description } });

export const labelRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/models/:name/labels/:label',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getLabel',
        tags: ['models'],
        summary: 'Get a label with its history',
        description:
          'The history comes in pages, newest change first. The routes that move a label answer with the first page.',
        params,
        querystring: LabelQuery,
        response: { ...state('The label.'), ...problems(400, 404) },
      },
    },
    async ({ params: { name, label }, query, project: { store } }) => store.labels.get(name, label, query),
  );

  app.put(
    '/models/:name/labels/:label',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { scope: 'models:deploy' },
      schema: {
        operationId: 'moveLabel',
        tags: ['models'],
        summary: 'Move a label to a version',
        description:
          'With `gate`, the label moves only if the score of the version beats that of the labelled version on the same images: a score of the training, or, with `dataset`, of an evaluation on a data set. Without these evaluations the answer is 404 `evaluation_not_found`. With `expected`, it moves only if that version still has the label. Otherwise the label stays and the answer is 409. Repeating the request changes nothing.',
        params: Type.Object({ name: params.properties.name, label: Label }),
        body: LabelRequest,
        response: { ...state('The label after the request.'), ...problems(400, 404, 409, 408, 413, 415) },
      },
    },
    async ({ params: { name, label }, body, project: { store } }) => store.labels.move(name, label, checked(body)),
  );

  await app.register(labelPlanRoutes);

  await app.register(async (scope: typeof app) => {
    ignoreBodies(scope);
    scope.delete(
      '/models/:name/labels/:label',
      {
        config: { scope: 'models:deploy' },
        schema: {
          operationId: 'removeLabel',
          tags: ['models'],
          summary: 'Remove a label from its version',
          description: 'Keeps the history: a rollback restores the label.',
          params,
          response: { ...state('The label, which no version has.'), ...problems(404) },
        },
      },
      async ({ params: { name, label }, project: { store } }) => store.labels.remove(name, label),
    );

    scope.post(
      '/models/:name/labels/:label/rollback',
      {
        config: { scope: 'models:deploy' },
        schema: {
          operationId: 'rollbackLabel',
          tags: ['models'],
          summary: 'Move a label back to its previous version',
          description:
            'Each further rollback goes one version further back, as far as the history is kept. Deleted versions are skipped. The answer is 409 if no earlier version is left.',
          params,
          response: { ...state('The label after the request.'), ...problems(404, 409) },
        },
      },
      async ({ params: { name, label }, project: { store } }) => store.labels.rollback(name, label),
    );
  });
};

const labelPlanRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/models/:name/labels/:label/plan',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { scope: 'models:read' },
      schema: {
        operationId: 'planLabelMove',
        tags: ['models'],
        summary: 'Ask whether a label would move',
        description:
          'Takes the body of `PUT …/labels/{label}` and moves nothing: says whether gate and expectation hold now, and which scores the gate compares.',
        params: Type.Object({ name: params.properties.name, label: Label }),
        body: LabelRequest,
        response: {
          200: { ...LabelPlan, description: 'Whether the label would move, and the scores that the gate compares.' },
          ...problems(400, 404, 408, 413, 415),
        },
      },
    },
    async ({ params: { name, label }, body, project: { store } }) => store.labels.plan(name, label, checked(body)),
  );
};

/** Returns the request. Throws `invalid_request` with a pointer if the fields of its gate do not fit together. */
function checked(request: LabelRequest): LabelRequest {
  const fault = request.gate && gateFault(request.gate);
  if (fault !== undefined) throw refuseFields([{ pointer: `/gate${fault.pointer}`, message: fault.message }]);
  return request;
}
