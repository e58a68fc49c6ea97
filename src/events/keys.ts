/** Names of all keys and channels of this service in Redis. */
import type { JobStatus } from '../contracts/jobs/job.js';

export const PREFIX = 'trainyard:';

export const keys = {
  /** Hash: the job's record. */
  job: (id: string) => `${PREFIX}job:${id}`,
  /** Stream: all frames of the job except `step` frames. The id of an entry is `<seq>-0`. */
  events: (id: string) => `${PREFIX}events:${id}`,
  /** Stream: the newest `step` frames of the job. Their numbers come from the same sequence. */
  steps: (id: string) => `${PREFIX}steps:${id}`,
  /** Channel: every frame of a job when it is written. */
  frames: (id: string) => `${PREFIX}frames:${id}`,
  /** Channel: ids of running jobs with a new cancel, pause or change request. */
  requests: `${PREFIX}requests`,
  /** Sorted set: ids of all jobs by submission number. */
  jobs: `${PREFIX}jobs`,
  /** Sorted set: the same for the jobs in one status. */
  jobsIn: (status: JobStatus) => `${PREFIX}jobs:${status}`,
  /** Sorted set: the same for the jobs of one name or with one metadata entry. */
  jobsBy: (index: string) => `${PREFIX}jobs:${index}`,
  /** Sorted set: ids of the queued jobs by queue position. */
  queue: `${PREFIX}queue`,
  /** Sorted set: ids of ended jobs by the time of their end, in milliseconds since 1970. */
  ended: `${PREFIX}ended`,
  /** Counter: bytes of all ended jobs together. */
  endedBytes: `${PREFIX}ended:bytes`,
  /** String: id of the job that was submitted with an idempotency key, by the digest of the key. */
  idempotency: (digest: string) => `${PREFIX}idempotency:${digest}`,
  /** Counter: number of all submissions so far. */
  submitted: `${PREFIX}submitted`,
  /** Stream: `job` and `seq` of frames for webhooks, until their deliveries are scheduled. */
  webhookFrames: `${PREFIX}webhook-frames`,
  /** Hash: number of attempts of each delivery that waits for another attempt. */
  deliveryAttempts: `${PREFIX}receivers:attempts`,
  /** Stream: the newest lines in the delivery log of a job. */
  deliveries: (id: string) => `${PREFIX}deliveries:${id}`,
  /** Set: names of the workers that may be live. */
  workers: `${PREFIX}workers`,
  /** String with an expiry: the latest heartbeat of a worker. */
  worker: (name: string) => `${PREFIX}worker:${name}`,
  /** Hash: training rates. */
  rates: `${PREFIX}rates`,
  /** Sorted set: the fields of that hash by the time of their last write, in milliseconds since 1970. */
  ratesByAge: `${PREFIX}rates:age`,
  /** String: written to check that Redis accepts writes. */
  probe: `${PREFIX}probe`,
} as const;
