/** Redis that the tests of a file share, and a new service for each of them. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startRedis, type TestRedis } from './redis.js';
import { openService, type Service } from './running-service.js';

/** Starts Redis for the calling file. Before each test it opens a service on the empty Redis and passes both to `use`. */
export function openServiceForEachTest(
  use: (service: Service, server: TestRedis) => void,
  options: Parameters<typeof openService>[1] = {},
): void {
  let server: TestRedis;
  let service: Service;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    service = await openService(server, options);
    await service.redis.flushall();
    use(service, server);
  });
  afterEach(() => service.close());
}
