/** The names of everything this service keeps in Redis. */
import type { JobStatus } from '../contracts/jobs/job.js';

export const PREFIX = 'trainyard:';

export const keys = {
  /** Hash: the job's record. */
  job: (id: string) => `${PREFIX}job:${id}`,
  /** Stream: the job's frames but `step`, all of them; an entry's id is `<seq>-0`. */
  events: (id: string) => `${PREFIX}events:${id}`,
  /** Stream: the newest of the job's `step` frames, with ids from the same count. */
  steps: (id: string) => `${PREFIX}steps:${id}`,
  /** Channel: each frame of a job as it is written. */
  frames: (id: string) => `${PREFIX}frames:${id}`,
  /** Channel: ids of jobs of which something was asked while they run: to be cancelled, paused or changed. */
  requests: `${PREFIX}requests`,
  /** Sorted set: ids of all jobs, by the order they were submitted in. */
  jobs: `${PREFIX}jobs`,
  /** The same for the jobs in one status. */
  jobsIn: (status: JobStatus) => `${PREFIX}jobs:${status}`,
  /** The same for the jobs of one name or with one metadata entry. */
  jobsBy: (index: string) => `${PREFIX}jobs:${index}`,
  /** Sorted set: ids of the queued jobs in the order of their turns. */
  queue: `${PREFIX}queue`,
  /** Sorted set: ids of the jobs that have ended, by when, in ms. */
  ended: `${PREFIX}ended`,
  /** Counter: bytes that the jobs that have ended need together. */
  endedBytes: `${PREFIX}ended:bytes`,
  /** String: id of the job that was submitted with the idempotency key of this digest. */
  idempotency: (digest: string) => `${PREFIX}idempotency:${digest}`,
  /** Counter: how many jobs were ever submitted. */
  submitted: `${PREFIX}submitted`,
  /** Stream: `job` and `seq` of the frames that webhooks are to be told of, until they are queued. */
  webhookFrames: `${PREFIX}webhook-frames`,
  /** Hash: attempts made of the deliveries that wait for another one. */
  deliveryAttempts: `${PREFIX}receivers:attempts`,
  /** Stream: the newest lines of the log of a job's webhooks. */
  deliveries: (id: string) => `${PREFIX}deliveries:${id}`,
  /** Set: names of the workers that may live. */
  workers: `${PREFIX}workers`,
  /** String with an expiry: what a live worker says of itself. */
  worker: (name: string) => `${PREFIX}worker:${name}`,
  /** Hash: how fast jobs of a kind were trained on a kind of worker. */
  rates: `${PREFIX}rates`,
  /** Sorted set: the fields of that hash by when they were written, in ms. */
  ratesByAge: `${PREFIX}rates:age`,
  /** Written now and then to see that Redis takes writes. */
  probe: `${PREFIX}probe`,
} as const;
