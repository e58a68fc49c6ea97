/** Caps the uploads under way, by client and in all: each has a connection, a file on the disk, and a place at the converter. */
import type { FastifyInstance } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';
import { clientOf } from './client-key.js';

export type UploadLimits = Readonly<{
  /** Uploads of all clients at once. */
  most: number;
  /** Uploads of one client at once. */
  mostOfClient: number;
}>;

export const UPLOAD_LIMITS: UploadLimits = { most: 32, mostOfClient: 8 };

export type Uploading = ReturnType<typeof createUploading>;

export function createUploading({ most, mostOfClient }: UploadLimits) {
  const ofClient = new Map<string, number>();
  let all = 0;

  return {
    /** Counts an upload and returns what ends it. Throws `too_many_requests` for a client, `unavailable` for all. */
    begin(client: string): () => void {
      const own = ofClient.get(client) ?? 0;
      if (own >= mostOfClient) {
        throw new TrainyardError(
          'too_many_requests',
          `${own} uploads of this client are under way, as many as UPLOADS_PER_CLIENT allows: send the next when one is done.`,
        );
      }
      if (all >= most) {
        throw new TrainyardError(
          'unavailable',
          `${all} uploads are under way, as many as UPLOADS_MAX allows: try again when one is done.`,
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

/** Counts each upload until its answer or its connection ends. */
export function limitUploads(app: FastifyInstance, uploading: Uploading): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config?.isUpload !== true) return;
    try {
      const end = uploading.begin(clientOf(request));
      reply.raw.once('close', end);
      if (reply.raw.closed) end();
    } catch (error) {
      reply.header('connection', 'close'); // the body is not read
      throw error;
    }
  });
}
