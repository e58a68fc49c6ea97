/** Routes of the Open Inference Protocol, version 2, under /v2: health, metadata, inference. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import {
  InferenceRequest,
  InferenceResponse,
  JSON_LENGTH_HEADER,
  ModelMetadata,
  ModelNames,
  ModelReadiness,
  ProtocolError,
  ServerHealth,
  ServerMetadata,
} from '../../contracts/protocols/open-inference-messages.js';
import { isRefusal } from '../../errors/errors.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { protocolErrors } from '../http/openapi.js';
import { limitPredictions, PredictionHeaders, type PredictionLimits } from '../prediction/scope.js';
import { API_VERSION } from '../version.js';
import { acceptAnyJson } from './json-body.js';
import { PLATFORMS } from './open-inference-config.js';
import { rawRequest, readInput, wantedOutputs } from './open-inference-request.js';
import { writeResponse } from './open-inference-response.js';
import { outputsOf } from './outputs.js';
import { type ModelPath, modelName, referenceOf, requireModelOfPath, versionOrLabel } from './references.js';

export type ProtocolDeps = Pick<AppDeps, 'predictor'> & Readonly<{ limits: PredictionLimits }>;

/** What the answers about models need: the predictor, and the models of the request's project. */
export type ServingParts = Pick<AppDeps, 'predictor'> & Pick<ProjectParts, 'classifier' | 'store'>;

export const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'statistics',
];

const tags = ['open inference protocol'];
const ofModel = Type.Object({ name: modelName });
const ofVersion = Type.Object({ name: modelName, version: versionOrLabel });

/** Path of a model, without and with a version. */
export const PATHS = [
  { path: '/v2/models/:name', params: ofModel, suffix: '' },
  { path: '/v2/models/:name/versions/:version', params: ofVersion, suffix: 'Version' },
] as const;

const binary = {
  'application/octet-stream': { schema: { description: 'JSON, followed by the binary tensors that it announces.' } },
};

export const openInferenceRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  acceptAnyJson(app);
  limitPredictions(app, deps.limits, requireModelOfPath);
  await app.register(serverRoutes, deps);
  await app.register(metadataRoutes, deps);
  await app.register(inferenceRoutes, deps);
};

const serverRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { predictor }) => {
  const health = { 200: { ...ServerHealth, description: 'The health of the server.' } };
  app.get(
    '/v2/health/live',
    {
      config: { scope: null, isProbe: true },
      schema: { operationId: 'getV2Live', tags, summary: 'Check that the server is alive', response: health },
    },
    async () => ({ live: true, ready: predictor.ready() }),
  );

  app.get(
    '/v2/health/ready',
    {
      config: { scope: null, isProbe: true },
      schema: {
        operationId: 'getV2Ready',
        tags,
        summary: 'Check that the predictor is ready',
        response: { ...health, 503: { ...ServerHealth, description: 'The predictor is not ready.' } },
      },
    },
    async (_, reply) => {
      const ready = predictor.ready();
      return reply.code(ready ? 200 : 503).send({ live: true, ready });
    },
  );

  app.get(
    '/v2',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'getV2Server',
        tags,
        summary: 'Get the name, version and extensions of the server',
        response: { 200: { ...ServerMetadata, description: 'The server.' } },
      },
    },
    async () => ({ name: 'trainyard', version: API_VERSION, extensions: EXTENSIONS }),
  );

  app.get(
    '/v2/models',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'listV2Models',
        tags,
        summary: 'List the names of the models',
        response: { 200: { ...ModelNames, description: 'The names.' } },
      },
    },
    async ({ project }) => ({ models: await project.store.names() }),
  );
};

const metadataRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  for (const { path, params, suffix } of PATHS) {
    app.get(
      path,
      {
        config: { scope: 'models:read' },
        schema: {
          operationId: `getV2Model${suffix}`,
          tags,
          summary: 'Get the inputs and outputs of a model',
          params,
          response: { 200: { ...ModelMetadata, description: 'The model.' }, ...protocolErrors(400, 404, 500) },
        },
      },
      async (request) => describe({ ...deps, ...request.project }, request.params),
    );

    app.get(
      `${path}/ready`,
      {
        config: { scope: 'models:read', isProbe: true },
        schema: {
          operationId: `getV2ModelReady${suffix}`,
          tags,
          summary: 'Check that a model is ready',
          description: 'Loads the model if it has not been used since this API process started.',
          params,
          response: {
            200: { ...ModelReadiness, description: 'The model has passed the parity check.' },
            ...protocolErrors(400, 404, 429, 500, 504),
            503: {
              description:
                'The model has failed the parity check, as its entry in the repository index says; or the predictor is not ready.',
              content: { 'application/json': { schema: Type.Union([ModelReadiness, ProtocolError]) } },
            },
          },
        },
      },
      async (request, reply) => {
        const { name } = request.params;
        const parts = { ...deps, ...request.project };
        const ready = await isReady(parts, referenceOf(request.params), request.caller);
        return reply.code(ready ? 200 : 503).send({ name, ready });
      },
    );
  }
};

const inferenceRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, { limits }) => {
  for (const { path, params, suffix } of PATHS) {
    app.post(
      `${path}/infer`,
      {
        bodyLimit: limits.maxBodyBytes,
        config: { scope: 'predict', acceptsCompressed: true },
        preValidation: async (request) => {
          const sizeBytes = request.tail?.length ?? 0;
          if (request.body !== undefined || sizeBytes === 0) return;
          const { manifest } = await request.project.classifier.resolve(
            referenceOf(request.params as ModelPath),
            request.caller.signal,
          );
          request.body = rawRequest(manifest.preprocessing, sizeBytes);
        },
        schema: {
          operationId: `inferV2Model${suffix}`,
          tags,
          summary: 'Predict with a model',
          description: `\`${JSON_LENGTH_HEADER}\` is the length of the JSON in bytes; the tensors with \`binary_data_size\` follow it. If it is 0, the body is one image in the model’s input size (height × width × channels bytes) and the outputs are binary. The body may be compressed: \`Content-Encoding\` gzip or deflate.`,
          params,
          headers: PredictionHeaders,
          body: InferenceRequest,
          response: {
            200: {
              description: 'The outputs of all images.',
              content: { 'application/json': { schema: InferenceResponse }, ...binary },
            },
            ...protocolErrors(400, 404, 408, 413, 415, 429, 500, 503, 504),
          },
        },
      },
      async (request, reply) => {
        const body = request.body as InferenceRequest;
        const wanted = wantedOutputs(body);
        const classified = {
          model: referenceOf(request.params),
          images: readInput(body, request.tail ?? Buffer.alloc(0)),
        };
        const { response, tail } = writeResponse(
          await request.project.classifier.classify(classified, request.caller),
          wanted,
          body.id,
        );
        return tail === undefined ? response : sendBinary(reply, response, tail);
      },
    );
  }
};

/** Returns whether a model passes the parity check. A model that failed is loaded again: it may have been restored. */
async function isReady({ classifier, predictor }: ServingParts, reference: string, caller: Caller): Promise<boolean> {
  try {
    const { passed } = predictor.stateOf(await classifier.resolve(reference, caller.signal));
    if (!passed) await classifier.load(reference, caller);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function describe({ classifier, predictor, store }: ServingParts, path: ModelPath): Promise<ModelMetadata> {
  const model = await classifier.resolve(referenceOf(path));
  const { source, manifest } = model;
  const { height, width, channels } = manifest.preprocessing;
  const versions = 'version' in source ? await store.versions(source.name) : [];
  const outputs = outputsOf(manifest).map((name) => ({
    name,
    datatype: 'FP32',
    shape: [-1, manifest.classes.length],
  }));
  return {
    name: source.name,
    versions: versions.map((each) => String(each.manifest.version)),
    platform: PLATFORMS[predictor.stateOf(model).runtime],
    inputs: [{ name: 'images', datatype: 'UINT8', shape: [-1, height, width, channels] }],
    outputs,
  };
}

function sendBinary(reply: FastifyReply, response: InferenceResponse, tail: Buffer): FastifyReply {
  const json = Buffer.from(JSON.stringify(response));
  return reply
    .header(JSON_LENGTH_HEADER, json.length)
    .type('application/octet-stream')
    .send(Buffer.concat([json, tail]));
}
