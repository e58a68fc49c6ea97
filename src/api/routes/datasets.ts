/** GET /datasets, GET, PUT, DELETE /datasets/{name}, GET /datasets/{name}/left-out. */
import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import {
  DatasetImport,
  DatasetInfo,
  DatasetPage,
  DatasetPathName,
  DatasetQuery,
  LeftOutPage,
  LeftOutQuery,
} from '../../contracts/datasets/dataset.js';
import { type Job, OPEN_STATUSES } from '../../contracts/jobs/job.js';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { continueBody, hasBody } from '../http/bodies/early.js';
import { mediaType } from '../http/bodies/media-type.js';
import { clientOf } from '../http/client-key.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { bounded } from '../http/upload.js';
import { createValidatorCompiler } from '../http/validation.js';
import { listedClasses } from '../listed-classes.js';

const ARCHIVE_TYPES = [
  'application/zip',
  'application/x-zip-compressed',
  'application/x-zip',
  'application/zip-compressed',
  'multipart/x-zip',
  'application/octet-stream',
  'binary/octet-stream',
];

const validators = createValidatorCompiler();

const archive = BinaryFile<Readable>({ description: 'A ZIP archive of images.' });
const Params = Type.Object({ name: DatasetPathName });
const WhatItIs = { ...DatasetInfo, description: 'The data set.' };
/** Jobs looked at in one round trip. */
const PAGE = 100;

type Deps = Pick<AppDeps, 'datasets' | 'jobs' | 'maxDatasetBytes'>;

export const datasetRoutes: FastifyPluginAsyncTypebox<Deps> = async (app, { datasets, jobs, maxDatasetBytes }) => {
  /** Requests that share a look at the disk come back together: each is answered in its own turn of the event loop. */
  const pace = createPacer(1);

  app.get(
    '/datasets',
    {
      schema: {
        operationId: 'listDatasets',
        tags: ['datasets'],
        summary: 'List the data sets',
        querystring: DatasetQuery,
        response: {
          200: { ...DatasetPage, description: 'A page of the data sets that can be trained on.' },
          ...problems(400),
        },
      },
    },
    async ({ query }): Promise<DatasetPage> => {
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
      schema: {
        operationId: 'getDataset',
        tags: ['datasets'],
        summary: 'Read a data set',
        params: Params,
        response: { 200: WhatItIs, ...problems(400, 404) },
      },
    },
    ({ params: { name } }) => datasets.find(name),
  );

  app.get(
    '/datasets/:name/left-out',
    {
      schema: {
        operationId: 'listLeftOut',
        tags: ['datasets'],
        summary: 'List the files that an import left out',
        description:
          'Every file of the archive that is not part of the data set, by its path, with the reason: files that are no images, repeated or stray files, and the bad images that `onError=skip` left out.',
        params: Params,
        querystring: LeftOutQuery,
        response: { 200: { ...LeftOutPage, description: 'A page of the files.' }, ...problems(400, 404) },
      },
    },
    ({ params: { name }, query }) => datasets.leftOut(name, query),
  );

  await app.register(async (scope: typeof app) => {
    ignoreBodies(scope);
    scope.delete(
      '/datasets/:name',
      {
        schema: {
          operationId: 'removeDataset',
          tags: ['datasets'],
          summary: 'Remove an imported data set',
          description: 'Models that were trained on it stay. While a job on it is queued, running or paused: 409.',
          params: Params,
          response: { 204: { type: 'null', description: 'It is removed.' }, ...problems(400, 404, 409) },
        },
      },
      async ({ params: { name } }, reply) => {
        await datasets.remove(name, () => requireUnused(name));
        return reply.code(204).send(null);
      },
    );
  });

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.addHook('onRequest', async (request) => {
      const type = mediaType(request);
      if (!hasBody(request))
        throw new TrainyardError('invalid_dataset', 'The body is empty. Send a ZIP archive of images.');
      if (type === '' || ARCHIVE_TYPES.includes(type)) return; // what it is, the file itself says
      throw new TrainyardError(
        'unsupported_media_type',
        `Images come as a ZIP archive, of the Content-Type application/zip, not ${type.slice(0, 100)}.`,
      );
    });
    scope.put(
      '/datasets/:name',
      {
        bodyLimit: maxDatasetBytes,
        config: { isUpload: true, limitSetting: { name: 'MAX_DATASET_MB', bytes: maxDatasetBytes } },
        schema: {
          operationId: 'importDataset',
          tags: ['datasets'],
          summary: 'Import a data set of your own',
          description:
            'The body is a ZIP archive of PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF files: folders `train` and `test` with a folder for each class, or folders of classes alone, from which `testShare` of each class is set aside. A folder `valid` beside `train` and `test` is the data set’s own validation split. Other usual names of splits are understood. Answered once every image is read; images that cannot be used are listed in `errors`, by their paths, or left out with `onError=skip`. `imported.leftOut` says what else of the archive is not part of the data set, and why. The same archive sent again is answered with the data set that it became.',
          params: Params,
          querystring: DatasetImport,
          body: {
            content: {
              'application/zip': { schema: archive },
              'application/octet-stream': { schema: archive },
            },
          },
          response: { 200: WhatItIs, ...problems(400, 408, 409, 413, 415, 429, 503, 507) },
        },
        // The body is a stream.
        validatorCompiler: (part) => (part.httpPart === 'body' ? (value: unknown) => ({ value }) : validators(part)),
      },
      async (request, reply) => {
        const { name } = request.params as Static<typeof Params>;
        const options = request.query as DatasetImport;
        continueBody(request, reply);
        const archive = bounded(request.body as Readable, maxDatasetBytes, 'MAX_DATASET_MB');
        return datasets.create(name, options, archive, clientOf(request));
      },
    );
  });

  /** Throws `dataset_held` where a job needs the data set. A job that comes while the pages are read is not among them. */
  async function requireUnused(name: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await jobs.list({ status: OPEN_STATUSES, limit: PAGE, ...(cursor !== undefined && { cursor }) });
      const user = page.jobs.find(({ spec }: Job) => spec.dataset.name === name);
      if (user !== undefined) {
        throw new TrainyardError(
          'dataset_held',
          `Job ${user.id}, which is ${user.status}, needs the data set ${name}: cancel it first, or wait for its end.`,
        );
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
};
