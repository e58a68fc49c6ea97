/** Calls under /jobs, and the deliveries of a job's webhooks. */
import type { LinkedAbort } from './abort.js';
import { unless } from './client-errors.js';
import type {
  CallOptions,
  CancelMode,
  DeliveryPage,
  Frame,
  FramePage,
  Job,
  JobChange,
  JobMove,
  JobPage,
  JobPlan,
  JobSubmission,
  Query,
  TrainerLog,
  WebhookDelivery,
} from './client-types.js';
import { downloadOf } from './download.js';
import { type FollowOptions, followJob } from './job-frames.js';
import { createListing, type Listing } from './listing.js';
import {
  type FollowAllOptions,
  type FollowNewOptions,
  followJobs,
  followNew,
  type StreamMessage,
} from './several-jobs.js';
import { nothing, pathOf, randomKey, type Transport } from './transport.js';

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

/** Sends a submission. If the answer is lost, the client repeats it with the same idempotency key. */
export function submitTo<Result>(
  { request }: Transport,
  path: string,
  submission: unknown,
  { idempotencyKey = randomKey(), ...options }: SubmitOptions,
): Promise<Result> {
  const headers = { 'idempotency-key': idempotencyKey };
  return request(path, options, { method: 'POST', headers, json: submission, retry: true });
}

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues a job. If the answer is lost, the client repeats the request with the same idempotency key: there is one job. */
  submit(job: JobSubmission, options: SubmitOptions = {}): Promise<Job> {
    return submitTo(this.#transport, '/jobs', job, options);
  }

  /** Returns what a job would take, without queueing it. */
  plan(job: JobSubmission, options: CallOptions = {}): Promise<JobPlan> {
    return this.#transport.request('/jobs/plan', options, { method: 'POST', json: job, retry: true });
  }

  get(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request(pathOf`/jobs/${id}`, options);
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
   *
   * With `history: false` it yields the frames of all jobs from now on, notices of edited and deleted jobs, and cursors. The first
   * message is a cursor: read `list()` then, and nothing is missing. `since: cursor` continues there.
   */
  followAll(options: FollowNewOptions): AsyncGenerator<StreamMessage, void>;
  followAll(options?: FollowAllOptions): AsyncGenerator<Frame, void>;
  followAll(options: FollowAllOptions | FollowNewOptions = {}): AsyncGenerator<StreamMessage, void> {
    return 'history' in options ? followNew(this.#transport, options) : followJobs(this.#transport, options);
  }

  /** Yields the frames so far, and returns. `types` selects frames, and `limit` is their number in a page. */
  async *metrics(
    id: string,
    options: Omit<Query<'getMetrics'>, 'points'> & CallOptions = {},
  ): AsyncGenerator<Frame, void> {
    for (let { after } = options, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await this.#transport.request<FramePage>(pathOf`/jobs/${id}/metrics`, { ...options, after });
      yield* page.frames;
      after = page.nextAfter;
    }
  }

  /**
   * Returns the frames so far with at most `points` (default 2000) `step` frames, which keep the extremes of each number. `leftOut` counts
   * the others, and `follow(id, { after: lastSeq })` continues.
   */
  thinnedMetrics(id: string, options: Omit<Query<'getMetrics'>, 'limit'> & CallOptions = {}): Promise<FramePage> {
    return this.#transport.request(pathOf`/jobs/${id}/metrics`, { points: 2_000, ...options });
  }

  /** Opens the frames so far as CSV. Read the stream to its end, or cancel it: until then its connection stays open. */
  metricsCsv(
    id: string,
    options: Omit<Query<'getMetrics'>, 'limit'> & CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const read = async ({ body }: Response, attempt: LinkedAbort) => downloadOf(body, attempt, this.#transport);
    return this.#transport.request(pathOf`/jobs/${id}/metrics`, options, { accept: 'text/csv', streams: true, read });
  }

  /** Returns the last output of the job's last trainer that failed, or undefined if there is none. */
  log(id: string, options: CallOptions = {}): Promise<TrainerLog | undefined> {
    return unless('log_not_found', this.#transport.request<TrainerLog>(pathOf`/jobs/${id}/log`, options));
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
    return this.#transport.request(pathOf`/jobs/${id}/pause`, options, { method: 'POST' });
  }

  /** Queues a paused job again. */
  resume(id: string, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request(pathOf`/jobs/${id}/resume`, options, { method: 'POST' });
  }

  /** Moves a queued job directly `before` or `after` another queued job, or `{ to: 'top' }`. The job gets the priority of its new neighbour. */
  move(id: string, target: JobMove, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request(pathOf`/jobs/${id}/move`, options, { method: 'POST', json: target, retry: true });
  }

  /** Cancels a job. With the mode `keep` its best weights so far become a model. */
  cancel(id: string, options: CallOptions & { mode?: CancelMode | undefined } = {}): Promise<Job> {
    return this.#transport.request(pathOf`/jobs/${id}`, options, { method: 'DELETE', retry: true });
  }

  /** Deletes an ended job with its frames, checkpoints and TensorBoard files. Its model stays. */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(
      pathOf`/jobs/${id}`,
      { ...options, purge: true },
      { method: 'DELETE', read: nothing },
    );
  }

  /**
   * Changes the learning rate, epochs, patience, time limit or priority of a job; at any time also its notes and metadata. Labels are
   * merged: null removes one.
   */
  change(id: string, changes: JobChange, options: CallOptions = {}): Promise<Job> {
    return this.#transport.request(pathOf`/jobs/${id}`, options, { method: 'PATCH', json: changes });
  }

  /** Lists the messages that were sent to the webhooks of a job, or of all jobs if `id` is undefined, newest first. */
  deliveries(
    id?: string,
    options: Omit<Query<'listDeliveries'>, 'job'> & CallOptions = {},
  ): Listing<WebhookDelivery, DeliveryPage> {
    const query = { ...options, job: id };
    return createListing(this.#transport, '/webhooks/deliveries', query, (page: DeliveryPage) => page.deliveries);
  }
}
