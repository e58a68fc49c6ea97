/** Routes of the content of data sets: GET /datasets/{name}/images, …/images/{split}/{index}, …/report, …/report/blank and …/duplicates. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DatasetPathName } from '../../contracts/datasets/dataset.js';
import {
  DatasetImagePage,
  DatasetImageParams,
  DatasetImageQuery,
  DatasetImagesQuery,
  DuplicatePage,
  DuplicatesQuery,
} from '../../contracts/datasets/dataset-content.js';
import { BlankPage, BlankQuery, DatasetReport } from '../../contracts/datasets/dataset-report.js';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { keepForever } from '../http/caching.js';
import { callerOf } from '../http/client-key.js';
import { problems } from '../http/openapi.js';

const Params = Type.Object({ name: DatasetPathName });

/** Images may be cached forever: a stored data set never changes. A new data set under its name has other version digests. */
const REVALIDATE = 'private, no-cache';

export const datasetImageRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/datasets/:name/images',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listDatasetImages',
        tags: ['datasets'],
        summary: 'List the images of a split, or of a class in it',
        description:
          'Images are as stored: scaled to the size of the data set, on its background. Those of `synthetic` are drawn with seed 0.',
        params: Params,
        querystring: DatasetImagesQuery,
        response: { 200: { ...DatasetImagePage, description: 'A page of the images.' }, ...problems(400, 404, 500) },
      },
    },
    ({ params: { name }, query, project: { datasets } }) => datasets.images.list(name, query),
  );

  app.get(
    '/datasets/:name/images/:split/:index',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'getDatasetImage',
        tags: ['datasets'],
        summary: 'Get an image of a data set',
        params: DatasetImageParams,
        querystring: DatasetImageQuery,
        response: {
          200: { description: 'The image.', content: { 'image/png': { schema: BinaryFile() } } },
          304: { description: 'The image is that of `If-None-Match`.' },
          ...problems(400, 404, 500),
        },
      },
    },
    async (request, reply) => {
      const { params, query, project } = request;
      const { version, png } = await project.datasets.images.image(params, query.version, callerOf(request, reply));
      const tag = `"${version}-${params.index}"`;
      if (query.version === undefined) reply.header('cache-control', REVALIDATE);
      else keepForever(reply);
      reply.header('etag', tag);
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      return reply.type('image/png').send(png);
    },
  );

  await app.register(reportRoutes);
};

/** Routes of what the import found out about the images. */
const reportRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/datasets/:name/report',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'getDatasetReport',
        tags: ['datasets'],
        summary: 'Get the report on a data set',
        description:
          'What the import found out about the images: leaks between splits, classes that contradict each other, images that show nothing, near duplicates, imbalance, and sizes of the originals. `findings` says it in sentences, the most important first. `GET /datasets/{name}/duplicates`, `…/report/blank` and `…/left-out` list the images.',
        params: Params,
        response: { 200: { ...DatasetReport, description: 'The report.' }, ...problems(400, 404, 500) },
      },
    },
    ({ params: { name }, project: { datasets } }) => datasets.images.report(name),
  );

  app.get(
    '/datasets/:name/report/blank',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listBlankImages',
        tags: ['datasets'],
        summary: 'List images that show nothing',
        description:
          'Images of nearly one colour, found at the import. The list is empty for built-in data sets, and for data sets that an earlier version imported.',
        params: Params,
        querystring: BlankQuery,
        response: { 200: { ...BlankPage, description: 'A page of the images.' }, ...problems(400, 404, 500) },
      },
    },
    ({ params: { name }, query, project: { datasets } }) => datasets.images.blank(name, query),
  );

  app.get(
    '/datasets/:name/duplicates',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listDuplicates',
        tags: ['datasets'],
        summary: 'List images that occur several times',
        description:
          'Groups of images with the same stored pixels, found at the import: the same file, copies in another format, and images that differ only in what the import scales away. With `match=near` groups of images that look alike: scaled, compressed or slightly cropped copies. `duplicates` of the data set and its report have their numbers. The list is empty for built-in data sets, and for data sets that an earlier version imported.',
        params: Params,
        querystring: DuplicatesQuery,
        response: { 200: { ...DuplicatePage, description: 'A page of the groups.' }, ...problems(400, 404) },
      },
    },
    ({ params: { name }, query, project: { datasets } }) => datasets.images.duplicates(name, query),
  );
};
