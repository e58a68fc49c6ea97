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
import { type FollowOptions, followJob } from './job-frames.js';
import { createListing, type Listing } from './listing.js';
import { type FollowAllOptions, followJobs } from './several-jobs.js';
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

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues a job. If the answer is lost, the client repeats the request with the same idempotency key: there is one job. */
  submit(job: JobSubmission, options: SubmitOptions = {}): Promise<Job> {
    const { idempotencyKey = crypto.randomUUID(), ...call } = options;
    const headers = { 'idempotency-key': idempotencyKey };
    const body = jsonBody(job);
    return this.#transport.request({ ...call, method: 'POST', path: '/jobs', headers, body, retry: true });
  }

  /** Returns what a job would take, without queueing it. */
  plan(job: JobSubmission, options: CallOptions = {}): Promise<JobPlan> {
    const body = jsonBody(job);
    return this.#transport.request({ ...options, method: 'POST', path: '/jobs/plan', body, retry: true });
  }

  get(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request({ ...options, path: pathOf`/jobs/${id}` });
  }

  /** Lists jobs, newest first. */
  list(options: Query<'listJobs'> & CallOptions = {}): Listing<Job, JobPage> {
    return createListing(this.#transport, '/jobs', options, (page: JobPage) => page.jobs);
  }

  /** Yields the frames of a job as they come, and returns after its `end` frame. Reconnects, and neither repeats nor skips a frame. */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<Frame, void> {
    return followJob(this.#transport, id, options);
  }

  /**
   * Yields the frames of several jobs until all have ended; without `jobs` those of all jobs, without end. Needs a WebSocket. Reconnects,
   * and neither repeats nor skips a frame.
   */
  followAll(options: FollowAllOptions = {}): AsyncGenerator<Frame, void> {
    return followJobs(this.#transport, options);
  }

  /** Yields the frames so far, and returns. `limit` is the number of frames in a page. */
  async *metrics(id: string, options: Query<'getMetrics'> & CallOptions = {}): AsyncGenerator<Frame, void> {
    const { signal, timeoutMs, limit } = options;
    const call = { signal, timeoutMs, path: pathOf`/jobs/${id}/metrics`, read: json<FramePage> };
    for (let { after } = options, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await this.#transport.request({ ...call, query: { limit, after } });
      yield* page.frames;
      after = page.nextAfter;
    }
  }

  /** Resolves with the job once it has succeeded, failed or been cancelled. */
  async wait(id: string, { onFrame, ...options }: WaitOptions = {}): Promise<Job> {
    const found = await this.get(id, options);
    if (onFrame === undefined && ENDED.includes(found.status)) return found;
    for await (const frame of this.follow(id, options)) onFrame?.(frame);
    return this.get(id, options);
  }

  /** Pauses a job at a checkpoint. A running job pauses a moment later: until then its status is `running`. */
  pause(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request({ ...options, method: 'POST', path: pathOf`/jobs/${id}/pause` });
  }

  /** Queues a paused job again. */
  resume(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request({ ...options, method: 'POST', path: pathOf`/jobs/${id}/resume` });
  }

  /** Cancels a job. With the mode `keep` its best weights so far become a model. */
  cancel(id: string, { mode, ...options }: CallOptions & { mode?: CancelMode | undefined } = {}): Promise<Job> {
    const path = pathOf`/jobs/${id}`;
    return this.#transport.request({ ...options, method: 'DELETE', path, query: { mode }, retry: true });
  }

  /** Changes the learning rate, epochs, patience, time limit or priority of a job. */
  change(id: string, changes: JobChange, options: CallOptions = {}): Promise<Job> {
    const body = jsonBody(changes);
    return this.#transport.request({ ...options, method: 'PATCH', path: pathOf`/jobs/${id}`, body });
  }

  /** Lists the messages that were sent to the webhooks of a job. */
  deliveries(
    id: string,
    options: Omit<Query<'listDeliveries'>, 'job'> & CallOptions = {},
  ): Listing<WebhookDelivery, DeliveryPage> {
    const query = { ...options, job: id };
    return createListing(this.#transport, '/webhooks/deliveries', query, (page: DeliveryPage) => page.deliveries);
  }
}
