/** Redis and a service that all tests of a file share. */
import { afterAll } from 'vitest';
import { startRedis, type TestRedis } from './redis.js';
import { openService, type Service } from './running-service.js';

/** Starts Redis and a service, and closes them after the last test of the calling file. */
export async function openServiceForFile(): Promise<Readonly<{ server: TestRedis; service: Service }>> {
  const server = await startRedis();
  const service = await openService(server);
  afterAll(async () => {
    await service.close();
    await server.close();
  });
  return { server, service };
}
