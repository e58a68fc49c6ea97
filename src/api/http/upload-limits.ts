/** Limits concurrent uploads per client and in total: each holds a connection, a file on disk and a queue place at the converter. */
import type { FastifyInstance } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import { clientOf } from './client-key.js';

export type UploadLimits = Readonly<{
  /** Maximum number of concurrent uploads of all clients. */
  most: number;
  /** Maximum number of concurrent uploads of one client. */
  mostOfClient: number;
}>;

/** Defaults of `UPLOADS_MAX` and `UPLOADS_PER_CLIENT`. */
export const UPLOAD_LIMITS: UploadLimits = { most: 32, mostOfClient: 8 };

export type UploadCounter = ReturnType<typeof createUploadCounter>;

export function createUploadCounter({ most, mostOfClient }: UploadLimits) {
  const ofClient = new Map<string, number>();
  let all = 0;

  return {
    /** Counts an upload and returns a function that ends it. Throws `too_many_requests` at the client's limit, `unavailable` at the total. */
    begin(client: string): () => void {
      const own = ofClient.get(client) ?? 0;
      if (own >= mostOfClient) {
        throw new TrainyardError(
          'too_many_requests',
          `This client has ${own} uploads in progress, the limit of the setting UPLOADS_PER_CLIENT: send the next when one is done.`,
        );
      }
      if (all >= most) {
        throw new TrainyardError(
          'unavailable',
          `${all} uploads are in progress, the limit of the setting UPLOADS_MAX: try again when one is done.`,
        );
      }
      all += 1;
      ofClient.set(client, own + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        all -= 1;
        const left = (ofClient.get(client) ?? 1) - 1;
        if (left === 0) ofClient.delete(client);
        else ofClient.set(client, left);
      };
    },
  };
}

/** Counts each upload until its response or its connection ends. */
export function limitUploads(app: FastifyInstance, uploads: UploadCounter): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config?.isUpload !== true) return;
    try {
      const end = uploads.begin(clientOf(request));
      reply.raw.once('close', end);
      if (reply.raw.closed) end();
    } catch (error) {
      reply.header('connection', 'close'); // the body stays unread
      throw error;
    }
  });
}
