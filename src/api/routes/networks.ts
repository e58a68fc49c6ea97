/** GET /networks, GET /networks/{name}/summary. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { NetworkName, resolveJob } from '../../contracts/job.js';
import { NetworkInfo, NetworkSummary, SummaryQuery } from '../../contracts/network.js';
import { TrainyardError } from '../../errors.js';
import type { AppDeps } from '../deps.js';
import { problems } from '../openapi.js';
import { formatSummary } from '../summary-table.js';
import { refuseFields } from '../validation.js';

export const networkRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'networks' | 'memory' | 'datasets'>> = async (
  app,
  { networks, memory, datasets },
) => {
  /** What a job on images of this size needs that is otherwise all defaults. */
  const memoryOf = (network: NetworkName, resize: number, channels: number, classes: number, batchSize: number) => {
    const spec = resolveJob({ network, batchSize, dataset: { resize } });
    return memory.estimate(spec, { ...datasets.infos[spec.dataset.name], channels }, classes);
  };

  app.get(
    '/networks',
    {
      schema: {
        operationId: 'listNetworks',
        tags: ['networks'],
        summary: 'List the networks',
        response: {
          200: {
            description: 'The architectures that can be trained.',
            ...Type.Object({ networks: Type.Array(NetworkInfo) }),
          },
        },
      },
    },
    async () => ({ networks: [...networks.infos] }),
  );

  app.get(
    '/networks/:name/summary',
    {
      schema: {
        operationId: 'summarizeNetwork',
        tags: ['networks'],
        summary: 'Layers, output shapes and parameters of a network',
        description: 'As JSON, or as a table where the client accepts `text/plain` and not JSON.',
        params: Type.Object({ name: Type.String({ description: 'A name of `GET /networks`.' }) }),
        querystring: SummaryQuery,
        response: {
          200: {
            description: 'The network at this input.',
            content: { 'application/json': { schema: NetworkSummary }, 'text/plain': { schema: Type.String() } },
          },
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const name = networks.infos.find((info) => info.name === request.params.name)?.name;
      if (name === undefined) {
        const known = NetworkName.anyOf.map((literal) => literal.const).join(', ');
        throw new TrainyardError('not_found', `There is no network "${request.params.name}"; there are ${known}.`);
      }
      const [channels = 1, height = 1, width = 1] = request.query.input.split('x').map(Number);
      const { batchSize, classes } = request.query;
      const layers = networks.summarize(name, { channels, height, width }, classes);
      if (batchSize !== undefined && height !== width) {
        const message = `must be square where batchSize is given, since a job trains on square images, not ${height}×${width}`;
        throw refuseFields([{ pointer: '?input', message }]);
      }
      const summary = {
        ...layers,
        ...(batchSize !== undefined && { memory: memoryOf(name, height, channels, classes, batchSize) }),
      };
      const accept = request.headers.accept ?? '';
      if (accept.includes('text/plain') && !accept.includes('json')) {
        return reply.type('text/plain; charset=utf-8').send(formatSummary(summary));
      }
      return reply.send(summary);
    },
  );
};
