/** Extensions of the Open Inference Protocol: the repository of models, their configuration, and statistics. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import {
  IndexRequest,
  ModelConfig,
  RepositoryIndex,
  Statistics,
} from '../../contracts/protocols/open-inference-messages.js';
import type { Duration, ModelStatistics } from '../../inference/statistics.js';
import type { ProjectParts } from '../deps.js';
import { protocolErrors } from '../http/openapi.js';
import { limitPredictions } from '../prediction/scope.js';
import { acceptAnyJson } from './json-body.js';
import { writeConfig } from './open-inference-config.js';
import { PATHS, type ProtocolDeps } from './open-inference-routes.js';
import { modelName, referenceOf, requireModelOfPath } from './references.js';

const tags = ['open inference protocol'];
const params = Type.Object({ name: modelName });
const statistics = { 200: { ...Statistics, description: 'Counts since this API process started.' } };

export const repositoryRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  acceptAnyJson(app);
  limitPredictions(app, deps.limits, requireModelOfPath);
  await app.register(indexRoute, deps);
  await app.register(loadRoutes, deps);
  await app.register(statisticsRoutes, deps);
};

const indexRoute: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { predictor }) => {
  const pace = createPacer(1);
  app.post(
    '/v2/repository/index',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getV2RepositoryIndex',
        tags,
        summary: 'List every version of every model',
        body: Type.Union([IndexRequest, Type.Null()]),
        response: { 200: { ...RepositoryIndex, description: 'The versions.' }, ...protocolErrors(400, 408, 413, 415) },
      },
    },
    async (request): Promise<RepositoryIndex> => {
      const models = await request.project.store.models();
      await pace();
      const index = models.map((model) => {
        const { name, version } = model.manifest;
        const { refused } = predictor.stateOf(model);
        const state = refused === undefined ? 'READY' : 'UNAVAILABLE';
        return { name, version: String(version), state, reason: refused?.message ?? '' };
      });
      return request.body?.ready === true ? index.filter(({ state }) => state === 'READY') : index;
    },
  );
};

const loadRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { predictor }) => {
  app.post(
    '/v2/repository/models/:name/load',
    {
      config: { scope: 'models:deploy' },
      schema: {
        operationId: 'loadV2Model',
        tags,
        summary: 'Load a model and run it once',
        description: 'Without this request a model is loaded by its first prediction.',
        params,
        response: {
          200: { description: 'The model is loaded.', content: { 'application/json': { schema: Type.Object({}) } } },
          ...protocolErrors(400, 404, 408, 413, 415, 429, 500, 503, 504),
        },
      },
    },
    async (request) => {
      await request.project.classifier.load(referenceOf(request.params), request.caller);
      return {};
    },
  );

  app.post(
    '/v2/repository/models/:name/unload',
    {
      config: { scope: 'models:deploy' },
      schema: {
        operationId: 'unloadV2Model',
        tags,
        summary: 'Unload a model',
        description:
          'Frees the memory of all versions, or of the one that a reference such as `boots@3` names. The next prediction loads the model again.',
        params,
        response: {
          200: {
            description: 'The model is not loaded.',
            content: { 'application/json': { schema: Type.Object({}) } },
          },
          ...protocolErrors(400, 404, 408, 413, 415, 500),
        },
      },
    },
    async (request) => {
      const { classifier, store } = request.project;
      const reference = referenceOf(request.params);
      const models = reference.includes('@') ? [await classifier.resolve(reference)] : await store.versions(reference);
      await Promise.all(models.map((each) => predictor.unload(each)));
      return {};
    },
  );
};

const statisticsRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { predictor }) => {
  app.get(
    '/v2/models/stats',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'getV2Statistics',
        tags,
        summary: 'Get the statistics of all models',
        response: statistics,
      },
    },
    async ({ project }) => statisticsOf(predictor.statistics().filter(isIn(project))),
  );

  for (const { path, params: place, suffix } of PATHS) {
    app.get(
      `${path}/config`,
      {
        config: { scope: 'models:read' },
        schema: {
          operationId: `getV2ModelConfig${suffix}`,
          tags,
          summary: 'Get the configuration of a model',
          params: place,
          response: {
            200: { ...ModelConfig, description: 'The configuration in the format of Triton.' },
            ...protocolErrors(400, 404, 500),
          },
        },
      },
      async (request): Promise<ModelConfig> => {
        const model = await request.project.classifier.resolve(referenceOf(request.params));
        return writeConfig(model, predictor.stateOf(model).runtime);
      },
    );

    app.get(
      `${path}/stats`,
      {
        config: { scope: 'models:read' },
        schema: {
          operationId: `getV2ModelStatistics${suffix}`,
          tags,
          summary: 'Get the statistics of a model',
          params: place,
          response: { ...statistics, ...protocolErrors(400, 404, 500) },
        },
      },
      async (request) => {
        const { source } = await request.project.classifier.resolve(referenceOf(request.params));
        const isRequested = ({ name, version }: ModelStatistics) =>
          name === source.name &&
          (!('version' in request.params) || ('version' in source && version === source.version));
        return statisticsOf(predictor.statistics().filter(isIn(request.project)).filter(isRequested));
      },
    );
  }
};

const isIn =
  ({ store }: Pick<ProjectParts, 'store'>) =>
  ({ folder }: ModelStatistics): boolean =>
    store.holds(folder);

function statisticsOf(models: readonly ModelStatistics[]): Statistics {
  return {
    model_stats: models.map(({ name, version, lastInferenceMs, images, success, fail, queue, batches }) => {
      const sizes = [...batches].toSorted(([a], [b]) => a - b);
      return {
        name,
        version: String(version),
        last_inference: lastInferenceMs,
        inference_count: images,
        execution_count: sizes.reduce((sum, [, { count }]) => sum + count, 0),
        inference_stats: {
          success: inNanoseconds(success),
          fail: inNanoseconds(fail),
          queue: inNanoseconds(queue),
          compute_infer: inNanoseconds(totalOf(sizes.map(([, duration]) => duration))),
        },
        batch_stats: sizes.map(([size, duration]) => ({ batch_size: size, compute_infer: inNanoseconds(duration) })),
      };
    }),
  };
}

const inNanoseconds = ({ count, ms }: Duration) => ({ count, ns: Math.round(ms * 1e6) });

const totalOf = (durations: readonly Duration[]): Duration =>
  durations.reduce((total, { count, ms }) => ({ count: total.count + count, ms: total.ms + ms }), { count: 0, ms: 0 });
