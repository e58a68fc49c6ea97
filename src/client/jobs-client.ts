/** Calls under /jobs, and the deliveries of a job's webhooks. */
import type {
  CallOptions,
  CancelMode,
  DeliveryPage,
  Frame,
  FramePage,
  Job,
  JobChange,
  JobPage,
  JobPlan,
  JobSubmission,
  Query,
  WebhookDelivery,
} from './client-types.js';
import { type FollowOptions, followJob } from './follow-job.js';
import { createListing, type Listing } from './listing.js';
import { json, jsonBody, pathOf, type Transport } from './transport.js';

export type SubmitOptions = CallOptions &
  Readonly<{
    /** Names this submission: the service queues one job for it, however often it arrives. Default: a random one for each call. */
    idempotencyKey?: string | undefined;
  }>;

export type WaitOptions = CallOptions &
  Readonly<{
    /** Called with each frame of the job, from the first on. */
    onFrame?: ((frame: Frame) => void) | undefined;
  }>;

const ENDED: readonly string[] = ['succeeded', 'failed', 'cancelled'];

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(transport: Transport) {
  const { request } = transport;
  const getJob = (id: string, options: CallOptions = {}): Promise<Job> =>
    request({ ...options, path: pathOf`/jobs/${id}`, read: json<Job> });
  const follow = (id: string, options: FollowOptions = {}): AsyncGenerator<Frame, void> =>
    followJob(transport, id, options);

  return {
    /** Queues a job. A lost answer is no danger: the client repeats the request with the same idempotency key. */
    submit: (job: JobSubmission, { idempotencyKey = crypto.randomUUID(), ...options }: SubmitOptions = {}) =>
      request({
        ...options,
        method: 'POST',
        path: '/jobs',
        headers: { 'idempotency-key': idempotencyKey },
        body: jsonBody(job),
        retry: true,
        read: json<Job>,
      }),

    /** Returns what a job would take, without queueing it. */
    plan: (job: JobSubmission, options: CallOptions = {}) =>
      request({
        ...options,
        method: 'POST',
        path: '/jobs/plan',
        body: jsonBody(job),
        retry: true,
        read: json<JobPlan>,
      }),

    get: getJob,

    /** Lists jobs, newest first. */
    list: ({ signal, timeoutMs, ...query }: Query<'listJobs'> & CallOptions = {}): Listing<Job, JobPage> =>
      createListing(
        ({ signal, timeoutMs, ...query }) => request({ signal, timeoutMs, path: '/jobs', query, read: json<JobPage> }),
        (page) => page.jobs,
        { signal, timeoutMs, ...query },
      ),

    /** Yields the frames of a job as they come, and returns after its `end` frame. Reconnects without repeating or skipping a frame. */
    follow,

    /** Yields the frames so far, page by page, and returns. `limit` is the number of frames per page. */
    async *metrics(
      id: string,
      { signal, timeoutMs, ...query }: Query<'getMetrics'> & CallOptions = {},
    ): AsyncGenerator<Frame, void> {
      for (let after = query.after; ; ) {
        const call = { signal, timeoutMs, path: pathOf`/jobs/${id}/metrics`, query: { ...query, after } };
        const { frames, nextAfter } = await request({ ...call, read: json<FramePage> });
        yield* frames;
        if (nextAfter === undefined) return;
        after = nextAfter;
      }
    },

    /** Resolves with the job once it has succeeded, failed or been cancelled. */
    async wait(id: string, { onFrame, ...options }: WaitOptions = {}): Promise<Job> {
      const found = await getJob(id, options);
      if (onFrame === undefined && ENDED.includes(found.status)) return found;
      for await (const frame of follow(id, options)) onFrame?.(frame);
      return getJob(id, options);
    },

    /** Pauses a job at a checkpoint. A running job pauses a moment later: its status is still `running`. */
    pause: (id: string, options: CallOptions = {}) =>
      request({ ...options, method: 'POST', path: pathOf`/jobs/${id}/pause`, read: json<Job> }),

    /** Queues a paused job again. */
    resume: (id: string, options: CallOptions = {}) =>
      request({ ...options, method: 'POST', path: pathOf`/jobs/${id}/resume`, read: json<Job> }),

    /** Cancels a job. With the mode `keep` its best weights so far become a model. */
    cancel: (id: string, { mode, ...options }: CallOptions & { mode?: CancelMode | undefined } = {}) =>
      request({
        ...options,
        method: 'DELETE',
        path: pathOf`/jobs/${id}`,
        query: { mode },
        retry: true,
        read: json<Job>,
      }),

    /** Changes the learning rate, epochs, patience, time limit or priority of a job. */
    change: (id: string, changes: JobChange, options: CallOptions = {}) =>
      request({
        ...options,
        method: 'PATCH',
        path: pathOf`/jobs/${id}`,
        body: jsonBody(changes),
        read: json<Job>,
      }),

    /** Lists the messages that were sent to the webhooks of a job. */
    deliveries: (
      id: string,
      { signal, timeoutMs, ...query }: Omit<Query<'listDeliveries'>, 'job'> & CallOptions = {},
    ): Listing<WebhookDelivery, DeliveryPage> =>
      createListing(
        ({ signal, timeoutMs, ...query }) =>
          request({
            signal,
            timeoutMs,
            path: '/webhooks/deliveries',
            query: { ...query, job: id },
            read: json<DeliveryPage>,
          }),
        (page) => page.deliveries,
        { signal, timeoutMs, ...query },
      ),
  };
}
