/** Routes of evaluations: GET /models/{name}/versions/{version}/evaluation, its images, its comparison with another, …/card. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { Evaluation } from '../../contracts/models/evaluation.js';
import {
  ComparisonQuery,
  EvaluationComparison,
  TestPredictionPage,
  TestPredictionQuery,
} from '../../contracts/models/test-image.js';
import { writeModelCard } from '../../formats/model-card.js';
import { keepForever } from '../http/caching.js';
import { problems } from '../http/openapi.js';
import { findStored } from './find-stored.js';
import { VersionParams } from './models.js';

const ImageParams = Type.Object({
  ...VersionParams.properties,
  image: Type.Integer({ minimum: 0, maximum: 9_999, description: 'Index in `confused`, from 0.' }),
});

export const evaluationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(testImageRoutes);

  app.get(
    '/models/:name/versions/:version/evaluation',
    {
      config: { scope: 'models:read' },
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
    async ({ params, project: { store, evaluations } }) => evaluations.get(await store.get(params)),
  );

  app.get(
    '/models/:name/versions/:version/evaluation/images/:image',
    {
      config: { scope: 'models:read' },
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
    async ({ params: { image, ...reference }, project: { store, evaluations } }, reply) => {
      const file = await evaluations.image(await store.get(reference), image);
      // The files of a version never change, and its number is never reused.
      keepForever(reply);
      return reply.type('image/png').send(file);
    },
  );

  app.get(
    '/models/:name/versions/:version/card',
    {
      config: { scope: 'models:read' },
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
    async ({ params, project: { store, evaluations } }, reply) => {
      const model = await store.get(params);
      const card = writeModelCard(model.manifest, await evaluations.find(model));
      return reply.type('text/markdown; charset=utf-8').send(card);
    },
  );
};

/** Routes about single test images. */
const testImageRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/models/:name/versions/:version/evaluation/images',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'listEvaluationImages',
        tags: ['models'],
        summary: 'List the test images with their predictions',
        description:
          'All test images of the evaluation (at most the first million), or those of a cell of the confusion matrix: `actual` and `predicted`. The pictures are in the data set: `pictures` says whether it still has them.',
        params: VersionParams,
        querystring: TestPredictionQuery,
        response: {
          200: { ...TestPredictionPage, description: 'A page of test images, by the probability of the prediction.' },
          ...problems(400, 404, 500),
        },
      },
    },
    async ({ params, query, project: { store, evaluations } }) => evaluations.images(await store.get(params), query),
  );

  app.get(
    '/models/:name/versions/:version/evaluation/comparison',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'compareEvaluations',
        tags: ['models'],
        summary: 'Compare two versions image by image',
        description:
          'Which test images changed sides: those that only this version classifies correctly, and those that only the other version does. Both versions must have been evaluated on the same test images.',
        params: VersionParams,
        querystring: ComparisonQuery,
        response: {
          200: { ...EvaluationComparison, description: 'The counts, and a page of the images.' },
          ...problems(400, 404, 409, 500),
        },
      },
    },
    async ({ params, query, project: { store, evaluations } }) => {
      const model = await store.get(params);
      return evaluations.compare(model, await findStored(store, query.with), query);
    },
  );
};
