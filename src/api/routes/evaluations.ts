/** GET /models/{name}/versions/{version}/evaluation, its images, and the model card. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { Evaluation } from '../../contracts/models/evaluation.js';
import { writeModelCard } from '../../formats/model-card.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../http/openapi.js';
import { VersionParams } from './models.js';

const ImageParams = Type.Object({
  ...VersionParams.properties,
  image: Type.Integer({ minimum: 0, maximum: 9_999, description: 'Place in `confused`, from 0.' }),
});

/** What a version was stored with never changes: a version's number is given once. */
const FOREVER = 'private, max-age=31536000, immutable';

export const evaluationRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'store' | 'evaluations'>> = async (
  app,
  { store, evaluations },
) => {
  app.get(
    '/models/:name/versions/:version/evaluation',
    {
      schema: {
        operationId: 'getEvaluation',
        tags: ['models'],
        summary: 'What a model gets right and wrong on the test images',
        description:
          'Made at the end of the training: confusion matrix, scores per class, calibration, and the images it was most wrong about, each at `…/evaluation/images/{image}` by its place in `confused`.',
        params: VersionParams,
        response: { 200: { ...Evaluation, description: 'The evaluation.' }, ...problems(400, 404, 500) },
      },
    },
    async (request) => evaluations.get(await store.get(request.params)),
  );

  app.get(
    '/models/:name/versions/:version/evaluation/images/:image',
    {
      schema: {
        operationId: 'getEvaluationImage',
        tags: ['models'],
        summary: 'An image that a model was most wrong about',
        params: ImageParams,
        response: {
          200: { description: 'The image as the data set has it.', content: { 'image/png': { schema: BinaryFile() } } },
          ...problems(400, 404, 500),
        },
      },
    },
    async ({ params: { image, ...reference } }, reply) => {
      const file = await evaluations.image(await store.get(reference), image);
      return reply.type('image/png').header('cache-control', FOREVER).send(file);
    },
  );

  app.get(
    '/models/:name/versions/:version/card',
    {
      schema: {
        operationId: 'getModelCard',
        tags: ['models'],
        summary: 'The model card',
        description: 'Markdown: intended use, data, recipe, scores, confusion, calibration, files.',
        params: VersionParams,
        response: {
          200: { description: 'The card.', content: { 'text/markdown': { schema: { type: 'string' } } } },
          ...problems(400, 404, 500),
        },
      },
    },
    async (request, reply) => {
      const model = await store.get(request.params);
      const card = writeModelCard(model.manifest, await evaluations.find(model));
      return reply.type('text/markdown; charset=utf-8').send(card);
    },
  );
};
