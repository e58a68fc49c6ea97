/** Names of all keys and channels of this service in Redis. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { JobStatus } from '../contracts/jobs/job.js';

export const PREFIX = 'trainyard:';

/** Part of a key that keeps the projects apart. The keys of `default` are those of releases without projects. */
const below = (project: string): string => (project === DEFAULT_PROJECT ? '' : `:in:${project}`);

export const keys = {
  /** Hash: the job's record. */
  job: (id: string) => `${PREFIX}job:${id}`,
  /** Stream: all frames of the job except `step` frames. The id of an entry is `<seq>-0`. */
  events: (id: string) => `${PREFIX}events:${id}`,
  /** Stream: the newest `step` frames of the job. Their numbers come from the same sequence. */
  steps: (id: string) => `${PREFIX}steps:${id}`,
  /** String: last output of the job's last trainer that failed or died, as JSON. */
  log: (id: string) => `${PREFIX}log:${id}`,
  /** Channel: every frame of a job when it is written, and notices about the job, each after its message number and a space. */
  frames: (id: string) => `${PREFIX}frames:${id}`,
  /** Channel: ids of running jobs with a new cancel, pause or change request. */
  requests: `${PREFIX}requests`,
  /** Sorted set: ids of all jobs by submission number. */
  jobs: `${PREFIX}jobs`,
  /** Sorted set: the same for the jobs in one status. */
  jobsIn: (status: JobStatus) => `${PREFIX}jobs:${status}`,
  /** Sorted set: the same for the jobs of one name or with one metadata entry. */
  jobsBy: (index: string) => `${PREFIX}jobs:${index}`,
  /** Sorted set: the same for the jobs of a project. The project `default` has the jobs that `jobsOfOthers` lacks. */
  jobsOf: (project: string) => `${PREFIX}jobs:project:${project}`,
  /** Sorted set: the same for the jobs of all projects but `default`. */
  jobsOfOthers: `${PREFIX}jobs:projects`,
  /** String: version of the sort indexes that every job is in, see `sort-indexes.ts`. */
  sorted: `${PREFIX}sorted`,
  /** Sorted set: ids of the queued jobs by queue position. */
  queue: `${PREFIX}queue`,
  /** Sorted set: ids of ended jobs by the time of their end, in milliseconds since 1970. */
  ended: `${PREFIX}ended`,
  /** Counter: bytes of all ended jobs together. */
  endedBytes: `${PREFIX}ended:bytes`,
  /** String: id of the job that was submitted with an idempotency key, by the digest of the key. */
  idempotency: (digest: string) => `${PREFIX}idempotency:${digest}`,
  /** Counter: number of all frames and notices so far. */
  messages: `${PREFIX}messages`,
  /** Sorted set: ids of all jobs by the number of their latest frame or notice. */
  latest: `${PREFIX}latest`,
  /** Counter: number of all submissions so far. */
  submitted: `${PREFIX}submitted`,
  /** Stream: `job` and `seq` of frames for webhooks, until their deliveries are scheduled. */
  webhookFrames: `${PREFIX}webhook-frames`,
  /** Hash: number of attempts of each delivery that waits for another attempt. */
  deliveryAttempts: `${PREFIX}receivers:attempts`,
  /** Stream: the newest lines in the delivery log of a job. */
  deliveries: (id: string) => `${PREFIX}deliveries:${id}`,
  /** Stream: `job` of the newest lines in the delivery logs of all jobs, with the same ids. */
  allDeliveries: `${PREFIX}deliveries`,
  /** Set: names of the workers that may be live. */
  workers: `${PREFIX}workers`,
  /** String with an expiry: the latest heartbeat of a worker. */
  worker: (name: string) => `${PREFIX}worker:${name}`,
  /** Sorted set: ids of the imports of data sets of a project by the time of their start, in milliseconds since 1970. */
  datasetImports: (project: string) => `${PREFIX}dataset-imports${below(project)}`,
  /** Hash with an expiry: `status` of an import of a data set, and `cancel` if someone has asked to cancel it. */
  datasetImport: (project: string, id: string) => `${PREFIX}dataset-import${below(project)}:${id}`,
  /** Hash with an expiry once it has ended: the record of an evaluation on a data set. */
  evaluation: (id: string) => `${PREFIX}evaluation:${id}`,
  /** Sorted set: ids of the evaluations of a model version of a project by submission number. */
  evaluationsOf: (project: string, reference: string) => `${PREFIX}evaluations${below(project)}:of:${reference}`,
  /** Sorted set: ids of all queued and running evaluations by submission number. */
  openEvaluations: `${PREFIX}evaluations:open`,
  /** Hash: training rates. */
  rates: `${PREFIX}rates`,
  /** Sorted set: the fields of that hash by the time of their last write, in milliseconds since 1970. */
  ratesByAge: `${PREFIX}rates:age`,
  /** Hash: description of each project but `default`, as JSON. */
  projects: `${PREFIX}projects`,
  /** Hash: an API key, see `access/key-records.ts`. It expires a month after the key was revoked. */
  apiKey: (id: string) => `${PREFIX}api-key:${id}`,
  /** Sorted set: ids of the API keys that are not revoked by the time of their creation, in milliseconds since 1970. */
  apiKeys: `${PREFIX}api-keys`,
  /** Set: ids of those that have the scope `admin`. */
  adminKeys: `${PREFIX}api-keys:admin`,
  /** Stream: requests that changed something, and who sent them. */
  audit: `${PREFIX}audit`,
  /** String: written to check that Redis accepts writes. */
  probe: `${PREFIX}probe`,
} as const;
