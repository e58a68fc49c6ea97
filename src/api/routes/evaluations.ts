/** Routes of evaluations: GET /models/{name}/versions/{version}/evaluation, …/evaluation/images/{image}, …/card. */
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
  image: Type.Integer({ minimum: 0, maximum: 9_999, description: 'Index in `confused`, from 0.' }),
});

/** The files of a version never change, and its number is never reused. */
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
        summary: 'Get the evaluation of a model on its test images',
        description:
          'Computed at the end of the training: confusion matrix, scores of each class, calibration, and the images with the most wrong predictions. Get these from `…/evaluation/images/{image}` by their index in `confused`.',
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
        summary: 'Get an image with a very wrong prediction',
        params: ImageParams,
        response: {
          200: { description: 'The image in its original size.', content: { 'image/png': { schema: BinaryFile() } } },
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
        summary: 'Get the model card',
        description: 'A Markdown page: intended use, data, training settings, scores, confusion, calibration, files.',
        params: VersionParams,
        response: {
          200: { description: 'The model card.', content: { 'text/markdown': { schema: { type: 'string' } } } },
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
