/** Routes of data sets: GET /datasets, GET and DELETE /datasets/{name}, GET /datasets/{name}/left-out. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import {
  DatasetPage,
  DatasetPathName,
  DatasetQuery,
  LeftOutPage,
  LeftOutQuery,
} from '../../contracts/datasets/dataset.js';
import { DatasetDetails } from '../../contracts/datasets/dataset-content.js';
import { type Job, OPEN_STATUSES } from '../../contracts/jobs/job.js';
import { TrainyardError } from '../../errors/errors.js';
import type { ProjectParts } from '../deps.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { listedClasses } from '../listed-classes.js';

const Params = Type.Object({ name: DatasetPathName });
const DatasetAnswer = { ...DatasetDetails, description: 'The data set.' };
/** Jobs read in one round trip to Redis. */
const PAGE = 100;

export const datasetRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(readRoutes);
  await app.register(removeRoute);
};

const readRoutes: FastifyPluginAsyncTypebox = async (app) => {
  /** Requests that share one disk read resume together: yield to the event loop between their answers. */
  const pace = createPacer(1);

  app.get(
    '/datasets',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listDatasets',
        tags: ['datasets'],
        summary: 'List data sets',
        querystring: DatasetQuery,
        response: {
          200: { ...DatasetPage, description: 'A page of the data sets.' },
          ...problems(400),
        },
      },
    },
    async ({ query, project: { datasets } }): Promise<DatasetPage> => {
      const { datasets: found, ...next } = await datasets.list(query);
      await pace();
      const listed = found.map((info) => {
        const { described, ...count } = listedClasses(info);
        return { ...described, ...count };
      });
      return { datasets: listed, ...next };
    },
  );

  app.get(
    '/datasets/:name',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'getDataset',
        tags: ['datasets'],
        summary: 'Get a data set',
        params: Params,
        response: { 200: DatasetAnswer, ...problems(400, 404, 500) },
      },
    },
    ({ params: { name }, project: { datasets } }) => datasets.images.details(name),
  );

  app.get(
    '/datasets/:name/left-out',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listLeftOut',
        tags: ['datasets'],
        summary: 'List the files that an import left out',
        description:
          'Lists every file of the archive that is not part of the data set, with the reason: files that are not images, duplicates, files outside the class folders, and bad images that `onError=skip` left out.',
        params: Params,
        querystring: LeftOutQuery,
        response: { 200: { ...LeftOutPage, description: 'A page of the files, by path.' }, ...problems(400, 404) },
      },
    },
    ({ params: { name }, query, project: { datasets } }) => datasets.leftOut(name, query),
  );
};

const removeRoute: FastifyPluginAsyncTypebox = async (app) => {
  ignoreBodies(app);
  app.delete(
    '/datasets/:name',
    {
      config: { scope: 'datasets:delete' },
      schema: {
        operationId: 'removeDataset',
        tags: ['datasets'],
        summary: 'Delete an imported data set',
        description:
          'Keeps the models that were trained on it. The answer is 409 while a job on it is queued, running or paused.',
        params: Params,
        response: { 204: { type: 'null', description: 'The data set is deleted.' }, ...problems(400, 404, 409) },
      },
    },
    async ({ params: { name }, project: { datasets, jobs } }, reply) => {
      await datasets.remove(name, () => requireUnused(jobs, name));
      return reply.code(204).send(null);
    },
  );
};

/** Throws `dataset_held` if a job needs the data set. Does not see jobs that are submitted while it reads the pages. */
async function requireUnused(jobs: ProjectParts['jobs'], name: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await jobs.list({ status: OPEN_STATUSES, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const user = page.jobs.find(({ spec }: Job) => spec.dataset.name === name);
    if (user !== undefined) {
      throw new TrainyardError(
        'dataset_held',
        `Job ${user.id}, which is ${user.status}, needs the data set ${name}: cancel the job, or wait until it has ended.`,
      );
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
