/** POST /jobs, GET /jobs, GET /jobs/{id}, PATCH /jobs/{id}, DELETE /jobs/{id}. */
import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Caller } from '../../concurrency/fair-limit.js';
import { Job, JobRequest, type JobSpec, type JobStatus, resolveJob, stepsOf } from '../../contracts/jobs/job.js';
import { JobChange } from '../../contracts/jobs/live-change.js';
import { CancelMode } from '../../contracts/jobs/stop-reason.js';
import type { WebhookRequest } from '../../contracts/jobs/webhook.js';
import { choosePrecision } from '../../contracts/service/worker.js';
import { isFrom, JobSubmission } from '../../contracts/submission/job-from.js';
import { JobPage, JobPlan, JobQuery, SubmitQuery } from '../../contracts/submission/job-queries.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';
import { callerOf } from '../http/client-key.js';
import { ignoreBodies } from '../http/no-body.js';
import { problem, problems } from '../http/openapi.js';
import { refuseFields } from '../http/validation.js';
import { checkChanges, checkSpec } from '../submission/spec-checks.js';
import { datasetOf, findSource, requestFrom, requireFiles, resolveStart } from '../submission/starting-point.js';
import { checkWorkers } from '../submission/worker-checks.js';

/** How often a checkpoint is looked for that is superseded meanwhile. */
const TRIES = 5;

const SubmitHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'A key of your own for this submission, 1 to 255 visible ASCII characters. The same key with the same body, defaults filled in, is answered with the job that was queued the first time; with another body, with 422.',
    }),
  ),
});

const CancelQuery = Type.Object({ mode: { ...CancelMode, default: 'discard' } }, { additionalProperties: false });

export const JobParams = Type.Object({ id: Type.String({ description: 'Id of the job, a UUID.' }) });

export const jobRoutes: FastifyPluginAsyncTypebox<
  Pick<
    AppDeps,
    'jobs' | 'workers' | 'builds' | 'datasets' | 'starts' | 'resolver' | 'estimates' | 'webhooks' | 'requireSpace'
  >
> = async (app, deps) => {
  const { jobs, builds, datasets, starts, estimates } = deps;

  async function plan(spec: JobSpec, caller: Caller): Promise<JobPlan> {
    const seconds = await estimates.seconds(spec);
    const { network, networkOptions, dataset } = spec;
    const { channels, height, width, mean, std, classes } = await datasets.find(dataset.name);
    const input = { channels, height: dataset.resize, width: dataset.resize };
    const architecture = { network, networkOptions };
    const summary = await builds.run('summary', { architecture, input, classes: classes.length }, caller);
    const image = { channels, height, width, mean, std };
    return {
      spec,
      parameters: summary.parameters,
      memory: await builds.run('memory', { spec, image, classes: classes.length }, caller),
      steps: stepsOf(spec),
      ...(seconds !== undefined && { estimatedSeconds: Math.round(10 * seconds) / 10 }),
    };
  }

  /** The spec with all that must hold of it checked, and the file it starts from, if any. */
  async function prepare(request: FastifyRequest, caller: Caller): Promise<{ spec: JobSpec; start?: string }> {
    const body = request.body as JobSubmission;
    const source = isFrom(body) ? await findSource(body, deps) : undefined;
    const whole = source && isFrom(body) ? await requestFrom(body, source, deps) : (body as JobRequest);
    // The answer is that of this service's own compiler, which Fastify's type does not know.
    const validate = request.compileValidationSchema(JobRequest, 'body');
    const { error } = validate(whole) as unknown as { error?: TrainyardError };
    if (error !== undefined) throw error;
    const info = await datasetOf(whole, datasets);
    const asked = resolveJob(whole, undefined, undefined, info);
    await checkSpec(asked, { builds, info, caller });
    checkChanges(asked, whole.changes ?? []);
    await requireFiles(info.name, datasets);
    const from = source && isFrom(body) ? resolveStart(body, asked, source, info) : undefined;
    const workers = await deps.workers.list();
    const spec = resolveJob(whole, choosePrecision(whole.precision, workers), from, info);
    await checkWorkers(spec, { workers, builds, info, caller });
    return { spec, ...(source && { start: source.path }) };
  }

  /** The same, with that file kept for the job; a running job may supersede its last checkpoint at this moment. */
  async function prepared(id: string, request: FastifyRequest, caller: Caller, validateOnly: boolean) {
    for (let left = TRIES; left > 0; left--) {
      const { spec, start } = await prepare(request, caller);
      if (start === undefined || validateOnly || (await starts.keep(id, start))) return { spec, start };
    }
    throw new TrainyardError('unavailable', 'The checkpoint was superseded by a newer one: send the request again.');
  }

  /** Queues the job. Where its data set was removed meanwhile, the removal did not see the job: it is cancelled, and refused. */
  async function submitOnce(...asked: Parameters<typeof jobs.submitOnce>) {
    const submission = await jobs.submitOnce(...asked);
    if (submission.replayed) return submission;
    try {
      await datasetOf(submission.job.spec, datasets);
    } catch (error) {
      // It may have failed already.
      await jobs.cancel(submission.job.id).catch((err: unknown) => app.log.debug({ err }, 'job not cancelled'));
      throw error;
    }
    return submission;
  }

  function checkWebhooks(webhooks: readonly WebhookRequest[]): void {
    const errors = webhooks.flatMap((webhook, index) =>
      [...deps.webhooks.check(webhook)].map(({ field, message }) => ({
        pointer: `/webhooks/${index}/${field}`,
        message,
      })),
    );
    if (errors.length > 0) throw refuseFields(errors);
  }

  app.post(
    '/jobs',
    {
      schema: {
        operationId: 'submitJob',
        tags: ['jobs'],
        summary: 'Queue a job',
        description:
          'Trains a network. `{"network": "resnet"}` is enough: the answer holds the spec with every default filled in. With an `Idempotency-Key` the request can be sent again, at any time while the job is kept, and no second job comes of it.',
        headers: SubmitHeaders,
        querystring: SubmitQuery,
        body: JobSubmission,
        response: {
          200: {
            anyOf: [Job, JobPlan],
            description:
              'Nothing was queued: the job that was submitted with the same `Idempotency-Key` before, as it is now; or, with `validateOnly`, what the job would take.',
            headers: {
              'Idempotency-Replayed': {
                type: 'string',
                enum: ['true'],
                description: 'Where the job was there before.',
              },
            },
          },
          202: {
            ...Job,
            description: 'The job is queued.',
            headers: { Location: { type: 'string', description: 'Path of the job.' } },
          },
          ...problems(400, 408, 413, 415, 422, 429, 500, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const { priority = 0, metadata = {}, changes = [], webhooks = [], ...asked } = request.body;
      const { validateOnly } = request.query;
      const key = validateOnly ? undefined : request.headers['idempotency-key'];
      // What a start stands for may change: the key stands for what was said.
      const meant = 'from' in asked ? asked : resolveJob(asked);
      const said = {
        spec: meant,
        priority,
        metadata,
        ...(changes.length > 0 && { changes }),
        ...(webhooks.length > 0 && { webhooks }),
      };
      const once = key === undefined ? undefined : { key, request: said };
      const replayed = (job: Job) =>
        reply.code(200).header('location', `/jobs/${job.id}`).header('idempotency-replayed', 'true').send(job);
      // Before all else: what could not be queued now was queued then.
      const known = once && (await jobs.replay(once));
      if (known !== undefined) return replayed(known);
      checkWebhooks(webhooks);
      if (!validateOnly) await deps.requireSpace?.();
      const id = randomUUID();
      const caller = callerOf(request, reply);
      const { spec, start } = await prepared(id, request, caller, validateOnly);
      if (validateOnly) return reply.code(200).send(await plan(spec, caller));
      const details = { id, priority, metadata, changes, webhooks };
      const submission = await submitOnce(spec, details, once).catch(async (error: unknown) => {
        // Where only the answer was lost, the job is there and needs it.
        const isRefused = error instanceof TrainyardError && error.code !== 'redis_unavailable';
        if (start !== undefined && isRefused) await starts.drop(id);
        throw error;
      });
      if (submission.job.id !== id && start !== undefined) await starts.drop(id);
      if (submission.replayed) return replayed(submission.job);
      return reply.code(202).header('location', `/jobs/${submission.job.id}`).send(submission.job);
    },
  );

  app.get(
    '/jobs',
    {
      schema: {
        operationId: 'listJobs',
        tags: ['jobs'],
        summary: 'List jobs, newest first',
        querystring: JobQuery,
        response: { 200: { ...JobPage, description: 'A page of jobs.' }, ...problems(400, 503) },
      },
    },
    async (request) => {
      const { status, ...query } = request.query;
      return jobs.list({ ...query, ...(status !== undefined && { status: status.split(',') as JobStatus[] }) });
    },
  );

  app.get(
    '/jobs/:id',
    {
      schema: {
        operationId: 'getJob',
        tags: ['jobs'],
        summary: 'Get a job',
        params: JobParams,
        response: { 200: { ...Job, description: 'The job as it is now.' }, ...problems(404, 503) },
      },
    },
    async (request) => estimates.withEstimate(await jobs.get(request.params.id)),
  );

  app.patch(
    '/jobs/:id',
    {
      schema: {
        operationId: 'changeJob',
        tags: ['jobs'],
        summary: 'Change a job',
        description:
          'The priority of a queued job, and learning rate, epochs, patience and time limit of one that is queued, paused or running. A running job takes the change up at its next step (202); one that is not, before its next (200). Each change has a number; its `change` frame tells the step at which it took effect. Of a schedule, the rate of a step is a function of that step and the values in force at it.',
        params: JobParams,
        body: JobChange,
        response: {
          200: { ...Job, description: 'The job is changed.' },
          202: { ...Job, description: 'The job runs, and takes the change up at its next step.' },
          409: problem(
            'The job has ended (`job_ended`), is not queued (`job_not_queued`, of a priority) or is being cancelled (`job_state`).',
          ),
          ...problems(400, 404, 408, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { outcome, job } = await jobs.change(request.params.id, request.body);
      return reply.code(outcome === 'changed' ? 200 : 202).send(job);
    },
  );

  await app.register(async (scope: typeof app) => {
    ignoreBodies(scope);
    scope.delete(
      '/jobs/:id',
      {
        schema: {
          operationId: 'cancelJob',
          tags: ['jobs'],
          summary: 'Cancel a job',
          description:
            'A queued or paused job is cancelled at once (200). A running job is told to stop (202): it ends at its next step, and its trainer is killed when it has not answered ten seconds later. With `mode=keep` the best weights so far are saved as a model first; a paused job goes back into the queue for that. The last frame says what became of the weights, and how many milliseconds it took. Only a job whose model is being stored at that moment still ends as `succeeded`.',
          params: JobParams,
          querystring: CancelQuery,
          response: {
            200: { ...Job, description: 'The job is cancelled.' },
            202: { ...Job, description: 'The job is being cancelled.' },
            409: problem('The job has already ended (`job_ended`).'),
            429: problem('The weights of a paused job are to be kept, and the queue is full (`queue_full`).'),
            ...problems(400, 404, 503),
          },
        },
      },
      async (request, reply) => {
        const { outcome, job } = await jobs.cancel(request.params.id, request.query.mode);
        return reply.code(outcome === 'cancelled' ? 200 : 202).send(job);
      },
    );
  });
};
