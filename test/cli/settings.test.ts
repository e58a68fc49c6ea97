/** Address, API key and profile of the command. */
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.js';

/** A service that refuses every key but `right`. */
const server = createServer((request: IncomingMessage, response) => {
  keys.push(request.headers.authorization);
  const isRight = request.headers.authorization === 'Bearer right';
  const caller = { kind: 'key', name: 'ci', project: 'default', role: 'trainer', scopes: [] };
  const detail = 'This service needs an API key.';
  response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(isRight ? { workers: [], caller } : { code: 'unauthorized', status: 401, detail }));
});
const keys: (string | undefined)[] = [];
let url: string;
let home: string;
const run = (args: string[], env: Record<string, string> = {}, input = '') =>
  runCommand(args, { env: { XDG_CONFIG_HOME: home, ...env }, input });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  keys.length = 0;
  home = mkdtempSync(join(tmpdir(), 'trainyard-profile-'));
});

describe('login', () => {
  it('stores address and key for the owner only, and commands use them', async () => {
    expect((await run(['login', `${url}/`, '--key', '-'], {}, 'right\n')).code).toBe(0);
    const path = join(home, 'trainyard/config.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ url, apiKey: 'right' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await run(['workers'])).code).toBe(0);
    expect(keys).toEqual(['Bearer right', 'Bearer right']);
  });

  it('refuses a key with spaces and an address that is none', async () => {
    expect(await run(['login', url, '--key', '-'], {}, 'a b\n')).toMatchObject({ code: 2 });
    expect(await run(['login', 'ftp://x'])).toMatchObject({ code: 2, err: expect.stringContaining('http or https') });
  });

  it('clears the profile', async () => {
    await run(['login', url, '--key', 'right']);
    expect((await run(['login', '--clear'])).code).toBe(0);
    expect(readFileSync(join(home, 'trainyard/config.json'), 'utf8')).toBe('{}\n');
  });
});

describe('the key', () => {
  it('that is wrong is refused with the sentence of the service and what to do', async () => {
    const { code, err } = await run(['workers', '--url', url], { TRAINYARD_API_KEY: 'wrong' });
    expect({ code, err }).toEqual({
      code: 4,
      err: 'This service needs an API key.\nSet TRAINYARD_API_KEY to a valid key. Or unset it: then the key of `trainyard login` counts.\n',
    });
  });

  it('of the profile does not go to another service', async () => {
    await run(['login', 'http://127.0.0.1:9', '--key', 'right', '--no-check']);
    await run(['workers', '--url', url]);
    expect(keys).toEqual([undefined]);
  });
});

describe('the address', () => {
  it('comes from --url before TRAINYARD_URL before the profile', async () => {
    await run(['login', 'http://127.0.0.1:9/profile', '--no-check']);
    const errorOf = async (args: string[], env = {}) => (await run(['workers', ...args], env)).err.split('\n')[0];
    expect(await errorOf([])).toContain('http://127.0.0.1:9/profile');
    const env = { TRAINYARD_URL: 'http://127.0.0.1:9/variable' };
    expect(await errorOf([], env)).toContain('http://127.0.0.1:9/variable');
    expect(await errorOf(['--url', 'http://127.0.0.1:9/option'], env)).toContain('http://127.0.0.1:9/option');
    expect(await errorOf(['--url', 'localhost:9/option'])).toContain('http://localhost:9/option');
  });

  it('is checked, and so is the profile', async () => {
    expect(await run(['workers', '--url', 'nonsense'])).toMatchObject({ code: 2 });
    await run(['login', url, '--no-check']);
    writeFileSync(join(home, 'trainyard/config.json'), '[');
    const { code, err } = await run(['workers']);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/is no profile.*\n.*trainyard login/) });
    expect(await run(['login', url, '--key', 'right'])).toMatchObject({ code: 0 });
    expect(await run(['workers'])).toMatchObject({ code: 0 });
  });
});
