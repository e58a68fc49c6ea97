/** Commands about keys against a service with keys: login, whoami, keys and audit. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseExpiry } from '../../src/cli/expiry.js';
import { openTestAccess } from '../support/access.js';
import { type Api, openApi } from '../support/api.js';
import { runCommand, startOnTerminal } from '../support/command.js';
import { exactly, expectLines } from '../support/json-lines.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { service } = await openServiceForFile();
const own = await openTestAccess(service.redis);
const folder = await mkdtemp(join(tmpdir(), 'trainyard-keys-'));
const home = { XDG_CONFIG_HOME: folder };
const profile = join(folder, 'trainyard/config.json');
let api: Api;

beforeAll(async () => {
  api = await openApi(service, { access: own.access });
});
afterEach(() => rm(profile, { force: true }));
afterAll(async () => {
  await api.close();
  await own.close();
  await rm(folder, { recursive: true });
});

/** Runs a command with a key of the environment. */
const run = (args: readonly string[], key = own.adminKey) =>
  runCommand(args, { url: api.address, env: { ...home, TRAINYARD_API_KEY: key } });
const text = { type: 'string', minLength: 1 };
const FORM = /^ty_[0-9A-Za-z]{50}$/;

describe('trainyard keys', () => {
  it('creates a key, lists it and revokes it', async () => {
    const made = await run(['keys', 'create', 'ci', '--role', 'trainer', '--expires', '90d', '--json']);
    const [created] = expectLines(made.out, 'NewApiKey') as { id: string; key: string; expiresAt: string }[];
    expect(created).toMatchObject({
      name: 'ci',
      role: 'trainer',
      project: 'default',
      key: expect.stringMatching(FORM),
    });
    const days = (Date.parse(created?.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
    const { id = '', key = '' } = created ?? {};

    expect(expectLines((await run(['keys', 'ls', '--json'])).out, 'ApiKey')).toContainEqual(
      expect.objectContaining({ id, name: 'ci' }),
    );
    const listed = await run(['keys', 'ls']);
    expect(listed.out).toMatch(new RegExp(`^${id} +ci +default +trainer +now +\\w{3} \\d+, 20\\d\\d +never$`, 'm'));
    expect(listed.out).not.toContain(key.slice(15));

    const removed = await run(['keys', 'rm', id.slice(0, 6), '--yes', '--json']);
    expect(expectLines(removed.out, exactly({ deleted: text }))).toEqual([{ deleted: id }]);
    expect(await run(['jobs', 'ls'], key)).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/was revoked/),
    });
  });

  it('prints with --quiet the new key alone, and ids', async () => {
    const { code, out, err } = await run(['keys', 'create', '--scopes', 'jobs:read,predict', '-q']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim()).toMatch(FORM);
    const id = out.slice(3, 15);
    expect((await run(['keys', 'ls', '-q'])).out.split('\n')).toContain(id);
    expect(await run(['keys', 'rm', out.trim(), '-y', '-q'])).toEqual({ code: 0, out: '', err: '' });
  });

  it.each([
    ['neither role nor scopes', ['create'], 2, /needs --role or --scopes/],
    ['both', ['create', '--role', 'viewer', '--scopes', 'predict'], 2, /exclude each other/],
    ['an unknown role', ['create', '--role', 'boss'], 2, /viewer, trainer, deployer, admin/],
    ['an unknown scope', ['create', '--scopes', 'jobs:red'], 2, /does not know "jobs:red"\.\nIt knows jobs:read, /],
    ['an expiry in the past', ['create', '--role', 'viewer', '--expires', '2020-01-01'], 2, /in the future/],
    ['a project that is no name', ['create', '--role', 'viewer', '--project', '../b'], 4, /^--project /],
    ['an unknown key', ['rm', 'nobody', '-y'], 4, /no API key nobody\.\n.*keys ls/],
    ['the last admin key', ['rm', 'first admin', '-y'], 4, /last key .*\n.*keys create --role admin/],
    ['no answer to a question', ['rm', 'first admin'], 2, /--yes/],
  ])('refuses %s', async (_, args, code, err) => {
    expect(await run(['keys', ...args])).toMatchObject({ code, out: '', err: expect.stringMatching(err) });
  });

  it('does not choose between keys of one name, and revokes none', async () => {
    for (const _ of [1, 2]) await run(['keys', 'create', 'twin', '--role', 'viewer']);
    expect(await run(['keys', 'rm', 'twin', '-y'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/names 2 keys/),
    });
    const twins = (await run(['keys', 'ls'])).out.split('\n').filter((line) => line.includes('twin'));
    expect(twins).toHaveLength(2);
  });

  it('is refused for a key of another role, and says which role is needed', async () => {
    const { key } = await own.createKey({ role: 'trainer', name: 'ci' });
    for (const args of [['keys', 'ls'], ['keys', 'create', '--role', 'viewer'], ['audit']])
      expect(await run(args, key)).toEqual({
        code: 4,
        out: '',
        err: 'This needs the scope admin, which "ci" does not have. The role admin has it.\nAsk an admin for a key that may do this, and run `trainyard login` with it.\n',
      });
  });
});

describe('trainyard whoami', () => {
  it('shows whose key the command uses', async () => {
    const { key, id } = await own.createKey({ role: 'viewer', name: 'reader', project: 'boots' });
    expect((await run(['whoami'], key)).out).toMatch(
      new RegExp(`^service +http://.*\nid +${id}\nname +reader\nproject +boots\nrole +viewer\nexpires +never\n$`),
    );
    expect(expectLines((await run(['whoami', '--json'], key)).out, 'Session')).toMatchObject([{ caller: { id } }]);
    expect((await run(['whoami', '-q'], key)).out).toBe('reader\n');
  });

  it('says what to do without a key, and with a wrong one', async () => {
    expect(await runCommand(['whoami'], { url: api.address, env: home })).toEqual({
      code: 4,
      out: '',
      err: `The service at ${api.address} needs an API key, and none is set for this address.\nRun \`trainyard login\`, or set TRAINYARD_API_KEY.\n`,
    });
    expect(await run(['whoami'], 'ty_cut')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^This is no API key: .*\nSet TRAINYARD_API_KEY to a valid key\./),
    });
  });

  it('says that a service without keys needs none', async () => {
    const open = await openApi(service);
    const { code, out } = await runCommand(['whoami'], { url: open.address, env: home });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('anyone who reaches it may do anything') });
    await open.close();
  });
});

describe('trainyard audit', () => {
  it('lists who changed what, newest first', async () => {
    const { out } = await run(['keys', 'create', 'audited', '--role', 'viewer', '--json']);
    const [{ id } = { id: '' }] = expectLines(out, 'NewApiKey') as { id: string }[];
    const [, newest] = (await run(['audit', '-n', '1'])).out.split('\n');
    expect(newest).toMatch(new RegExp(`^now +first admin +createKey +/keys/${id} +201 +127\\.0\\.0\\.1$`));
    const entries = expectLines((await run(['audit', '--all', '--json'])).out, 'AuditEntry');
    expect(entries[0]).toMatchObject({ path: `/keys/${id}` });
    expect(expectLines((await run(['audit', '-n', '2', '--json'])).out, 'AuditEntry')).toEqual(entries.slice(0, 2));
    expect(await run(['audit', '-n', '0'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/whole number from 1/),
    });
  });
});

describe('trainyard login', () => {
  const login = (args: readonly string[], input = '') => runCommand(['login', ...args], { env: home, input });
  const stored = () => readFile(profile, 'utf8').then(JSON.parse, () => undefined);

  it('checks the key, stores it and says who one is', async () => {
    const { code, out, err } = await login([api.address, '--key', '-'], `${own.adminKey}\n`);
    expect({ code, out }).toEqual({ code: 0, out: `${profile}\n` });
    expect(err).toBe(
      `Commands use ${api.address} from now on. You are "first admin", with the role admin in the project default.\n`,
    );
    expect(await stored()).toEqual({ url: api.address, apiKey: own.adminKey });
    expect((await runCommand(['whoami', '-q'], { env: home })).out).toBe('first admin\n');
    const again = await login(['--json']);
    expect(JSON.parse(again.out)).toMatchObject({ profile, url: api.address, caller: { name: 'first admin' } });
  });

  it.each([
    ['without a key', [], 4, /needs an API key.*\nGive it with --key/],
    ['with a wrong key', ['--key', 'ty_wrong'], 4, /no API key/],
  ])('stores nothing %s', async (_, args, code, err) => {
    expect(await login([api.address, ...args])).toMatchObject({ code, out: '', err: expect.stringMatching(err) });
    expect(await stored()).toBeUndefined();
  });

  it('stores an address that cannot be reached only with --no-check', async () => {
    const refused = await login(['http://127.0.0.1:9', '--key', 'k']);
    expect(refused).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^The service at http:\/\/127\.0\.0\.1:9 cannot .*\nNothing was stored\..*--no-check/),
    });
    expect(await stored()).toBeUndefined();
    expect((await login(['http://127.0.0.1:9', '--key', 'k', '--no-check'])).code).toBe(0);
    expect(await stored()).toEqual({ url: 'http://127.0.0.1:9', apiKey: 'k' });
  });

  it('asks for the key on a terminal, and does not show it', async () => {
    const command = startOnTerminal(['login', api.address], { env: home });
    await command.until(({ out }) => out.includes('API key of'));
    command.child.stdin?.write(`${own.adminKey}\r`);
    const { code, out } = await command.finished;
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('You are "first admin"') });
    expect(out).not.toContain(own.adminKey.slice(3));
    expect(await stored()).toMatchObject({ apiKey: own.adminKey });
  });

  it('ends with 130 if the question is answered with Ctrl-C', async () => {
    const command = startOnTerminal(['login', api.address], { env: home });
    await command.until(({ out }) => out.includes('API key of'));
    command.child.stdin?.write('\u0003');
    expect((await command.finished).code).toBe(130);
    expect(await stored()).toBeUndefined();
  });
});

it('completes keys, roles and scopes', async () => {
  const { id } = await own.createKey({ role: 'viewer', name: 'completed' });
  const words = async (...line: string[]) => (await run(['__complete', '--', ...line])).out;
  expect(await words('keys', 'rm', id.slice(0, 4))).toContain(`${id}\tcompleted viewer\n`);
  expect(await words('keys', 'create', '--role', 'de')).toBe('deployer\t\n');
  expect(await words('keys', 'create', '--scopes', 'jobs:read,pre')).toBe('jobs:read,predict\t\n');
});

it('doctor says what a missing key means', async () => {
  const { out } = await runCommand(['doctor'], { url: api.address, env: home });
  expect(out).toMatch(/✗ service +The service at .* needs an API key.*\n +Run `trainyard login`/);
  expect((await run(['doctor'])).out).toMatch(/✓ access +You are "first admin"/);
});

describe('an expiry', () => {
  const now = Date.parse('2026-12-01T12:00:00Z');

  it.each([
    ['12h', '2026-12-02T00:00:00.000Z'],
    ['90d', '2027-03-01T12:00:00.000Z'],
    ['2w', '2026-12-15T12:00:00.000Z'],
    ['2027-03-01', '2027-03-01T00:00:00.000Z'],
    ['2027-03-01T10:00:00+02:00', '2027-03-01T08:00:00.000Z'],
  ])('%s is a time', (written, time) => {
    expect(parseExpiry(written, now)).toBe(time);
  });

  it.each(['', '0d', '90', '90 d', '-1d', 'tomorrow', '1/2/2027', '2027-02-31x', '2020-01-01', '99999999999d'])(
    '%j is refused',
    (written) => {
      expect(() => parseExpiry(written, now)).toThrow(/--expires must be/);
    },
  );
});
