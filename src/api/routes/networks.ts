/** Routes of networks: GET /networks, GET /networks/{name}/summary. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import { resolveJob } from '../../contracts/jobs/job.js';
import {
  type Architecture,
  checkNetworkOptions,
  NETWORK_NAMES,
  NetworkInfo,
  type NetworkName,
  type NetworkOptions,
  NetworkSummary,
  OPTION_NAMES,
  requestedOptions,
  resolveNetworkOptions,
  SummaryQuery,
} from '../../contracts/networks/network.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { callerOf } from '../http/client-key.js';
import { problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';
import { formatSummary } from '../summary-table.js';

type NetworkDeps = Pick<AppDeps, 'builds'>;

export const networkRoutes: FastifyPluginAsyncTypebox<NetworkDeps> = async (app, deps) => {
  await app.register(networkListRoute, deps);
  await app.register(networkSummaryRoute, deps);
};

const networkListRoute: FastifyPluginAsyncTypebox<NetworkDeps> = async (app, { builds }) => {
  app.get(
    '/networks',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'listNetworks',
        tags: ['networks'],
        summary: 'List networks',
        response: {
          200: {
            description: 'The networks with their variants and options.',
            ...Type.Object({ networks: Type.Array(NetworkInfo) }),
          },
          ...problems(429, 503),
        },
      },
    },
    async (request, reply) => ({ networks: await builds.run('describe', {}, callerOf(request, reply)) }),
  );
};

const networkSummaryRoute: FastifyPluginAsyncTypebox<NetworkDeps> = async (app, deps) => {
  app.get(
    '/networks/:name/summary',
    {
      config: { scope: 'system:read' },
      schema: {
        operationId: 'summarizeNetwork',
        tags: ['networks'],
        summary: 'Get the layers, output shapes and parameters of a network',
        description: 'Returns JSON, or a plain-text table if the client accepts `text/plain` but not JSON.',
        params: Type.Object({ name: Type.String({ description: 'Name of a network from `GET /networks`.' }) }),
        querystring: SummaryQuery,
        response: {
          200: {
            description: 'The network with this input.',
            content: { 'application/json': { schema: NetworkSummary }, 'text/plain': { schema: Type.String() } },
          },
          ...problems(400, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const summary = await summarize(deps, request.params.name, request.query, request, callerOf(request, reply));
      const accept = request.headers.accept ?? '';
      if (accept.includes('text/plain') && !accept.includes('json')) {
        return reply.type('text/plain; charset=utf-8').send(formatSummary(summary));
      }
      return reply.send(summary);
    },
  );
};

/** Returns the layers of a network and, with `batchSize`, the memory of a job that trains it. */
async function summarize(
  deps: NetworkDeps,
  name: string,
  query: SummaryQuery,
  request: FastifyRequest,
  caller: Caller,
): Promise<NetworkSummary> {
  const network = findNetwork(name);
  const { input: size, classes, batchSize } = query;
  const [channels = 1, height = 1, width = 1] = size.split('x').map(Number);
  const architecture = { network, networkOptions: optionsOf(network, request) };
  if (batchSize !== undefined && height !== width) {
    const message = `must be square if batchSize is given, since a job trains on square images, not ${height}×${width}`;
    throw refuseFields([{ pointer: '?input', message }]);
  }
  const input = { channels, height, width };
  const layers = await deps.builds.run('summary', { architecture, input, classes }, caller);
  if (batchSize === undefined) return layers;
  return {
    ...layers,
    memory: await memoryOf(
      { ...deps, ...request.project },
      { architecture, resize: height, channels, classes },
      batchSize,
      caller,
    ),
  };
}

function findNetwork(name: string): NetworkName {
  const network = NETWORK_NAMES.find((each) => each === name);
  if (network !== undefined) return network;
  throw new TrainyardError('not_found', `There is no network "${name}": choose one of ${NETWORK_NAMES.join(', ')}.`);
}

type TrainingInput = Readonly<{ architecture: Architecture; resize: number; channels: number; classes: number }>;

/** Returns the memory of a job on images of this size with all other settings at their defaults. */
async function memoryOf(
  { builds, datasets }: NetworkDeps & Pick<ProjectParts, 'datasets'>,
  input: TrainingInput,
  batchSize: number,
  caller: Caller,
) {
  const { architecture, resize, channels, classes } = input;
  const spec = { ...resolveJob({ network: architecture.network, batchSize, dataset: { resize } }), ...architecture };
  const { height, width } = await datasets.find(spec.dataset.name);
  const plan = await builds.run('plan', { spec, image: { channels, height, width }, classes }, caller);
  return plan.memory;
}

/** Resolves the network options of the query. Throws `invalid_request` for options that the network does not have. */
function optionsOf(network: NetworkName, request: FastifyRequest): NetworkOptions {
  const query = request.query as SummaryQuery;
  const named = Object.fromEntries(Object.entries(query).filter(([name]) => OPTION_NAMES.has(name)));
  const options = { ...named, ...(query.blocks !== undefined && { blocks: query.blocks.split(',').map(Number) }) };
  const validate = request.compileValidationSchema(requestedOptions[network], 'querystring');
  // Fastify's type does not know the result of this service's own validator.
  const { error } = validate(options) as unknown as { error?: TrainyardError };
  if (error !== undefined) throw error;
  const resolved = resolveNetworkOptions(network, options as object);
  const faults = checkNetworkOptions({ network, networkOptions: resolved });
  if (faults.length === 0) return resolved;
  throw refuseFields(faults.map(({ pointer, message }) => ({ pointer: `?${pointer.slice(1)}`, message })));
}
