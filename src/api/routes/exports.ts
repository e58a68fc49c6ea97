/** Route GET /models/{name}/versions/{version}/export: a model as a file for other tools. */
import { type SendResult, send } from '@fastify/send';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { BinaryFile } from '../../contracts/json-schema/binary-file.js';
import { ExportFormat } from '../../contracts/models/export-format.js';
import { TrainyardError } from '../../errors/errors.js';
import type { ExportedFile } from '../../exports/index.js';
import { clientOf } from '../http/client-key.js';
import { problems } from '../http/openapi.js';
import { VersionParams } from './models.js';

const file = (description: string) => ({
  description,
  content: {
    'application/x-tar': { schema: BinaryFile<Buffer>() },
    'application/octet-stream': { schema: BinaryFile<Buffer>() },
  },
});

export const exportRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/models/:name/versions/:version/export',
    {
      config: { scope: 'models:read' },
      schema: {
        operationId: 'exportModel',
        tags: ['models'],
        summary: 'Export a model for other tools',
        description:
          '`ETag` is the SHA-256 of the file, and `Repr-Digest` the same in the format of RFC 9530. `Link` points to the model card, which the archives also contain. Send `Range` to continue a download, with `If-Range` to make sure that the file is still the same. The first request for a format converts the model, which takes seconds.',
        params: VersionParams,
        querystring: Type.Object({ format: ExportFormat }),
        response: {
          200: file('The file.'),
          206: file('The requested part of the file.'),
          304: { type: 'null', description: 'The client already has the file.' },
          ...problems(400, 404, 416, 500, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const exported = await request.project.exports.open(params, query.format, clientOf(request));
      reply.header('link', `</models/${params.name}/versions/${params.version}/card>; rel="describedby"`);
      return sendFile(request, reply, exported);
    },
  );
};

/** Streams a file, or the part of it that the Range header requests. */
async function sendFile(request: FastifyRequest, reply: FastifyReply, exported: ExportedFile): Promise<FastifyReply> {
  const { folder, path, sha256, name, mediaType } = exported;
  const etag = `"${sha256}"`;
  const digest = Buffer.from(sha256, 'hex').toString('base64');
  reply.headers({
    etag,
    'repr-digest': `sha-256=:${digest}:`,
    'cache-control': 'no-cache',
    'accept-ranges': 'bytes',
  });
  const { 'if-none-match': known, 'if-range': ifRange, range } = request.headers;
  if (
    known !== undefined &&
    (known.trim() === '*' || known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))
  ) {
    return reply.code(304).send();
  }
  const headers = ifRange === undefined || ifRange === etag ? { range } : {};
  const from = { method: request.method, headers } as typeof request.raw;
  const options = { root: folder, etag: false, lastModified: false, cacheControl: false, contentType: false };
  const result: SendResult = await send(from, `/${path}`, { ...options, dotfiles: 'allow' });
  if (result.type !== 'file') throw refusal(result, reply, name);
  return reply
    .code(result.statusCode)
    .headers(result.headers)
    .header('content-type', mediaType)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(result.stream);
}

function refusal({ statusCode, headers }: SendResult, reply: FastifyReply, name: string): TrainyardError {
  reply.removeHeader('etag').removeHeader('repr-digest');
  if (statusCode !== 416)
    return new TrainyardError(
      'model_corrupt',
      `The file of ${name} is missing: restore it from a backup or train the model again.`,
    );
  const range = headers['Content-Range'] ?? '';
  reply.header('content-range', range);
  return new TrainyardError('range_not_satisfiable', `The Range lies outside the file (${range}).`);
}
