/** API, service and Redis that all tests of a file share. */
import { afterAll } from 'vitest';
import { type Api, openApi } from './api.js';
import { startRedis, type TestRedis } from './redis.js';
import { openService, type Service } from './running-service.js';

export type RunningApi = Readonly<{ server: TestRedis; service: Service; api: Api }>;

type Options = NonNullable<Parameters<typeof openApi>[1]> &
  Readonly<{
    /** Whether a worker with fixture trainers runs too. Default false. */
    works?: boolean;
  }>;

/** Starts Redis, a service and its API, and closes them after the last test of the calling file. */
export async function openRunningApi({ works = false, ...options }: Options = {}): Promise<RunningApi> {
  const server = await startRedis();
  const service = await openService(server);
  const api = await openApi(service, options);
  afterAll(async () => {
    await api.close();
    await service.close();
    await server.close();
  });
  if (works) await service.work();
  return { server, service, api };
}
