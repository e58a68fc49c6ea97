/** Route GET /: an index of the service for programs, the console for browsers. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { ServiceIndex } from '../../contracts/service/service-index.js';
import { varyBy } from '../http/preferred-type.js';
import { API_VERSION } from '../version.js';

const INDEX: ServiceIndex = {
  name: 'trainyard',
  version: API_VERSION,
  links: {
    console: 'ui/',
    docs: 'docs',
    openapi: 'openapi.yaml',
    jobs: 'jobs',
    models: 'models',
    datasets: 'datasets',
    predict: 'predict',
    networks: 'networks',
    workers: 'workers',
    deliveries: 'webhooks/deliveries',
    storage: 'storage',
    settings: 'settings',
    readiness: 'readyz',
    liveness: 'livez',
    metrics: 'monitoring/metrics',
  },
};

export const rootRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/',
    {
      config: { scope: null },
      schema: {
        operationId: 'getIndex',
        tags: ['operation'],
        summary: 'Get the version and the links of the service',
        description: 'A browser, whose `Accept` names `text/html`, is sent to the console at `ui/` instead.',
        response: {
          200: { ...ServiceIndex, description: 'The index.' },
          302: { description: 'The console, for browsers.', type: 'null' },
        },
      },
    },
    async (request, reply) => {
      varyBy(reply, 'accept');
      if (prefersHtml(request)) return reply.redirect('ui/', 302);
      return INDEX;
    },
  );
};

const prefersHtml = ({ headers }: FastifyRequest): boolean =>
  /\btext\/html\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers.accept ?? '');
