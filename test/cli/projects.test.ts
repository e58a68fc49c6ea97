/** `--project` of every command, on a service with projects. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcesses, startProcesses } from '../client/service.js';
import { runCommand } from '../support/command.js';

let service: ServiceProcesses;
let admin: string;
const run = (args: readonly string[], key = admin) =>
  runCommand(args, { url: service.address, env: { TRAINYARD_API_KEY: key } });
const JOB = ['resnet', 'data=synthetic', 'dataset.resize=8', 'dataset.trainSamples=64', 'dataset.testSamples=16'];

beforeAll(async () => {
  service = await startProcesses({ AUTH: 'keys' });
  admin = (await readFile(join(service.dataDir, 'access/admin-key'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'boots' });
  expect((await fetch(`${service.address}/projects`, { method: 'POST', headers, body })).status).toBe(201);
});
afterAll(() => service.close());

it('an admin works in another project, and makes keys for it', async () => {
  const id = (await run(['train', ...JOB, '-q', '--project', 'boots'])).out.trim();
  expect((await run(['jobs', 'ls', '-q'])).out).toBe('');
  expect((await run(['--project', 'boots', 'jobs', 'ls', '-q'])).out.trim()).toBe(id);

  const key = (await run(['keys', 'create', '--project', 'boots', '--role', 'trainer', '-q'])).out.trim();
  expect((await run(['whoami'], key)).out).toMatch(/^project +boots$/m);
  expect((await run(['jobs', 'cancel', id, '-q'], key)).code).toBe(0);
});

it.each([
  ['that does not exist', ['jobs', 'ls', '--project', 'shoes'], /^There is no project "shoes"\.\n$/],
  ['that is no name', ['jobs', 'ls', '--project', '../b'], /^--project must be the name of one project\.\n$/],
  ['of a new key that does not exist', ['keys', 'create', '--role', 'viewer', '--project', 'shoes'], /"shoes"/],
])('a project %s is refused', async (_, args, err) => {
  expect(await run(args)).toMatchObject({ code: 4, out: '', err: expect.stringMatching(err) });
});

it('a key without the role admin stays in its project', async () => {
  const key = (await run(['keys', 'create', '--role', 'deployer', '-q'])).out.trim();
  expect((await run(['jobs', 'ls', '--project', 'default'], key)).code).toBe(0);
  expect(await run(['jobs', 'ls', '--project', 'boots'], key)).toMatchObject({
    code: 4,
    err: expect.stringMatching(/needs the scope admin/),
  });
});
