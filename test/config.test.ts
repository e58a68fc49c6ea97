/** Configuration: defaults and errors, and that .env.example and docker-compose.yml match it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { childEnvironment, describeSettings, loadConfig, requireAuth, variables } from '../src/config.js';
import { TrainyardError } from '../src/errors/errors.js';

const example = await readFile(join(import.meta.dirname, '../.env.example'), 'utf8');
const compose = await readFile(join(import.meta.dirname, '../docker-compose.yml'), 'utf8');

describe('the configuration', () => {
  test('is complete without any variable', () => {
    expect(loadConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      dataDir: resolve('data'),
      datasetsDir: resolve('data/datasets'),
      modelsDir: resolve('data/models'),
      redisUrl: undefined,
      logLevel: 'info',
      maxBodyBytes: 32 * 2 ** 20,
    });
  });

  test('adds the password from REDIS_PASSWORD_FILE to the URL of Redis', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-config-'));
    const file = join(folder, 'password');
    await writeFile(file, 'a:b@c/d e\n');
    const read = (REDIS_URL: string, REDIS_PASSWORD_FILE = file) =>
      loadConfig({ REDIS_URL, REDIS_PASSWORD_FILE }).redisUrl;
    const { hostname, password, port } = new URL(read('redis://redis:6379') ?? '');
    expect([hostname, port, decodeURIComponent(password)]).toEqual(['redis', '6379', 'a:b@c/d e']);
    expect(() => read('redis://redis:6379', join(folder, 'none'))).toThrow(
      'REDIS_PASSWORD_FILE cannot be read (ENOENT)',
    );
    expect(() => read('')).toThrow('REDIS_PASSWORD_FILE needs a REDIS_URL');
    await rm(folder, { recursive: true });
  });

  test('parses a list of origins', () => {
    const { allowedOrigins } = loadConfig({ ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080' });
    expect(allowedOrigins).toEqual(['https://a.example', 'http://b.example:8080']);
  });

  test('treats an empty variable as not set', () => {
    expect(loadConfig({ PORT: '', DATA_DIR: ' ', REDIS_URL: '' })).toEqual(loadConfig({}));
  });

  test('stores data sets in DATA_DIR unless DATASETS_DIR is set', () => {
    expect(loadConfig({ DATA_DIR: '/srv/a' }).datasetsDir).toBe('/srv/a/datasets');
    expect(loadConfig({ DATA_DIR: '/srv/a', DATASETS_DIR: '/srv/b' }).datasetsDir).toBe('/srv/b');
  });

  test.each([
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535, not "70000"'],
    [{ PORT: '3000x' }, 'PORT must be a whole number'],
    [{ PORT: '1.5' }, 'PORT must be a whole number'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, not "loud"'],
    [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL must begin with redis://, rediss:// or unix://'],
    [{ WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY must be a whole number from 1 to 64'],
    [{ MAX_BODY_MB: '-1' }, 'MAX_BODY_MB must be a whole number from 1 to 1024'],
    [{ ALLOWED_ORIGINS: 'https://a.example/,b' }, 'not "https://a.example/"; ALLOWED_ORIGINS must be origins as'],
    [{ RUNTIME: 'tpu' }, 'RUNTIME must be cpu or cuda, not "tpu"'],
  ])('refuses %o with a sentence', (environment, sentence) => {
    expect(() => loadConfig(environment)).toThrow(sentence);
    expect(() => loadConfig(environment)).toThrow(TrainyardError);
  });

  test('names every bad variable at once', () => {
    expect(() => loadConfig({ PORT: 'x', LOG_LEVEL: 'y', MAX_RESTARTS: 'z' })).toThrow(
      /LOG_LEVEL .*PORT .*MAX_RESTARTS /,
    );
  });

  test('gives a child process the environment with the changed variables', () => {
    const child = childEnvironment(
      { REDIS_URL: 'unix:///s' },
      { REDIS_URL: 'redis://r', PATH: '/bin', TF_CPP_MIN_LOG_LEVEL: '0' },
    );
    expect(child).toMatchObject({ REDIS_URL: 'unix:///s', PATH: '/bin', TF_CPP_MIN_LOG_LEVEL: '0' });
  });
});

describe('AUTH', () => {
  test.each([
    ['', '127.0.0.1', 'none'],
    ['', '127.0.0.2', 'none'],
    ['', '::1', 'none'],
    ['', 'localhost', 'none'],
    ['keys', '127.0.0.1', 'keys'],
    ['keys', '0.0.0.0', 'keys'],
    ['none', '0.0.0.0', 'none'],
  ])('"%s" on %s means %s', (AUTH, HOST, auth) => {
    expect(requireAuth(loadConfig({ AUTH, HOST }))).toBe(auth);
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'train.example.com', '127.0.0.1.example.com'])(
    'must be set if the service listens on %s',
    (HOST) => {
      expect(() => requireAuth(loadConfig({ HOST }))).toThrow(/Set AUTH=keys.*Or set AUTH=none/);
    },
  );

  test.each([
    [{ AUTH: 'key' }, 'AUTH must be one of none, keys'],
    [{ OIDC_ISSUER: 'https://login' }, 'OIDC_ISSUER needs AUTH=keys'],
    [{ OIDC_ISSUER: 'login', AUTH: 'keys' }, 'OIDC_ISSUER must be an http or https address'],
    [{ OIDC_ISSUER: 'https://login', AUTH: 'keys', OIDC_ROLES: 'a=admin' }, 'OIDC_ISSUER needs an OIDC_AUDIENCE'],
    [{ OIDC_ISSUER: 'https://login', AUTH: 'keys', OIDC_ROLES: 'a=boss' }, 'OIDC_ROLES must be pairs'],
    [{ OIDC_ISSUER: 'https://login', AUTH: 'keys' }, 'OIDC_ROLES must be pairs'],
  ])('%j is refused: %s', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });
});

describe('.env.example', () => {
  test('lists every variable with its default, and no other', () => {
    const defaults = Object.fromEntries(Object.entries(variables).map(([name, { default: value }]) => [name, value]));
    expect({ ...parseEnv(example) }).toEqual(defaults);
  });

  test('describes each variable with the same words as src/config.ts', () => {
    for (const [name, { default: value, description }] of Object.entries(variables)) {
      expect(example).toContain(`# ${description}\n${name}=${value}\n`);
    }
  });
});

describe('docker-compose.yml', () => {
  /** Variables that the containers do not take from the host, with the reason. */
  const OTHERWISE: Readonly<Record<string, string>> = {
    HOST: 'set by the image; TRAINYARD_ADDRESS says where the API is published',
    PORT: 'set by the image; TRAINYARD_PORT says where the API is published',
    ACCESS_DIR: 'set to a volume that only the API mounts',
    DATA_DIR: 'set by the image: the volume',
    DATASETS_DIR: 'set by the image, which holds Fashion-MNIST',
    IMPORT_DIR: 'a folder of the host, which has to be mounted first',
    TENSORBOARD_DIR: 'set to a folder in the volume, the only one that can be written',
    REDIS_URL: 'set to the Redis of the compose project',
    REDIS_PASSWORD_FILE: 'set to a file in the volume with the secret',
    RUNTIME: 'set by the image when it is built',
  };

  /** Variables with another default than that of `npm start`. The API listens on a network, so it needs keys. */
  const OTHER_DEFAULTS: Readonly<Record<string, string>> = { AUTH: 'keys' };

  /** Returns the variables that a service takes from the host, with their defaults. */
  const passedTo = (service: string): Map<string, string> => {
    const [, text = ''] = new RegExp(`^  ${service}:\\n((?: {4}.*\\n|\\n)+)`, 'm').exec(compose) ?? [];
    const lines = text.matchAll(/^ {6}([A-Z_]+): \$\{\1:-(.*)\}$/gm);
    return new Map(Array.from(lines, ([, name = '', value = '']) => [name, value]));
  };
  const services = [passedTo('api'), passedTo('worker')];

  test.each(Object.keys(variables).filter((name) => !(name in OTHERWISE)))(
    'passes %s to a service with its default',
    (name) => {
      const values = services.filter((passed) => passed.has(name)).map((passed) => passed.get(name));
      expect(new Set(values)).toEqual(
        new Set([OTHER_DEFAULTS[name] ?? variables[name as keyof typeof variables].default]),
      );
    },
  );

  test('limits memory, processes and logs of every container', () => {
    const { services: all } = parse(compose, { merge: true }) as { services: Record<string, object> };
    expect(Object.keys(all).toSorted()).toEqual(['api', 'redis', 'secret', 'worker']);
    for (const service of Object.values(all)) {
      expect(service).toMatchObject({
        mem_limit: expect.stringMatching(/^(\d+m|\$\{[A-Z]+_MEMORY:-\d+g\})$/),
        pids_limit: expect.any(Number),
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
        ...{ cap_drop: ['ALL'], read_only: true },
      });
    }
  });

  test('uses only what Docker Engine 20.10 supports', async () => {
    const dockerfile = await readFile(join(import.meta.dirname, '../Dockerfile'), 'utf8');
    for (const text of [compose, dockerfile])
      expect(text.replaceAll(/^\s*#.*$/gm, '')).not.toMatch(
        /start[_-]interval|post_start|^\s*develop:|--mount=|<<EOF/m,
      );
  });

  test('keeps the password of Redis out of command lines and environments', () => {
    const { services: all } = parse(compose, { merge: true }) as {
      services: Record<string, { command?: unknown; environment?: Record<string, string>; volumes?: string[] }>;
    };
    expect(String(all['redis']?.command)).toMatch(/^redis-server \/run\/secret\/redis.conf /);
    expect(String(all['redis']?.command)).not.toMatch(/requirepass|protected-mode no/);
    for (const name of ['api', 'worker']) {
      expect(all[name]?.environment).toMatchObject({ REDIS_PASSWORD_FILE: '/run/secret/password' });
      expect(all[name]?.environment).not.toHaveProperty('REDIS_PASSWORD');
      expect(all[name]?.volumes).toContain('secret:/run/secret:ro');
    }
  });

  test('passes no other variables, and passes shared ones to both services', () => {
    const [api = new Map(), worker = new Map()] = services;
    const names = [...api.keys(), ...worker.keys()];
    expect(names.filter((name) => !(name in variables) || name in OTHERWISE)).toEqual([]);
    const both = ['LOG_LEVEL', 'WEBHOOK_URL', 'WEBHOOK_EVENTS', 'WEBHOOK_SECRET', 'WEBHOOK_NETWORKS'];
    expect([...api.keys()].filter((name) => worker.has(name))).toEqual(both);
  });
});

test('describes every setting, and never the value of a secret', () => {
  const secrets = {
    REDIS_URL: 'redis://:hunter2@redis',
    WEBHOOK_URL: 'https://example.com/?token=hunter2',
    WEBHOOK_SECRET: 'hunter2',
  };
  const settings = describeSettings({ ...secrets, PORT: '80' });
  expect(JSON.stringify(settings)).not.toContain('hunter2');
  expect(settings.map(({ name }) => name)).toEqual(Object.keys(variables));
  const isSet = settings.filter((setting) => setting.isSet).map(({ name, value }) => [name, value]);
  expect(isSet).toEqual([
    ['PORT', '80'],
    ...['REDIS_URL', 'WEBHOOK_URL', 'WEBHOOK_SECRET'].map((name) => [name, undefined]),
  ]);
});
