/** Access to a service of a test, with a folder of its own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, openAccess } from '../../src/access/index.js';
import type { ApiKeyRequest } from '../../src/contracts/access/api-key.js';
import type { Redis } from '../../src/events/index.js';

type Provider = Parameters<typeof openAccess>[0]['provider'];

/** Opens the access. `adminKey` is the key of its first admin. */
export async function openTestAccess(redis: Redis, { provider }: Readonly<{ provider?: Provider }> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-access-'));
  const open = (): Promise<Access> => openAccess({ redis, folder, provider, auditEntries: 100_000 });
  const access = await open();
  const adminKey = (await readFile(join(folder, 'admin-key'), 'utf8')).trim();
  return {
    access,
    adminKey,
    folder,
    /** Opens the access of another API process with the same folder and Redis. */
    open,
    /** Creates a key. Returns it with its id. */
    createKey: (request: Omit<ApiKeyRequest, 'name'> & { name?: string }) =>
      access.keys.create({ name: 'test', ...request }, 'test'),
    close: (): Promise<void> => rm(folder, { recursive: true, force: true }),
  };
}
