/** Routes of evaluations on data sets: POST /models/{model}/evaluations, and those of each version. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { classSetFault } from '../../contracts/models/class-list.js';
import {
  DatasetComparison,
  DatasetComparisonQuery,
  DatasetEvaluation,
  DatasetEvaluationDetails,
  DatasetEvaluationPage,
  DatasetEvaluationQuery,
  DatasetEvaluationRequest,
  EvaluatedImagePage,
} from '../../contracts/models/dataset-evaluation.js';
import { TestPredictionQuery } from '../../contracts/models/test-image.js';
import type { ModelReference } from '../../contracts/references/model-reference.js';
import { StoredReference } from '../../contracts/references/reference.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';
import { lookUpDataset, requireFiles } from '../submission/dataset-lookup.js';
import { findStored } from './find-stored.js';
import { SubmitHeaders } from './jobs.js';
import { VersionParams } from './models.js';

const BODY_LIMIT_BYTES = 4 * 1024;

const EvaluationParams = Type.Object({
  ...VersionParams.properties,
  id: Type.String({ format: 'uuid', description: 'Id of the evaluation.' }),
});

export type DatasetEvaluationDeps = Pick<AppDeps, 'requireSpace'>;

export const datasetEvaluationRoutes: FastifyPluginAsyncTypebox<DatasetEvaluationDeps> = async (
  app,
  { requireSpace },
) => {
  app.post(
    '/models/:model/evaluations',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { scope: 'models:write' },
      schema: {
        operationId: 'evaluateModel',
        tags: ['models'],
        summary: 'Evaluate a model on a data set',
        description:
          'Queues an evaluation among the jobs: a worker predicts every image of the split as `POST /predict` does, and stores scores, confusion, calibration and predictions with the version. Works for imported models too. The classes of the data set must be those of the model; they are matched by name. With an `Idempotency-Key` you can repeat the request for a day, and it queues no second evaluation.',
        headers: SubmitHeaders,
        params: Type.Object({ model: StoredReference }),
        body: DatasetEvaluationRequest,
        response: {
          200: {
            ...DatasetEvaluation,
            description: 'The evaluation that an earlier request with the same `Idempotency-Key` queued, as it is now.',
          },
          202: {
            ...DatasetEvaluation,
            description: 'The evaluation is queued.',
            headers: { Location: { type: 'string', description: 'Path of the evaluation.' } },
          },
          ...problems(400, 404, 408, 413, 415, 422, 429, 500, 503, 507),
        },
      },
    },
    async ({ params, body, headers, project }, reply) => {
      const { store, datasets, evaluationJobs } = project;
      const model = await findStored(store, params.model);
      await requireEvaluable(model.manifest.classes, body, { datasets, ...(requireSpace && { requireSpace }) });
      const { name, version } = model.manifest;
      const { evaluation, replayed } = await evaluationJobs.submit({ name, version }, body, headers['idempotency-key']);
      reply.code(replayed ? 200 : 202).header('location', pathOf(evaluation));
      if (replayed) reply.header('idempotency-replayed', 'true');
      return reply.send(evaluation);
    },
  );

  await app.register(storedEvaluationRoutes);
};

const storedEvaluationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  ignoreBodies(app);

  app.get(
    '/models/:name/versions/:version/evaluations',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'listDatasetEvaluations',
        tags: ['models'],
        summary: 'List the evaluations of a version on data sets',
        description:
          'Queued, running and ended ones. A version keeps its newest 100. Failed ones are listed for a week.',
        params: VersionParams,
        querystring: DatasetEvaluationQuery,
        response: {
          200: { ...DatasetEvaluationPage, description: 'The evaluations, newest first.' },
          ...problems(400, 404, 503),
        },
      },
    },
    async ({ params, query, project }): Promise<DatasetEvaluationPage> => {
      await project.store.get(params);
      const evaluations = await listAll(params, project);
      return { evaluations: evaluations.filter((each) => fits(each, query)) };
    },
  );

  app.get(
    '/models/:name/versions/:version/evaluations/:id',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getDatasetEvaluation',
        tags: ['models'],
        summary: 'Get an evaluation on a data set',
        description:
          'State and progress; once it has succeeded, scores, confusion, scores of each class and calibration.',
        params: EvaluationParams,
        response: {
          200: { ...DatasetEvaluationDetails, description: 'The evaluation.' },
          ...problems(400, 404, 500, 503),
        },
      },
    },
    async ({ params, project }): Promise<DatasetEvaluationDetails> => {
      const evaluation = await find(params, project);
      return evaluation.state === 'succeeded' ? project.datasetEvaluations.details(evaluation) : evaluation;
    },
  );

  await app.register(evaluatedImageRoute);
  await app.register(comparisonRoute);
  await app.register(deletionRoute);
};

const evaluatedImageRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/models/:name/versions/:version/evaluations/:id/images',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'listDatasetEvaluationImages',
        tags: ['models'],
        summary: 'List the images of an evaluation with their predictions',
        description:
          'All images of the split (at most the first million), or those of a cell of the confusion matrix: `actual` and `predicted`. `pictures` says whether the data set still has them.',
        params: EvaluationParams,
        querystring: TestPredictionQuery,
        response: {
          200: { ...EvaluatedImagePage, description: 'A page of images, by the probability of the prediction.' },
          ...problems(400, 404, 409, 500, 503),
        },
      },
    },
    async ({ params, query, project }): Promise<EvaluatedImagePage> => {
      const evaluation = await find(params, project);
      if (evaluation.state !== 'succeeded') throw notSucceeded(evaluation);
      return project.datasetEvaluations.images(await project.store.get(params), evaluation, query);
    },
  );
};

const comparisonRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/models/:name/versions/:version/comparison',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'compareOnDataset',
        tags: ['models'],
        summary: 'Compare two versions on a data set',
        description:
          'Compares the newest evaluations of both versions on the same images: how many only one of them classifies correctly, McNemar’s test, a bootstrap interval of the difference in accuracy, and the images that changed sides. The versions may belong to different models with the same classes.',
        params: VersionParams,
        querystring: DatasetComparisonQuery,
        response: {
          200: { ...DatasetComparison, description: 'The comparison, and a page of the images.' },
          ...problems(400, 404, 409, 500),
        },
      },
    },
    async ({ params, query, project: { store, datasetEvaluations } }): Promise<DatasetComparison> => {
      const model = await store.get(params);
      return datasetEvaluations.compare(model, await findStored(store, query.with), query);
    },
  );
};

const deletionRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.delete(
    '/models/:name/versions/:version/evaluations/:id',
    {
      config: { scope: 'models:write' },
      schema: {
        operationId: 'deleteDatasetEvaluation',
        tags: ['models'],
        summary: 'Cancel or delete an evaluation on a data set',
        description: 'A queued or running one is cancelled: its worker stops within a second and stores nothing.',
        params: EvaluationParams,
        response: { 204: { type: 'null', description: 'Deleted.' }, ...problems(400, 404, 503) },
      },
    },
    async ({ params, project }, reply) => {
      const { model, id } = await find(params, project);
      await project.evaluationJobs.delete(model, id);
      await project.datasetEvaluations.remove(model, id);
      return reply.code(204).send(null);
    },
  );
};

type EvaluationKey = ModelReference & Readonly<{ id: string }>;

/**
 * Finds an evaluation of a version. A stored result goes before the record of the queue: a worker may die after it has stored the result
 * and before it has recorded the end. Throws `model_not_found` and `evaluation_not_found`.
 */
async function find(
  { name, version, id }: EvaluationKey,
  { store, evaluationJobs, datasetEvaluations }: ProjectParts,
): Promise<DatasetEvaluation> {
  await store.get({ name, version });
  const stored = await datasetEvaluations.find({ name, version }, id);
  if (stored !== undefined && !(await evaluationJobs.isDeleted(id))) return stored;
  const queued = await evaluationJobs.find(id);
  if (queued?.model.name === name && queued.model.version === version) return queued;
  throw new TrainyardError(
    'evaluation_not_found',
    `${name}@${version} has no evaluation ${id}. GET /models/${name}/versions/${version}/evaluations lists them.`,
  );
}

/** Returns the stored and the queued evaluations of a version, newest first. */
async function listAll(
  { name, version }: ModelReference,
  { evaluationJobs, datasetEvaluations }: ProjectParts,
): Promise<DatasetEvaluation[]> {
  const model = { name, version };
  const [stored, queued] = await Promise.all([datasetEvaluations.list(model), evaluationJobs.list(model)]);
  const ids = new Set(stored.map(({ id }) => id));
  // Newer evaluations replace a stored result, but the record of its success stays in Redis for a while.
  const others = queued.filter(({ id, state }) => !ids.has(id) && state !== 'succeeded');
  return [...stored, ...others].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

const fits = (evaluation: DatasetEvaluation, { dataset, split }: DatasetEvaluationQuery): boolean =>
  (dataset === undefined || evaluation.dataset === dataset) && (split === undefined || evaluation.split === split);

/** Throws `invalid_request` with a pointer unless the model can be evaluated on the split, and what `requireSpace` throws. */
async function requireEvaluable(
  classes: readonly string[],
  { dataset, split = 'test' }: DatasetEvaluationRequest,
  { datasets, requireSpace }: DatasetEvaluationDeps & Pick<ProjectParts, 'datasets'>,
): Promise<void> {
  const info = await lookUpDataset({ dataset }, datasets);
  await requireFiles(dataset, datasets);
  const fault = classSetFault(classes, info.classes);
  if (fault !== undefined)
    throw refuseFields([{ pointer: '/dataset', message: `must have the classes of the model: ${dataset} ${fault}` }]);
  await datasets.splits.digest(dataset, split);
  await requireSpace?.();
}

function notSucceeded({ id, state, error }: DatasetEvaluation): TrainyardError {
  const reason =
    state === 'failed' ? `failed: ${error?.message ?? 'unknown reason.'}` : `is ${state}. Wait until it has succeeded.`;
  return new TrainyardError('job_state', `The evaluation ${id} ${reason}`);
}

const pathOf = ({ id, model: { name, version } }: DatasetEvaluation): string =>
  `/models/${name}/versions/${version}/evaluations/${id}`;
