/** Environment → typed, frozen Config. The only reader of process.env. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  SECRET_PATTERN,
  WEBHOOK_EVENTS,
  WEBHOOK_NETWORKS,
  type WebhookEvent,
  type WebhookNetworks,
} from './contracts/jobs/webhook.js';
import { TrainyardError } from './errors/errors.js';

export type Config = Readonly<{
  host: string;
  port: number;
  /** Origins whose pages may read answers, change things and open streams, beside the service's own. */
  allowedOrigins: readonly string[];
  /** Absolute; holds models, checkpoints, data sets and the embedded Redis. */
  dataDir: string;
  datasetsDir: string;
  /** For the data sets that are imported. */
  importedDir: string;
  modelsDir: string;
  checkpointsDir: string;
  /** For the event files of TensorBoard. */
  tensorboardDir: string;
  /** Undefined: `npm start` runs its own server. */
  redisUrl: string | undefined;
  logLevel: (typeof LOG_LEVELS)[number];
  /** TensorFlow's runtime: `cuda` is to compute on GPUs. Undefined: not said. */
  runtime: 'cpu' | 'cuda' | undefined;
  /** CUDA_VISIBLE_DEVICES, where it is set: the GPUs this process and its children may use. */
  visibleGpus: string | undefined;
  /** Jobs one worker trains at the same time; undefined: as many as its devices have slots. */
  workerConcurrency: number | undefined;
  /** Jobs that train on one GPU at the same time. */
  deviceSlots: number;
  /** How often a job whose trainer died is started again. */
  maxRestarts: number;
  /** A worker that has not renewed its locks for this long has lost its jobs. */
  workerLockMs: number;
  workerNice: number;
  /** Most jobs that may be queued. */
  queueDepth: number;
  /** Most jobs that may be paused on request. */
  pausedDepth: number;
  /** Jobs that ended longer ago are removed, in days; 0: never. */
  jobRetentionDays: number;
  /** Jobs that have ended and are kept, the latest; 0: all. */
  jobRetentionCount: number;
  /** What jobs that have ended may need together, in bytes of Redis; 0: any number. */
  jobRetentionBytes: number;
  /** Between two checkpoints of a running job within an epoch; 0: only at its end. */
  checkpointSeconds: number;
  /** Epochs of a job whose ends are kept as checkpoints. */
  checkpointsKept: number;
  /** Checkpoints of jobs that ended longer ago are removed, in days; 0: never. */
  checkpointRetentionDays: number;
  /** Ended jobs whose checkpoints are kept, the latest; 0: all. */
  checkpointRetentionCount: number;
  /** Versions of each model that are kept, the latest; 0: all. */
  modelVersionsKept: number;
  /** `step` frames kept of one job. */
  streamStepFrames: number;
  /** What all frames of one job may need, in bytes of Redis. */
  jobFramesBytes: number;
  /** Changes kept of one label. */
  labelHistory: number;
  /** Streams that one client may have open, and all clients together. */
  streamLimits: Readonly<{ perClient: number; inAll: number }>;
  /** Where the frames of all jobs are posted; undefined: nowhere. */
  webhook: Readonly<{ url: string; events: readonly WebhookEvent[] }> | undefined;
  /** Signs where a webhook has no secret of its own. */
  webhookSecret: string | undefined;
  /** Where webhooks may lead to. */
  webhookNetworks: WebhookNetworks;
  /** Largest request body in bytes. */
  maxBodyBytes: number;
  /** Largest weights file that is imported. */
  maxImportBytes: number;
  /** Largest archive of images that is imported. */
  maxDatasetBytes: number;
  /** Uploads of all clients, and of one, at once. */
  uploadLimits: Readonly<{ most: number; mostOfClient: number }>;
  /** What bodies of predictions may need of memory at once, in bytes. */
  maxBodiesBytes: number;
  /** Processes that predict at the same time. */
  predictorProcesses: number;
  /** What the loaded models of a predictor process may need together, in bytes. */
  predictorMemoryBytes: number;
  /** Most images that run as one batch of several requests. */
  predictMaxBatch: number;
  /** How long a batch that is not full waits for more, in ms. */
  predictBatchDelayMs: number;
  /** Most images that wait to be predicted. */
  predictQueueDepth: number;
  /** From a prediction's arrival to its answer, in ms. */
  predictTimeoutMs: number;
  /** `/readyz` answers 503 below this much free disk, in bytes. */
  minFreeDiskBytes: number;
}>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const RUNTIMES = ['cpu', 'cuda'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** One row per variable: its default as it stands in .env.example, and what it is for. */
export const variables = {
  HOST: { default: '127.0.0.1', description: 'Address the API listens on. 0.0.0.0 opens it to the network.' },
  PORT: { default: '3000', description: 'Port the API listens on; 0 takes a free one.' },
  ALLOWED_ORIGINS: {
    default: '',
    description:
      "Origins, separated by commas, whose pages may read answers, change things and open WebSockets, as https://train.example.com; this service's own need it under a domain name over http only.",
  },
  DATA_DIR: { default: './data', description: 'Folder for models, checkpoints, data sets and the embedded Redis.' },
  DATASETS_DIR: {
    default: '',
    description: 'Folder of Fashion-MNIST. Empty: DATA_DIR/datasets, where imported data sets always lie.',
  },
  TENSORBOARD_DIR: {
    default: '',
    description: 'Folder of the event files of TensorBoard. Empty: DATA_DIR/tensorboard.',
  },
  REDIS_URL: { default: '', description: 'redis:// or rediss:// address. Empty: npm start runs its own server.' },
  REDIS_PASSWORD_FILE: {
    default: '',
    description: 'File with the password for REDIS_URL. Empty: the address has it, if any.',
  },
  LOG_LEVEL: { default: 'info', description: `One of ${LOG_LEVELS.join(', ')}.` },
  WORKER_CONCURRENCY: {
    default: '',
    description: 'Jobs one worker trains at the same time, 1 to 64. Empty: 1, with GPUs one for each of their slots.',
  },
  DEVICE_SLOTS: { default: '1', description: 'Most jobs that train on one GPU at the same time, 1 to 16.' },
  MAX_RESTARTS: { default: '2', description: 'How often a job whose trainer died is started again, 0 to 100.' },
  WORKER_LOCK_SECONDS: {
    default: '30',
    description: 'Seconds without a sign of life after which a worker has lost its jobs to the others, 2 to 3600.',
  },
  WORKER_NICE: {
    default: '0',
    description: 'How far workers and their trainers stand back on a busy CPU, 0 to 19: at 19 predictions go first.',
  },
  QUEUE_DEPTH: { default: '1000', description: 'Most jobs that may be queued, 1 to 1000000; beyond it 429.' },
  PAUSED_DEPTH: {
    default: '1000',
    description: 'Most jobs that may be paused, 1 to 1000000; beyond it a request to pause one is 429.',
  },
  JOB_RETENTION_DAYS: {
    default: '30',
    description: 'Days after which a job that has ended is removed, 0 to 36500. 0: never. Its model stays.',
  },
  JOB_RETENTION_COUNT: {
    default: '10000',
    description: 'Most jobs that have ended and are kept, 0 to 10000000: the latest. 0: all.',
  },
  JOB_RETENTION_MB: {
    default: '1024',
    description:
      'Most MiB of Redis that the jobs that have ended need together, 0 to 1048576; beyond it those that ended first are removed. 0: any number.',
  },
  CHECKPOINT_SECONDS: {
    default: '60',
    description: 'Seconds between checkpoints of a running job, 0 to 86400. 0: only at the end of an epoch.',
  },
  CHECKPOINTS_KEPT: {
    default: '1',
    description:
      'Epochs of a job whose ends are kept as checkpoints, 1 to 10000: the latest, besides the best epoch and the newest checkpoints.',
  },
  CHECKPOINT_RETENTION_DAYS: {
    default: '7',
    description: 'Days after which the checkpoints of a job that has ended are removed, 0 to 36500. 0: never.',
  },
  CHECKPOINT_RETENTION_COUNT: {
    default: '20',
    description: 'Most jobs that have ended whose checkpoints are kept, 0 to 1000000: the latest. 0: all.',
  },
  MODEL_VERSIONS_KEPT: {
    default: '0',
    description:
      'Versions of each model that are kept, the latest, 0 to 1000000, besides those with a label or in use. 0: all.',
  },
  STREAM_STEP_FRAMES: {
    default: '20000',
    description: 'Step frames kept of one job, 1 to 1000000; epochs and changes of status are all kept.',
  },
  LABEL_HISTORY: {
    default: '100',
    description: 'Changes kept of one label, 2 to 10000: the latest. A rollback goes back within them.',
  },
  FOLLOWERS_PER_CLIENT: {
    default: '256',
    description:
      'Streams (WebSockets and server-sent events) that one client may have open, 1 to 1000000; beyond it 429.',
  },
  FOLLOWERS_MAX: {
    default: '1024',
    description: 'Streams that all clients of an API process may have open, 1 to 1000000; beyond it 503.',
  },
  JOB_FRAMES_MB: {
    default: '8',
    description: 'Most MiB of Redis that the frames of one job need, 1 to 4096; beyond it its oldest step frames go.',
  },
  WEBHOOK_URL: { default: '', description: 'Address to which frames of all jobs are posted. Empty: none.' },
  WEBHOOK_EVENTS: {
    default: 'status,end',
    description: `Frames that are posted to WEBHOOK_URL: ${WEBHOOK_EVENTS.join(', ')}.`,
  },
  WEBHOOK_SECRET: {
    default: '',
    description: 'Signs messages of webhooks without a secret of their own: whsec_ and 24 to 64 bytes in base64.',
  },
  WEBHOOK_NETWORKS: {
    default: 'private',
    description: 'Where webhooks may lead: public, private (also private networks) or any (also link-local addresses).',
  },
  MAX_BODY_MB: { default: '32', description: 'Largest body of a prediction in MiB, 1 to 1024.' },
  MAX_IMPORT_MB: { default: '512', description: 'Largest weights file that is imported, in MiB, 1 to 2000.' },
  MAX_DATASET_MB: { default: '4096', description: 'Largest archive of images that is imported, in MiB, 1 to 1048576.' },
  UPLOADS_MAX: {
    default: '32',
    description: 'Uploads of weights and archives under way at once, 1 to 10000; beyond it 503.',
  },
  UPLOADS_PER_CLIENT: {
    default: '8',
    description:
      'Uploads of one client address under way at once, 1 to 10000; beyond it 429. Behind a proxy all clients have one address.',
  },
  MAX_BODIES_MB: {
    default: '256',
    description: 'Memory in MiB that the bodies of predictions may need at once, 1 to 65536; beyond it they wait.',
  },
  PREDICTOR_PROCESSES: {
    default: '1',
    description: 'Processes that predict at the same time, 1 to 64. Each loads the models it is asked for.',
  },
  PREDICTOR_MEMORY_MB: {
    default: '1024',
    description:
      'Memory for loaded models in each predictor process, in MiB, 64 to 1048576; beyond it the one used least recently is unloaded.',
  },
  PREDICT_MAX_BATCH: {
    default: '64',
    description: 'Most images that run as one batch where several requests wait, 1 to 256.',
  },
  PREDICT_BATCH_DELAY_MS: {
    default: '0',
    description:
      'How long a batch that is not full waits for more, in ms, 0 to 10000. 0: only while all processes are busy.',
  },
  PREDICT_QUEUE_DEPTH: {
    default: '1024',
    description: 'Most images that may wait to be predicted, 1 to 1000000; beyond it 429.',
  },
  PREDICT_TIMEOUT_MS: {
    default: '30000',
    description: 'A prediction that is not answered by then is 504, 1 to 3600000; X-Request-Timeout-Ms may shorten it.',
  },
  RUNTIME: {
    default: '',
    description: 'TensorFlow that set-up installs: cpu or cuda. Empty: the one installed, at first cpu.',
  },
  MIN_FREE_DISK_MB: { default: '512', description: '/readyz answers 503 below this much free disk, in MiB.' },
} as const satisfies Record<string, { default: string; description: string }>;

type Variable = keyof typeof variables;

/** What a child process is started with: this process's environment and what is set here over it. */
export const childEnvironment = (changes: Environment, environment: Environment = process.env): NodeJS.ProcessEnv => ({
  // TensorFlow's own start-up lines are no log of ours; a GPU's memory is shared by trainer and predictor; at most two operations
  // at a time (each on all cores), where more would only need more memory on a machine of many cores; one heap for all threads.
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_NUM_INTEROP_THREADS: '2',
  MALLOC_ARENA_MAX: '1',
  ...environment,
  ...changes,
});

/** Returns the address of Redis, with the password of the file in it; adds what is wrong to `problems`. */
function redisUrlOf(address: string, passwordFile: string, problems: string[]): string | undefined {
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

/** Reads and checks the environment. Throws one error that names every bad variable. */
export function loadConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const text = (name: Variable): string => environment[name]?.trim() || variables[name].default;
  const whole = (name: Variable, minimum: number, maximum: number): number => {
    const value = Number(text(name));
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    problems.push(`${name} must be a whole number from ${minimum} to ${maximum}, not "${text(name)}"`);
    return minimum;
  };
  const logLevel = LOG_LEVELS.find((level) => level === text('LOG_LEVEL'));
  if (logLevel === undefined)
    problems.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${text('LOG_LEVEL')}"`);
  const redisUrl = redisUrlOf(text('REDIS_URL'), text('REDIS_PASSWORD_FILE'), problems);
  const runtime = RUNTIMES.find((name) => name === text('RUNTIME'));
  if (runtime === undefined && text('RUNTIME') !== '')
    problems.push(`RUNTIME must be cpu or cuda, not "${text('RUNTIME')}"`);
  // Their values are not shown: addresses of webhooks may hold secrets, too.
  const webhookSecret = text('WEBHOOK_SECRET') || undefined;
  if (webhookSecret !== undefined && !new RegExp(SECRET_PATTERN).test(webhookSecret))
    problems.push('WEBHOOK_SECRET must be whsec_ and 24 to 64 bytes in base64');
  const webhookUrl = text('WEBHOOK_URL') || undefined;
  if (webhookUrl !== undefined && !(/^https?:/.test(webhookUrl) && URL.canParse(webhookUrl)))
    problems.push('WEBHOOK_URL must be an http or https address');
  if (webhookUrl !== undefined && webhookSecret === undefined)
    problems.push('WEBHOOK_URL needs a WEBHOOK_SECRET to sign with');
  const webhookEvents = text('WEBHOOK_EVENTS')
    .split(',')
    .map((type) => WEBHOOK_EVENTS.find((each) => each === type));
  if (webhookEvents.includes(undefined))
    problems.push(`WEBHOOK_EVENTS must name some of ${WEBHOOK_EVENTS.join(', ')}, not "${text('WEBHOOK_EVENTS')}"`);
  const webhookNetworks = WEBHOOK_NETWORKS.find((name) => name === text('WEBHOOK_NETWORKS'));
  if (webhookNetworks === undefined)
    problems.push(`WEBHOOK_NETWORKS must be one of ${WEBHOOK_NETWORKS.join(', ')}, not "${text('WEBHOOK_NETWORKS')}"`);
  const allowedOrigins = text('ALLOWED_ORIGINS')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of allowedOrigins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    problems.push(`ALLOWED_ORIGINS must be origins as https://train.example.com, not "${origin}"`);
  }
  const dataDir = resolve(text('DATA_DIR'));
  const config: Config = {
    host: text('HOST'),
    port: whole('PORT', 0, 65_535),
    allowedOrigins,
    dataDir,
    datasetsDir: text('DATASETS_DIR') ? resolve(text('DATASETS_DIR')) : join(dataDir, 'datasets'),
    importedDir: join(dataDir, 'datasets'),
    modelsDir: join(dataDir, 'models'),
    checkpointsDir: join(dataDir, 'checkpoints'),
    tensorboardDir: text('TENSORBOARD_DIR') ? resolve(text('TENSORBOARD_DIR')) : join(dataDir, 'tensorboard'),
    redisUrl,
    logLevel: logLevel ?? 'info',
    runtime,
    visibleGpus: environment['CUDA_VISIBLE_DEVICES'],
    workerConcurrency: text('WORKER_CONCURRENCY') === '' ? undefined : whole('WORKER_CONCURRENCY', 1, 64),
    deviceSlots: whole('DEVICE_SLOTS', 1, 16),
    maxRestarts: whole('MAX_RESTARTS', 0, 100),
    workerLockMs: whole('WORKER_LOCK_SECONDS', 2, 3_600) * 1000,
    workerNice: whole('WORKER_NICE', 0, 19),
    queueDepth: whole('QUEUE_DEPTH', 1, 1_000_000),
    pausedDepth: whole('PAUSED_DEPTH', 1, 1_000_000),
    jobRetentionDays: whole('JOB_RETENTION_DAYS', 0, 36_500),
    jobRetentionCount: whole('JOB_RETENTION_COUNT', 0, 10_000_000),
    jobRetentionBytes: whole('JOB_RETENTION_MB', 0, 2 ** 20) * 2 ** 20,
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
      inAll: whole('FOLLOWERS_MAX', 1, 1_000_000),
    },
    webhook:
      webhookUrl === undefined
        ? undefined
        : { url: webhookUrl, events: webhookEvents.filter((type) => type !== undefined) },
    webhookSecret,
    webhookNetworks: webhookNetworks ?? 'private',
    maxBodyBytes: whole('MAX_BODY_MB', 1, 1024) * 2 ** 20,
    maxImportBytes: whole('MAX_IMPORT_MB', 1, 2_000) * 2 ** 20,
    maxDatasetBytes: whole('MAX_DATASET_MB', 1, 2 ** 20) * 2 ** 20,
    uploadLimits: {
      most: whole('UPLOADS_MAX', 1, 10_000),
      mostOfClient: whole('UPLOADS_PER_CLIENT', 1, 10_000),
    },
    maxBodiesBytes: whole('MAX_BODIES_MB', 1, 65_536) * 2 ** 20,
    predictorProcesses: whole('PREDICTOR_PROCESSES', 1, 64),
    predictorMemoryBytes: whole('PREDICTOR_MEMORY_MB', 64, 2 ** 20) * 2 ** 20,
    predictMaxBatch: whole('PREDICT_MAX_BATCH', 1, 256),
    predictBatchDelayMs: whole('PREDICT_BATCH_DELAY_MS', 0, 10_000),
    predictQueueDepth: whole('PREDICT_QUEUE_DEPTH', 1, 1_000_000),
    predictTimeoutMs: whole('PREDICT_TIMEOUT_MS', 1, 3_600_000),
    minFreeDiskBytes: whole('MIN_FREE_DISK_MB', 0, 2 ** 20) * 2 ** 20,
  };
  if (problems.length > 0) throw new TrainyardError('invalid_request', `${problems.join('; ')}.`);
  return Object.freeze(config);
}
