/** Caching of files that never change. */
import type { FastifyReply } from 'fastify';
import { PROJECT_HEADER } from '../../contracts/access/project.js';
import { varyBy } from './preferred-type.js';

/** Lets a browser keep an answer for a year. The same address may be another file for another sender or project. */
export function keepForever(reply: FastifyReply): void {
  reply.header('cache-control', 'private, max-age=31536000, immutable');
  for (const header of ['authorization', 'cookie', PROJECT_HEADER]) varyBy(reply, header);
}
