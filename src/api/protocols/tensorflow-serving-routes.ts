/** Routes of TensorFlow Serving's REST API under /v1: predict, classify, status, metadata. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TSchema, Type } from 'typebox';
import {
  ServingClassifyRequest,
  ServingClassifyResponse,
  ServingMetadata,
  ServingPredictRequest,
  ServingPredictResponse,
  ServingStatus,
} from '../../contracts/protocols/tensorflow-serving-messages.js';
import { TrainyardError } from '../../errors/errors.js';
import type { StoredModel } from '../../store/index.js';
import { protocolErrors } from '../http/openapi.js';
import { limitPredictions, PredictionHeaders } from '../prediction/scope.js';
import { perImage, topClasses } from '../prediction/top-classes.js';
import { acceptAnyJson } from './json-body.js';
import { toJsonNumber } from './numbers.js';
import type { ProtocolDeps, ServingParts } from './open-inference-routes.js';
import { type ModelPath, modelName, referenceOf, requireModelOfPath } from './references.js';
import { describeModel, readExamples, readPredict, writePredictions } from './tensorflow-serving-codec.js';

const tags = ['tensorflow serving protocol'];
const version = Type.Integer({ minimum: 1, maximum: 999_999_999, description: 'Version of the model, from 1.' });
const label = Type.String({ maxLength: 200, description: 'Label of a version.' });

/** Paths before `:predict`. Their last part ends at the colon, except for a reference to a job, which contains one. */
const PATHS = [
  { path: '/v1/models/:name', last: 'name', params: Type.Object({ name: modelName }), suffix: '' },
  {
    path: '/v1/models/:name/versions/:version',
    last: 'version',
    params: Type.Object({ name: modelName, version }),
    suffix: 'Version',
  },
  {
    path: '/v1/models/:name/labels/:label',
    last: 'label',
    params: Type.Object({ name: modelName, label }),
    suffix: 'Label',
  },
] as const;

const refusedStatuses = [400, 404, 408, 413, 415, 429, 500, 503, 504];

export const tensorflowServingRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  acceptAnyJson(app);
  limitPredictions(app, deps.limits, requireModelOfPath);
  await app.register(predictRoute, deps);
  await app.register(classifyRoute, deps);
  await app.register(regressRoute, deps);
  await app.register(statusRoutes, deps);
};

const predictRoute: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { limits }) => {
  for (const servedPath of PATHS) {
    app.post(
      verbPath(servedPath, 'predict'),
      {
        bodyLimit: limits.maxBodyBytes,
        config: { scope: 'predict', acceptsCompressed: true },
        schema: describe(
          servedPath,
          'predict',
          'Predict with a model: all outputs',
          ServingPredictRequest,
          ServingPredictResponse,
        ),
      },
      async (request) => {
        const body = request.body as ServingPredictRequest;
        const classified = { model: referenceOf(request.params), images: readPredict(body) };
        return writePredictions(
          await request.project.classifier.classify(classified, request.caller),
          body.instances !== undefined,
        );
      },
    );
  }
};

const classifyRoute: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { limits }) => {
  for (const servedPath of PATHS) {
    app.post(
      verbPath(servedPath, 'classify'),
      {
        bodyLimit: limits.maxBodyBytes,
        config: { scope: 'predict', acceptsCompressed: true },
        schema: describe(
          servedPath,
          'classify',
          'Predict with a model: classes with their probabilities',
          ServingClassifyRequest,
          ServingClassifyResponse,
        ),
      },
      async (request): Promise<ServingClassifyResponse> => {
        const classified = {
          model: referenceOf(request.params),
          images: readExamples(request.body as ServingClassifyRequest),
        };
        const { model, outputs } = await request.project.classifier.classify(classified, request.caller);
        const { classes } = model.manifest;
        const results = perImage(outputs, classes.length).map((image) =>
          topClasses(image, classes, { count: classes.length }).map(
            ({ label: name, probability }): [string, number] => [name, toJsonNumber(probability)],
          ),
        );
        return { results };
      },
    );
  }
};

const regressRoute: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { limits }) => {
  for (const servedPath of PATHS) {
    app.post(
      verbPath(servedPath, 'regress'),
      {
        bodyLimit: limits.maxBodyBytes, // refuses large bodies with the same message
        config: { scope: 'predict', acceptsCompressed: true },
        schema: {
          operationId: `regressServing${servedPath.suffix}`,
          tags,
          summary: 'Regress (always refused: every model is a classifier)',
          params: servedPath.params,
          response: protocolErrors(...refusedStatuses),
        },
      },
      async () => {
        throw new TrainyardError(
          'invalid_request',
          'The models of this service are classifiers: use :classify or :predict.',
        );
      },
    );
  }
};

const statusRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  for (const { path, params, suffix } of PATHS) {
    app.get(
      path,
      {
        config: { scope: 'models:read' },
        schema: {
          operationId: `getServingStatus${suffix}`,
          tags,
          summary: 'Get the states of the versions of a model',
          params,
          response: { 200: { ...ServingStatus, description: 'The versions.' }, ...protocolErrors(400, 404, 500) },
        },
      },
      async (request) => versionStates({ ...deps, ...request.project }, request.params),
    );

    app.get(
      `${path}/metadata`,
      {
        config: { scope: 'models:read' },
        schema: {
          operationId: `getServingMetadata${suffix}`,
          tags,
          summary: 'Get the signature of a model',
          params,
          response: { 200: { ...ServingMetadata, description: 'The signature.' }, ...protocolErrors(400, 404, 500) },
        },
      },
      async (request) => describeModel(await request.project.classifier.resolve(referenceOf(request.params))),
    );
  }
};

type ServedPath = (typeof PATHS)[number];

/** Returns the path with `:verb` after its last parameter, as Fastify's router writes it. */
function verbPath({ path, last }: ServedPath, verb: string): string {
  return `${path.replace(`:${last}`, `:${last}(^(?:job:)?[^:]+)`)}::${verb}`;
}

function describe<P extends ServedPath>(
  servedPath: P,
  id: string,
  summary: string,
  request: TSchema,
  response: TSchema,
) {
  return {
    operationId: `${id}Serving${servedPath.suffix}`,
    tags,
    summary,
    description: 'The body may be compressed: `Content-Encoding` gzip or deflate.',
    params: servedPath.params as P['params'],
    headers: PredictionHeaders,
    body: request,
    response: {
      200: { ...response, description: 'The result of each image, in the order of the images.' },
      ...protocolErrors(...refusedStatuses),
    },
  };
}

/** Returns the states of the versions of a name, or of the one version that the path names. */
async function versionStates({ classifier, predictor, store }: ServingParts, path: ModelPath): Promise<ServingStatus> {
  const { source } = await classifier.resolve(referenceOf(path));
  const ofVersion = async () => ('version' in source ? [await store.get(source)] : []);
  const ofName = async () => (await store.versions(source.name)).toReversed();
  const models = await ('version' in path || 'label' in path ? ofVersion() : ofName());
  const stateOf = (model: StoredModel) => {
    const { refused } = predictor.stateOf(model);
    return {
      version: String(model.manifest.version),
      state: refused === undefined ? 'AVAILABLE' : 'END',
      status: { error_code: refused === undefined ? 'OK' : 'DATA_LOSS', error_message: refused?.message ?? '' },
    };
  };
  return { model_version_status: models.map(stateOf) };
}
