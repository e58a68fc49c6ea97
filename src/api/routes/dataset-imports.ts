/** Routes of imports of data sets: PUT /datasets/{name}, GET /dataset-imports, GET and DELETE /dataset-imports/{id}. */
import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkSplitOptions, DatasetImport, DatasetPathName, DatasetSource } from '../../contracts/datasets/dataset.js';
import { DatasetDetails } from '../../contracts/datasets/dataset-content.js';
import { ImportList, ImportParams, ImportStatus } from '../../contracts/datasets/dataset-import-status.js';
import { checkImageOptions } from '../../contracts/images/image-preprocessing.js';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { continueBody, hasBody } from '../http/bodies/early.js';
import { parseJson } from '../http/bodies/json.js';
import { JSON_TYPE, mediaType } from '../http/bodies/media-type.js';
import { callerOf, clientOf } from '../http/client-key.js';
import { ignoreBodies } from '../http/no-body.js';
import { problems } from '../http/openapi.js';
import { limitBytes } from '../http/upload.js';
import { createValidatorCompiler, refuseFields } from '../http/validation.js';

const Params = Type.Object({ name: DatasetPathName });
const Headers = Type.Object({
  prefer: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description:
        '`respond-async`: answer with 202 and the import as soon as the archive has arrived, or its download begins. The service may ignore it and answer at the end.',
    }),
  ),
});
const ASYNC = 'respond-async';
/** Imports that go on without a request. Beyond it the answer comes at the end, so that limits on uploads apply. */
const MAX_DETACHED = 16;

type DatasetImportDeps = Pick<AppDeps, 'maxDatasetBytes'>;

export const datasetImportRoutes: FastifyPluginAsyncTypebox<DatasetImportDeps> = async (app, deps) => {
  await app.register(importRoute, deps);
  await app.register(statusRoutes, deps);
};

const statusRoutes: FastifyPluginAsyncTypebox<DatasetImportDeps> = async (app, { maxDatasetBytes }) => {
  app.get(
    '/dataset-imports',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'listImports',
        tags: ['datasets'],
        summary: 'List imports of data sets',
        description:
          'Imports that run, on any API process, and those that ended in the last hour. An import disappears after 30 seconds if its process has died; nothing of it is stored then.',
        response: { 200: { ...ImportList, description: 'The imports.' }, ...problems(503) },
      },
    },
    async ({ project }) => ({ imports: await project.datasets.imports.list(), maxBytes: maxDatasetBytes }),
  );

  app.get(
    '/dataset-imports/:id',
    {
      config: { scope: 'datasets:read' },
      schema: {
        operationId: 'getImport',
        tags: ['datasets'],
        summary: 'Get the progress of an import',
        params: ImportParams,
        response: { 200: { ...ImportStatus, description: 'The import.' }, ...problems(400, 404, 503) },
      },
    },
    ({ params: { id }, project }) => project.datasets.imports.get(id),
  );

  ignoreBodies(app);
  app.delete(
    '/dataset-imports/:id',
    {
      config: { scope: 'datasets:write' },
      schema: {
        operationId: 'cancelImport',
        tags: ['datasets'],
        summary: 'Cancel an import',
        description:
          'The import stops within a second, and nothing of it is stored. Its request is answered with 409 `import_cancelled`. No effect if it has ended.',
        params: ImportParams,
        response: {
          202: { ...ImportStatus, description: 'The import, as it was before.' },
          ...problems(400, 404, 503),
        },
      },
    },
    async ({ params: { id }, project }, reply) => reply.code(202).send(await project.datasets.imports.cancel(id)),
  );
};

const ARCHIVE_TYPES = [
  'application/zip',
  'application/x-zip-compressed',
  'application/x-zip',
  'application/zip-compressed',
  'multipart/x-zip',
  'application/x-tar',
  'application/gzip',
  'application/x-gzip',
  'application/x-gtar',
  'application/x-compressed-tar',
  'application/zstd',
  'application/x-npz',
  'application/octet-stream',
  'binary/octet-stream',
];

const validators = createValidatorCompiler();

const archive = BinaryFile<Readable>({ description: 'A ZIP or tar archive of images, or an npz file.' });
const importRoute: FastifyPluginAsyncTypebox<DatasetImportDeps> = async (app, { maxDatasetBytes }) => {
  let detached = 0;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request) => requireArchive(request));
  app.put(
    '/datasets/:name',
    {
      bodyLimit: maxDatasetBytes,
      config: {
        scope: 'datasets:write',
        isUpload: true,
        limitSetting: { name: 'MAX_DATASET_MB', bytes: maxDatasetBytes },
      },
      schema: {
        operationId: 'importDataset',
        tags: ['datasets'],
        summary: 'Import a data set',
        description:
          'The body is a ZIP or tar archive (also .gz and .zst) of PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF files: either folders `train` and `test` with a folder for each class, or only the class folders, from which the import holds out `testShare` of each class for testing. A folder `valid` beside `train` and `test` becomes the validation split. Other common split names work too. A manifest (`metadata.csv`, `labels.csv`, `manifest.csv` or JSON Lines) may name class, split and group of each image. Arrays of NumPy (npz) or MNIST (idx) are data sets too. With a JSON body the service fetches the archive from an address. The answer comes after every image has been decoded; with `Prefer: respond-async` it comes when the archive has arrived, and `GET /dataset-imports/{id}` shows the progress. Images that cannot be used are listed in `errors` by their paths, or left out with `onError=skip`. `imported.leftOut` counts the other files that are not part of the data set, by reason. Sending the same archive again returns the data set that it became.',
        params: Params,
        querystring: DatasetImport,
        headers: Headers,
        body: {
          content: {
            'application/zip': { schema: archive },
            'application/octet-stream': { schema: archive },
            [JSON_TYPE]: { schema: DatasetSource },
          },
        },
        response: {
          200: { ...DatasetDetails, description: 'The data set.' },
          202: { ...ImportStatus, description: 'The archive has arrived, and its images are being read.' },
          ...problems(400, 408, 409, 413, 415, 424, 429, 503, 507),
        },
      },
      // The body is a stream, which a schema cannot validate.
      validatorCompiler: (part) => (part.httpPart === 'body' ? (value: unknown) => ({ value }) : validators(part)),
    },
    async (request, reply) => {
      const { name } = request.params as Static<typeof Params>;
      const options = request.query as DatasetImport;
      const { datasets } = request.project;
      requireOptions(options);
      continueBody(request, reply);
      const goesOn = prefersAsync(request) && detached < MAX_DETACHED;
      if (mediaType(request) === JSON_TYPE) {
        const source = await readSource(request, datasets);
        const { client, signal } = callerOf(request, reply);
        const fetching = datasets.fetch(name, options, { source, client, ...(!goesOn && { signal }) });
        return answerWith(request, reply, fetching.result, goesOn ? fetching.status : undefined);
      }
      const archive = limitBytes(request.body as Readable, maxDatasetBytes, 'MAX_DATASET_MB');
      const importing = datasets.begin(name, options, {
        ...{ archive, client: clientOf(request), totalBytes: lengthOf(request) },
      });
      return answerWith(request, reply, importing.result, goesOn ? importing.uploaded : undefined);
    },
  );

  /** Answers with the data set, or with the status of the import as soon as it is known, if there is one to wait for. */
  async function answerWith(
    request: FastifyRequest,
    reply: FastifyReply,
    result: Promise<DatasetDetails>,
    shown: Promise<ImportStatus | undefined> | undefined,
  ): Promise<DatasetDetails | ImportStatus> {
    const status = await shown;
    if (status === undefined) return result;
    detached += 1;
    void result.catch((err: unknown) => request.log.info({ err }, 'import ended')).finally(() => (detached -= 1));
    reply.code(202).header('location', `/dataset-imports/${status.id}`).header('preference-applied', ASYNC);
    return status;
  }
};

/** Longest JSON body, in bytes. */
const SOURCE_BYTES = 2 ** 14;
const validateSource = createValidatorCompiler()({
  ...{ schema: DatasetSource, method: 'PUT', url: '/datasets/:name', httpPart: 'body' },
});

/** Reads the address of an archive. Throws `invalid_request` with a pointer to each wrong field. */
async function readSource(request: FastifyRequest, datasets: ProjectParts['datasets']): Promise<DatasetSource> {
  const bytes = await readSmallBody(request.body as Readable);
  const source = parseJson(bytes, { contentType: request.headers['content-type'] });
  const { error } = validateSource(source) as { error?: TrainyardError };
  if (error !== undefined) throw error;
  const faults = datasets.checkSource(source as DatasetSource);
  if (faults.length > 0) throw refuseFields(faults);
  return source as DatasetSource;
}

async function readSmallBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limitJson(body)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Yields the chunks of a body. Throws `payload_too_large` after `SOURCE_BYTES`. */
async function* limitJson(body: Readable): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > SOURCE_BYTES)
      throw new TrainyardError('payload_too_large', `The JSON is larger than ${SOURCE_BYTES} bytes, the limit.`);
    yield chunk;
  }
}

/** Throws `invalid_request` if options of the preprocessing or of the splits contradict each other. */
function requireOptions(options: DatasetImport): void {
  const images = checkImageOptions(options).map((fault) => ({ ...fault, pointer: fault.pointer.replace('/', '?') }));
  const faults = [...images, ...checkSplitOptions(options)];
  if (faults.length > 0) throw refuseFields(faults);
}

/** Throws if the request has no body, or one with a type that is not an archive's. The import detects the format from the file. */
function requireArchive(request: FastifyRequest): void {
  if (!hasBody(request)) {
    throw new TrainyardError(
      'invalid_dataset',
      'The body is empty: send a ZIP or tar archive of images with "Content-Type: application/zip".',
    );
  }
  const type = mediaType(request);
  if (type === '' || type === JSON_TYPE || ARCHIVE_TYPES.includes(type)) return;
  throw new TrainyardError(
    'unsupported_media_type',
    `This route accepts a ZIP or tar archive of images. Send the header "Content-Type: application/zip" instead of "${type.slice(0, 100)}".`,
  );
}

/** Returns the bytes of the body, if the client sent their number and no coding. */
function lengthOf({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined || headers['content-encoding'] !== undefined ? undefined : Number(length);
}

const prefersAsync = ({ headers }: FastifyRequest): boolean =>
  [headers['prefer'] ?? []]
    .flat()
    .some((prefer) => prefer.split(',').some((preference) => preference.trim().toLowerCase() === ASYNC));
