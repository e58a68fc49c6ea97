/** Typed, frozen configuration from the environment. Only this file reads process.env for settings. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { ROLES, type Role } from './contracts/access/roles.js';
import { SECRET_PATTERN, WEBHOOK_EVENTS, type WebhookEvent } from './contracts/jobs/webhook.js';
import { OUTBOUND_NETWORKS, type OutboundNetworks } from './contracts/service/outbound-networks.js';
import type { Setting } from './contracts/service/setting.js';
import { TrainyardError } from './errors/errors.js';

export type Config = Readonly<{
  host: string;
  port: number;
  /** Undefined: HOST is open to other machines, and AUTH does not say that this is meant. */
  auth: (typeof AUTHS)[number] | undefined;
  /** Folder of the service's secret and the first admin key. */
  accessDir: string;
  /** Identity provider whose tokens are accepted. Undefined: none. */
  oidc: OidcSettings | undefined;
  /** Number of the newest entries of the audit log that are kept. */
  auditEntries: number;
  /** Origins, besides the service's own, whose pages may read answers, change things and open streams. */
  allowedOrigins: readonly string[];
  /** Absolute path of the folder for models, checkpoints, data sets and the embedded Redis. */
  dataDir: string;
  datasetsDir: string;
  /** Folder of the imported data sets. */
  importedDir: string;
  modelsDir: string;
  checkpointsDir: string;
  /** Folder of the projects besides `default`: a folder each, with its models and imported data sets. */
  projectsDir: string;
  /** Folder of TensorBoard's event files. */
  tensorboardDir: string;
  /** Undefined: `npm start` runs its own server. */
  redisUrl: string | undefined;
  logLevel: (typeof LOG_LEVELS)[number];
  /** TensorFlow's runtime. `cuda` computes on GPUs. Undefined: not configured. */
  runtime: 'cpu' | 'cuda' | undefined;
  /** CUDA_VISIBLE_DEVICES: the GPUs that this process and its children may use. Undefined: all. */
  visibleGpus: string | undefined;
  /** Jobs that one worker trains at the same time. Undefined: one for each slot of its devices. */
  workerConcurrency: number | undefined;
  /** Jobs that train on one GPU at the same time. */
  deviceSlots: number;
  /** How often a job restarts after its trainer died. */
  maxRestarts: number;
  /** Time without lock renewal after which a worker loses its jobs, in ms. */
  workerLockMs: number;
  workerNice: number;
  /** Maximum number of queued jobs. */
  queueDepth: number;
  /** Maximum number of jobs that are paused on request. */
  pausedDepth: number;
  /** Age in days at which ended jobs are removed. 0: never. */
  jobRetentionDays: number;
  /** Number of the latest ended jobs that are kept. 0: all. */
  jobRetentionCount: number;
  /** Redis memory that all ended jobs may use together, in bytes. 0: no limit. */
  jobRetentionBytes: number;
  /** Time between two checkpoints within an epoch, in seconds. 0: only at the end of an epoch. */
  checkpointSeconds: number;
  /** Number of the latest epochs of a job whose end is kept as a checkpoint. */
  checkpointsKept: number;
  /** Age in days at which the checkpoints of ended jobs are removed. 0: never. */
  checkpointRetentionDays: number;
  /** Number of the latest ended jobs that keep their checkpoints. 0: all. */
  checkpointRetentionCount: number;
  /** Number of the latest versions of each model that are kept. 0: all. */
  modelVersionsKept: number;
  /** Number of the latest `step` frames of a job that are kept. */
  streamStepFrames: number;
  /** Redis memory that the frames of one job may use, in bytes. */
  jobFramesBytes: number;
  /** Number of the latest changes of a label that are kept. */
  labelHistory: number;
  /** Streams that one client, and all clients together, may have open. */
  streamLimits: Readonly<{ perClient: number; total: number }>;
  /** Webhook that receives frames of all jobs. Undefined: none. */
  webhook: Readonly<{ url: string; events: readonly WebhookEvent[] }> | undefined;
  /** Signs the messages of webhooks without a secret of their own. */
  webhookSecret: string | undefined;
  /** Addresses that webhooks may reach. */
  webhookNetworks: OutboundNetworks;
  /** Largest body of a prediction, in bytes. */
  maxBodyBytes: number;
  /** Largest weights file of an import, in bytes. */
  maxImportBytes: number;
  /** Folder whose files may be imported by their path. Undefined: none. */
  importDir: string | undefined;
  /** Addresses that downloads may reach. */
  downloadNetworks: OutboundNetworks;
  /** Largest archive of a data set import, in bytes. */
  maxDatasetBytes: number;
  /** Uploads of all clients, and of one client, at the same time. */
  uploadLimits: Readonly<{ most: number; mostOfClient: number }>;
  /** Memory that the bodies of all predictions may use together, in bytes. */
  maxBodiesBytes: number;
  /** Processes that predict at the same time. */
  predictorProcesses: number;
  /** Memory for loaded models in each predictor process, in bytes. */
  predictorMemoryBytes: number;
  /** Images in the largest batch that is formed from several requests. */
  predictMaxBatch: number;
  /** How long a batch that is not full waits for more images, in ms. */
  predictBatchDelayMs: number;
  /** Images that may wait to be predicted. */
  predictQueueDepth: number;
  /** Time from a prediction request to its answer, in ms. */
  predictTimeoutMs: number;
  /** `/readyz` returns 503 if less disk space is free, in bytes. */
  minFreeDiskBytes: number;
}>;

/** Identity provider: see the settings OIDC_… */
type OidcSettings = Readonly<{
  issuer: string;
  audience: string;
  jwksUrl: string | undefined;
  roleClaim: string;
  roles: ReadonlyMap<string, Role>;
  projectClaim: string | undefined;
}>;

const AUTHS = ['none', 'keys'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const RUNTIMES = ['cpu', 'cuda'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings with their defaults and descriptions. .env.example repeats them. */
export const variables = {
  HOST: {
    default: '127.0.0.1',
    description: 'Address the API listens on. 0.0.0.0 opens it to the network; then AUTH must be set.',
  },
  PORT: { default: '3000', description: 'Port the API listens on, 0 to 65535. 0 takes a free port.' },
  AUTH: {
    default: '',
    description:
      'Who may use the API: keys (clients need an API key, a session or a token) or none (anyone may do anything). Empty: none if HOST is a loopback address; otherwise the service refuses to start.',
  },
  ACCESS_DIR: {
    default: '',
    description:
      "Folder of the service's secret and of the first admin key, with AUTH=keys. All API processes share it. Empty: DATA_DIR/access.",
  },
  OIDC_ISSUER: {
    default: '',
    description:
      'Issuer of an OpenID Connect provider whose tokens are accepted besides API keys, for example https://login.example.com/realms/ml. Needs AUTH=keys, OIDC_AUDIENCE and OIDC_ROLES. Empty: none.',
  },
  OIDC_AUDIENCE: { default: '', description: 'Audience that tokens must have been issued for (claim aud).' },
  OIDC_JWKS_URL: {
    default: '',
    description: "Address of the provider's keys. Empty: as the discovery document of OIDC_ISSUER says.",
  },
  OIDC_ROLE_CLAIM: {
    default: 'roles',
    description:
      'Claim with the roles or groups of a token. Dots lead into nested claims, for example realm_access.roles.',
  },
  OIDC_ROLES: {
    default: '',
    description: `Roles by the values of that claim, separated by commas: ml-team=trainer,ml-leads=admin. Roles: ${ROLES.join(', ')}.`,
  },
  OIDC_PROJECT_CLAIM: {
    default: '',
    description: 'Claim with the project of a token. Empty: the project is default.',
  },
  AUDIT_ENTRIES: {
    default: '100000',
    description: 'Number of the newest entries of the audit log that are kept, about, 1000 to 10000000.',
  },
  ALLOWED_ORIGINS: {
    default: '',
    description:
      'Origins, separated by commas, whose pages may read answers, change things and open WebSockets, for example https://train.example.com. List the service itself if browsers reach it over plain http under a domain name.',
  },
  DATA_DIR: { default: './data', description: 'Folder for models, checkpoints, data sets and the embedded Redis.' },
  DATASETS_DIR: {
    default: '',
    description: 'Parent folder of Fashion-MNIST. Empty: DATA_DIR/datasets, which always holds the imported data sets.',
  },
  TENSORBOARD_DIR: { default: '', description: "Folder of TensorBoard's event files. Empty: DATA_DIR/tensorboard." },
  REDIS_URL: {
    default: '',
    description: 'Address of Redis or Valkey: redis://, rediss:// or unix://. Empty: npm start runs its own server.',
  },
  REDIS_PASSWORD_FILE: {
    default: '',
    description: 'File with the password for REDIS_URL. Empty: the address contains the password, if there is one.',
  },
  LOG_LEVEL: { default: 'info', description: `Least severe log lines that are written: ${LOG_LEVELS.join(', ')}.` },
  WORKER_CONCURRENCY: {
    default: '',
    description:
      'Jobs that one worker trains at the same time, 1 to 64. Empty: 1 on a CPU; with GPUs one for each slot.',
  },
  DEVICE_SLOTS: { default: '1', description: 'Jobs that train on one GPU at the same time, 1 to 16.' },
  MAX_RESTARTS: { default: '2', description: 'How often a job restarts after its trainer died, 0 to 100.' },
  WORKER_LOCK_SECONDS: {
    default: '30',
    description:
      'A worker without a sign of life for this long loses its jobs to other workers. In seconds, 2 to 3600.',
  },
  WORKER_NICE: {
    default: '0',
    description: 'CPU niceness of workers and trainers, 0 to 19. At 19, predictions get the CPU first.',
  },
  QUEUE_DEPTH: {
    default: '1000',
    description: 'Maximum number of queued jobs, 1 to 1000000. Beyond it, submitting and resuming return 429.',
  },
  PAUSED_DEPTH: {
    default: '1000',
    description: 'Maximum number of paused jobs, 1 to 1000000. Beyond it, a request to pause a job returns 429.',
  },
  JOB_RETENTION_DAYS: {
    default: '30',
    description: 'Removes jobs that ended longer ago, in days, 0 to 36500. Their models stay. 0: never.',
  },
  JOB_RETENTION_COUNT: {
    default: '10000',
    description: 'Number of the latest ended jobs that are kept, 0 to 10000000. 0: all.',
  },
  JOB_RETENTION_MB: {
    default: '1024',
    description:
      'Redis memory that all ended jobs may use together, in MiB, 0 to 1048576. Beyond it, the jobs that ended first are removed. 0: no limit.',
  },
  CHECKPOINT_SECONDS: {
    default: '60',
    description:
      'Time between two checkpoints within an epoch, in seconds, 0 to 86400. 0: only at the end of an epoch.',
  },
  CHECKPOINTS_KEPT: {
    default: '1',
    description:
      'Number of the latest epochs of a job whose end is kept as a checkpoint, 1 to 10000, besides the best epoch and the newest checkpoints.',
  },
  CHECKPOINT_RETENTION_DAYS: {
    default: '7',
    description: 'Removes the checkpoints of jobs that ended longer ago, in days, 0 to 36500. 0: never.',
  },
  CHECKPOINT_RETENTION_COUNT: {
    default: '20',
    description: 'Number of the latest ended jobs that keep their checkpoints, 0 to 1000000. 0: all.',
  },
  MODEL_VERSIONS_KEPT: {
    default: '0',
    description:
      'Number of the latest versions of each model that are kept, 0 to 1000000, besides labelled and loaded versions. 0: all.',
  },
  STREAM_STEP_FRAMES: {
    default: '20000',
    description: 'Number of the latest step frames of a job that are kept, 1 to 1000000. All other frames are kept.',
  },
  LABEL_HISTORY: {
    default: '100',
    description:
      'Number of the latest changes of a label that are kept, 2 to 10000. A rollback can return to any of them.',
  },
  FOLLOWERS_PER_CLIENT: {
    default: '256',
    description:
      'Streams (WebSockets and server-sent events) that one client may have open, 1 to 1000000. Beyond it, requests return 429.',
  },
  FOLLOWERS_MAX: {
    default: '1024',
    description:
      'Streams that all clients of one API process may have open, 1 to 1000000. Beyond it, requests return 503.',
  },
  JOB_FRAMES_MB: {
    default: '8',
    description:
      'Redis memory that the frames of one job may use, in MiB, 1 to 4096. Beyond it, its oldest step frames are removed.',
  },
  WEBHOOK_URL: {
    default: '',
    description: 'Address that receives frames of all jobs. Needs WEBHOOK_SECRET. Empty: none.',
  },
  WEBHOOK_EVENTS: {
    default: 'status,end',
    description: `Frames that go to WEBHOOK_URL, separated by commas: ${WEBHOOK_EVENTS.join(', ')}.`,
  },
  WEBHOOK_SECRET: {
    default: '',
    description: 'Signs the messages of webhooks without a secret of their own: whsec_ and 24 to 64 bytes in base64.',
  },
  WEBHOOK_NETWORKS: {
    default: 'private',
    description:
      'Addresses that webhooks may reach: public, private (also private networks) or any (also link-local addresses).',
  },
  MAX_BODY_MB: { default: '32', description: 'Largest body of a prediction, in MiB, 1 to 1024.' },
  MAX_IMPORT_MB: { default: '512', description: 'Largest weights file of an import, in MiB, 1 to 2000.' },
  IMPORT_DIR: {
    default: '',
    description: 'Folder whose files clients may import by their path, for example weights. Empty: none.',
  },
  DOWNLOAD_NETWORKS: {
    default: 'public',
    description:
      'Addresses that imports may download from: public, private (also private networks, and http) or any (also link-local addresses).',
  },
  MAX_DATASET_MB: { default: '4096', description: 'Largest archive of a data set import, in MiB, 1 to 1048576.' },
  UPLOADS_MAX: {
    default: '32',
    description: 'Uploads of weights and archives at the same time, 1 to 10000. Beyond it, uploads return 503.',
  },
  UPLOADS_PER_CLIENT: {
    default: '8',
    description:
      'Uploads of one client address at the same time, 1 to 10000. Beyond it, uploads return 429. Behind a proxy all clients have one address.',
  },
  MAX_BODIES_MB: {
    default: '256',
    description:
      'Memory that the bodies of all predictions may use together, in MiB, 1 to 65536. Beyond it, requests wait.',
  },
  PREDICTOR_PROCESSES: {
    default: '1',
    description: 'Processes that predict at the same time, 1 to 64. Each loads the models that it needs.',
  },
  PREDICTOR_MEMORY_MB: {
    default: '1024',
    description:
      'Memory for loaded models in each predictor process, in MiB, 64 to 1048576. Beyond it, the least recently used model is unloaded.',
  },
  PREDICT_MAX_BATCH: {
    default: '64',
    description: 'Images in the largest batch that is formed from several requests, 1 to 256.',
  },
  PREDICT_BATCH_DELAY_MS: {
    default: '0',
    description:
      'How long a batch that is not full waits for more images while a process is free, in ms, 0 to 10000. 0: not at all.',
  },
  PREDICT_QUEUE_DEPTH: {
    default: '1024',
    description: 'Images that may wait to be predicted, 1 to 1000000. Beyond it, requests return 429.',
  },
  PREDICT_TIMEOUT_MS: {
    default: '30000',
    description:
      'Time from a prediction request to its answer, in ms, 1 to 3600000. Later answers are 504. X-Request-Timeout-Ms may shorten it.',
  },
  RUNTIME: {
    default: '',
    description: 'TensorFlow that set-up installs: cpu or cuda. Empty: the installed one, at first cpu.',
  },
  MIN_FREE_DISK_MB: {
    default: '512',
    description: '/readyz returns 503 if less disk space is free, in MiB, 0 to 1048576.',
  },
} as const satisfies Record<string, { default: string; description: string }>;

type Variable = keyof typeof variables;

/** Settings whose value is a secret or may contain one. */
const SECRETS: readonly Variable[] = ['REDIS_URL', 'REDIS_PASSWORD_FILE', 'WEBHOOK_URL', 'WEBHOOK_SECRET'];

/** Returns every setting with its value, except the values of secrets. */
export const describeSettings = (environment: Environment = process.env): Setting[] =>
  (Object.keys(variables) as Variable[]).map((name) => {
    const { default: standard, description } = variables[name];
    const value = environment[name]?.trim() || standard;
    return {
      name,
      description,
      default: standard,
      ...(!SECRETS.includes(name) && { value }),
      isSet: value !== standard,
    };
  });

/** Returns the environment of a child process: `environment` over the defaults below, and `changes` over both. */
export const childEnvironment = (changes: Environment, environment: Environment = process.env): NodeJS.ProcessEnv => ({
  // TensorFlow prints only errors. GPU memory grows on demand, because trainer and predictor share it. Two operations run at a time,
  // each on all cores; more would only need more memory. All threads share one heap.
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_NUM_INTEROP_THREADS: '2',
  MALLOC_ARENA_MAX: '1',
  ...environment,
  ...changes,
});

/** Variables that a process needs to start and to compute. Credentials, such as WEBHOOK_SECRET and REDIS_URL, are not among them. */
const COMPUTE_VARIABLES =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|NODE_(ENV|OPTIONS|V8_COVERAGE|COMPILE_CACHE)|(UV|LD|DYLD|TF|XLA|CUDA|NVIDIA|OMP|KMP|GOMP|MKL|DNNL|ONEDNN|MALLOC|GLIBC|VIPS|SHARP|ORT)_\w+)$/;

/** Returns the environment for child processes that only compute: variables of the system, Node.js and native libraries. */
export const computeEnvironment = (environment: Environment = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => COMPUTE_VARIABLES.test(name)));

/** Reads settings, and collects what is wrong with them. */
function createReader(environment: Environment) {
  const problems: string[] = [];
  const text = (name: Variable): string => environment[name]?.trim() || variables[name].default;
  return {
    problems,
    text,
    /** Returns an integer from `minimum` to `maximum`. */
    whole(name: Variable, minimum: number, maximum: number): number {
      const value = Number(text(name));
      if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
      problems.push(`${name} must be a whole number from ${minimum} to ${maximum}, not "${text(name)}"`);
      return minimum;
    },
    /** Returns one of `allowed`, and undefined for another text. */
    oneOf<T extends string>(name: Variable, allowed: readonly T[]): T | undefined {
      const found = allowed.find((each) => each === text(name));
      if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}, not "${text(name)}"`);
      return found;
    },
    /** Returns the absolute path of a folder, and `fallback` for an empty setting. */
    folder: (name: Variable, fallback: string): string => (text(name) ? resolve(text(name)) : fallback),
  };
}

type Reader = ReturnType<typeof createReader>;

/** Reads and checks the environment. Throws one error that names every wrong variable. */
export function loadConfig(environment: Environment = process.env): Config {
  const reader = createReader(environment);
  const config: Config = {
    logLevel: reader.oneOf('LOG_LEVEL', LOG_LEVELS) ?? 'info',
    redisUrl: readRedisUrl(reader),
    runtime: readRuntime(reader),
    visibleGpus: environment['CUDA_VISIBLE_DEVICES'],
    ...readWebhooks(reader),
    ...readServer(reader),
    ...readAccess(reader),
    ...readFolders(reader),
    ...readWorker(reader),
    ...readJobLimits(reader),
    ...readKeptData(reader),
    ...readUploadLimits(reader),
    ...readPredictor(reader),
    minFreeDiskBytes: reader.whole('MIN_FREE_DISK_MB', 0, 2 ** 20) * 2 ** 20,
  };
  if (reader.problems.length > 0) throw new TrainyardError('invalid_request', `${reader.problems.join('; ')}.`);
  return Object.freeze(config);
}

/** Returns the address of Redis, with the password of the file in it. */
function readRedisUrl({ text, problems }: Reader): string | undefined {
  const [address, passwordFile] = [text('REDIS_URL'), text('REDIS_PASSWORD_FILE')];
  if (address !== '' && !/^(rediss?|unix):\/\//.test(address))
    problems.push('REDIS_URL must begin with redis://, rediss:// or unix://');
  if (passwordFile === '') return address || undefined;
  if (!/^rediss?:/.test(address) || !URL.canParse(address)) {
    problems.push('REDIS_PASSWORD_FILE needs a REDIS_URL that begins with redis:// or rediss://');
    return undefined;
  }
  try {
    const url = new URL(address);
    url.password = encodeURIComponent(readFileSync(passwordFile, 'utf8').trim());
    return url.href;
  } catch (error) {
    problems.push(`REDIS_PASSWORD_FILE cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

function readRuntime({ text, problems }: Reader): Config['runtime'] {
  const runtime = RUNTIMES.find((name) => name === text('RUNTIME'));
  if (runtime === undefined && text('RUNTIME') !== '')
    problems.push(`RUNTIME must be cpu or cuda, not "${text('RUNTIME')}"`);
  return runtime;
}

function readWebhooks(reader: Reader) {
  const { secret: webhookSecret, url } = readWebhookAddress(reader);
  const events = readWebhookEvents(reader);
  return {
    webhook: url === undefined ? undefined : { url, events },
    webhookSecret,
    webhookNetworks: reader.oneOf('WEBHOOK_NETWORKS', OUTBOUND_NETWORKS) ?? 'private',
  };
}

/** Returns the address and the secret. The messages do not show them, because webhook addresses may contain secrets too. */
function readWebhookAddress({ text, problems }: Reader) {
  const secret = text('WEBHOOK_SECRET') || undefined;
  if (secret !== undefined && !new RegExp(SECRET_PATTERN).test(secret))
    problems.push('WEBHOOK_SECRET must be whsec_ and 24 to 64 bytes in base64');
  const url = text('WEBHOOK_URL') || undefined;
  if (url !== undefined && !(/^https?:/.test(url) && URL.canParse(url)))
    problems.push('WEBHOOK_URL must be an http or https address');
  if (url !== undefined && secret === undefined) problems.push('WEBHOOK_URL needs a WEBHOOK_SECRET to sign with');
  return { secret, url };
}

function readWebhookEvents({ text, problems }: Reader): WebhookEvent[] {
  const events = text('WEBHOOK_EVENTS')
    .split(',')
    .map((type) => WEBHOOK_EVENTS.find((each) => each === type));
  if (events.includes(undefined))
    problems.push(`WEBHOOK_EVENTS must name some of ${WEBHOOK_EVENTS.join(', ')}, not "${text('WEBHOOK_EVENTS')}"`);
  return events.filter((type) => type !== undefined);
}

const readServer = (reader: Reader) => ({
  allowedOrigins: readAllowedOrigins(reader),
  host: reader.text('HOST'),
  port: reader.whole('PORT', 0, 65_535),
});

const readAccess = (reader: Reader) => ({
  auth: readAuth(reader),
  accessDir: reader.folder('ACCESS_DIR', join(resolve(reader.text('DATA_DIR')), 'access')),
  oidc: readOidc(reader),
  auditEntries: reader.whole('AUDIT_ENTRIES', 1_000, 10_000_000),
});

function readAuth({ text, oneOf }: Reader): Config['auth'] {
  if (text('AUTH') !== '') return oneOf('AUTH', AUTHS);
  return isLoopback(text('HOST')) ? 'none' : undefined;
}

/** Tells whether only this machine reaches an address. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

function readOidc({ text, problems }: Reader): OidcSettings | undefined {
  const [issuer, audience, jwksUrl] = [text('OIDC_ISSUER'), text('OIDC_AUDIENCE'), text('OIDC_JWKS_URL')];
  if (issuer === '') return undefined;
  for (const [name, url] of Object.entries({ OIDC_ISSUER: issuer, OIDC_JWKS_URL: jwksUrl || issuer }))
    if (!(/^https?:/.test(url) && URL.canParse(url))) problems.push(`${name} must be an http or https address`);
  if (text('AUTH') !== 'keys') problems.push('OIDC_ISSUER needs AUTH=keys');
  if (audience === '') problems.push('OIDC_ISSUER needs an OIDC_AUDIENCE');
  return {
    ...{ issuer, audience, jwksUrl: jwksUrl || undefined, roleClaim: text('OIDC_ROLE_CLAIM') },
    roles: readRoles(text('OIDC_ROLES'), problems),
    projectClaim: text('OIDC_PROJECT_CLAIM') || undefined,
  };
}

function readRoles(text: string, problems: string[]): Map<string, Role> {
  const roles = new Map<string, Role>();
  for (const pair of text.split(',')) {
    const [value = '', name = ''] = pair.split('=').map((part) => part.trim());
    const role = ROLES.find((each) => each === name);
    if (value === '' || role === undefined)
      problems.push(`OIDC_ROLES must be pairs as ml-team=trainer with the roles ${ROLES.join(', ')}, not "${pair}"`);
    else roles.set(value, role);
  }
  return roles;
}

/** Throws if other machines reach the service and AUTH does not say who may use it. */
export function requireAuth({ auth, host }: Pick<Config, 'auth' | 'host'>): 'none' | 'keys' {
  if (auth !== undefined) return auth;
  throw new TrainyardError(
    'invalid_request',
    `HOST is ${host}, which other machines reach, and AUTH is not set. Set AUTH=keys, so that clients need an API key. Or set AUTH=none: then anyone who reaches the port may do anything.`,
  );
}

function readAllowedOrigins({ text, problems }: Reader): string[] {
  const origins = text('ALLOWED_ORIGINS')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    problems.push(`ALLOWED_ORIGINS must be origins as https://train.example.com, not "${origin}"`);
  }
  return origins;
}

function readFolders({ text, folder }: Reader) {
  const dataDir = resolve(text('DATA_DIR'));
  return {
    dataDir,
    datasetsDir: folder('DATASETS_DIR', join(dataDir, 'datasets')),
    importedDir: join(dataDir, 'datasets'),
    modelsDir: join(dataDir, 'models'),
    checkpointsDir: join(dataDir, 'checkpoints'),
    projectsDir: join(dataDir, 'projects'),
    tensorboardDir: folder('TENSORBOARD_DIR', join(dataDir, 'tensorboard')),
  };
}

const readWorker = ({ text, whole }: Reader) => ({
  workerConcurrency: text('WORKER_CONCURRENCY') === '' ? undefined : whole('WORKER_CONCURRENCY', 1, 64),
  deviceSlots: whole('DEVICE_SLOTS', 1, 16),
  maxRestarts: whole('MAX_RESTARTS', 0, 100),
  workerLockMs: whole('WORKER_LOCK_SECONDS', 2, 3_600) * 1000,
  workerNice: whole('WORKER_NICE', 0, 19),
});

const readJobLimits = ({ whole }: Reader) => ({
  queueDepth: whole('QUEUE_DEPTH', 1, 1_000_000),
  pausedDepth: whole('PAUSED_DEPTH', 1, 1_000_000),
  jobRetentionDays: whole('JOB_RETENTION_DAYS', 0, 36_500),
  jobRetentionCount: whole('JOB_RETENTION_COUNT', 0, 10_000_000),
  jobRetentionBytes: whole('JOB_RETENTION_MB', 0, 2 ** 20) * 2 ** 20,
});

/** Reads how much of checkpoints, models, streams and labels is kept. */
const readKeptData = ({ whole }: Reader) => ({
  checkpointSeconds: whole('CHECKPOINT_SECONDS', 0, 86_400),
  checkpointsKept: whole('CHECKPOINTS_KEPT', 1, 10_000),
  checkpointRetentionDays: whole('CHECKPOINT_RETENTION_DAYS', 0, 36_500),
  checkpointRetentionCount: whole('CHECKPOINT_RETENTION_COUNT', 0, 1_000_000),
  modelVersionsKept: whole('MODEL_VERSIONS_KEPT', 0, 1_000_000),
  streamStepFrames: whole('STREAM_STEP_FRAMES', 1, 1_000_000),
  jobFramesBytes: whole('JOB_FRAMES_MB', 1, 4_096) * 2 ** 20,
  labelHistory: whole('LABEL_HISTORY', 2, 10_000),
  streamLimits: {
    perClient: whole('FOLLOWERS_PER_CLIENT', 1, 1_000_000),
    total: whole('FOLLOWERS_MAX', 1, 1_000_000),
  },
});

const readUploadLimits = ({ text, whole, oneOf }: Reader) => ({
  maxBodyBytes: whole('MAX_BODY_MB', 1, 1024) * 2 ** 20,
  maxImportBytes: whole('MAX_IMPORT_MB', 1, 2_000) * 2 ** 20,
  importDir: text('IMPORT_DIR') === '' ? undefined : resolve(text('IMPORT_DIR')),
  downloadNetworks: oneOf('DOWNLOAD_NETWORKS', OUTBOUND_NETWORKS) ?? 'public',
  maxDatasetBytes: whole('MAX_DATASET_MB', 1, 2 ** 20) * 2 ** 20,
  uploadLimits: {
    most: whole('UPLOADS_MAX', 1, 10_000),
    mostOfClient: whole('UPLOADS_PER_CLIENT', 1, 10_000),
  },
  maxBodiesBytes: whole('MAX_BODIES_MB', 1, 65_536) * 2 ** 20,
});

const readPredictor = ({ whole }: Reader) => ({
  predictorProcesses: whole('PREDICTOR_PROCESSES', 1, 64),
  predictorMemoryBytes: whole('PREDICTOR_MEMORY_MB', 64, 2 ** 20) * 2 ** 20,
  predictMaxBatch: whole('PREDICT_MAX_BATCH', 1, 256),
  predictBatchDelayMs: whole('PREDICT_BATCH_DELAY_MS', 0, 10_000),
  predictQueueDepth: whole('PREDICT_QUEUE_DEPTH', 1, 1_000_000),
  predictTimeoutMs: whole('PREDICT_TIMEOUT_MS', 1, 3_600_000),
});
