/** Routes of data sets: GET /datasets, GET, PUT and DELETE /datasets/{name}, GET /datasets/{name}/left-out. */
import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
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
import { limitBytes } from '../http/upload.js';
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
const DatasetAnswer = { ...DatasetInfo, description: 'The data set.' };
/** Jobs read in one round trip to Redis. */
const PAGE = 100;

type Deps = Pick<AppDeps, 'datasets' | 'jobs' | 'maxDatasetBytes'>;

export const datasetRoutes: FastifyPluginAsyncTypebox<Deps> = async (app, deps) => {
  await app.register(readRoutes, deps);
  await app.register(removeRoute, deps);
  await app.register(importRoute, deps);
};

const readRoutes: FastifyPluginAsyncTypebox<Deps> = async (app, { datasets }) => {
  /** Requests that share one disk read resume together: yield to the event loop between their answers. */
  const pace = createPacer(1);

  app.get(
    '/datasets',
    {
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
        summary: 'Get a data set',
        params: Params,
        response: { 200: DatasetAnswer, ...problems(400, 404) },
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
          'Lists every file of the archive that is not part of the data set, with the reason: files that are not images, duplicates, files outside the class folders, and bad images that `onError=skip` left out.',
        params: Params,
        querystring: LeftOutQuery,
        response: { 200: { ...LeftOutPage, description: 'A page of the files, by path.' }, ...problems(400, 404) },
      },
    },
    ({ params: { name }, query }) => datasets.leftOut(name, query),
  );
};

const removeRoute: FastifyPluginAsyncTypebox<Deps> = async (app, { datasets, jobs }) => {
  ignoreBodies(app);
  app.delete(
    '/datasets/:name',
    {
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
    async ({ params: { name } }, reply) => {
      await datasets.remove(name, () => requireUnused(jobs, name));
      return reply.code(204).send(null);
    },
  );
};

const importRoute: FastifyPluginAsyncTypebox<Deps> = async (app, { datasets, maxDatasetBytes }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request) => requireArchive(request));
  app.put(
    '/datasets/:name',
    {
      bodyLimit: maxDatasetBytes,
      config: { isUpload: true, limitSetting: { name: 'MAX_DATASET_MB', bytes: maxDatasetBytes } },
      schema: {
        operationId: 'importDataset',
        tags: ['datasets'],
        summary: 'Import a data set',
        description:
          'The body is a ZIP archive of PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF files: either folders `train` and `test` with a folder for each class, or only the class folders, from which the import holds out `testShare` of each class for testing. A folder `valid` beside `train` and `test` becomes the validation split. Other common split names work too. The answer comes after every image has been decoded. Images that cannot be used are listed in `errors` by their paths, or left out with `onError=skip`. `imported.leftOut` counts the other files that are not part of the data set, by reason. Sending the same archive again returns the data set that it became.',
        params: Params,
        querystring: DatasetImport,
        body: {
          content: {
            'application/zip': { schema: archive },
            'application/octet-stream': { schema: archive },
          },
        },
        response: { 200: DatasetAnswer, ...problems(400, 408, 409, 413, 415, 429, 503, 507) },
      },
      // The body is a stream, which a schema cannot validate.
      validatorCompiler: (part) => (part.httpPart === 'body' ? (value: unknown) => ({ value }) : validators(part)),
    },
    async (request, reply) => {
      const { name } = request.params as Static<typeof Params>;
      const options = request.query as DatasetImport;
      continueBody(request, reply);
      const archive = limitBytes(request.body as Readable, maxDatasetBytes, 'MAX_DATASET_MB');
      return datasets.create(name, options, archive, clientOf(request));
    },
  );
};

/** Throws if the request has no body, or one with a type that is not an archive's. The import detects the format from the file. */
function requireArchive(request: FastifyRequest): void {
  if (!hasBody(request)) {
    throw new TrainyardError(
      'invalid_dataset',
      'The body is empty: send a ZIP archive of images with "Content-Type: application/zip".',
    );
  }
  const type = mediaType(request);
  if (type === '' || ARCHIVE_TYPES.includes(type)) return;
  throw new TrainyardError(
    'unsupported_media_type',
    `This route accepts a ZIP archive of images. Send the header "Content-Type: application/zip" instead of "${type.slice(0, 100)}".`,
  );
}

/** Throws `dataset_held` if a job needs the data set. Does not see jobs that are submitted while it reads the pages. */
async function requireUnused(jobs: Deps['jobs'], name: string): Promise<void> {
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
