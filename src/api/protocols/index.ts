/** The optional prediction protocols: TensorFlow Serving's REST API (/v1), the Open Inference Protocol and Triton's extensions (/v2). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { repositoryRoutes } from './open-inference-repository.js';
import { openInferenceRoutes, type ProtocolDeps } from './open-inference-routes.js';
import { tensorflowServingRoutes } from './tensorflow-serving-routes.js';

export const protocolRoutes: FastifyPluginAsyncTypebox<ProtocolDeps> = async (app, deps) => {
  await app.register(openInferenceRoutes, deps);
  await app.register(repositoryRoutes, deps);
  await app.register(tensorflowServingRoutes, deps);
};
