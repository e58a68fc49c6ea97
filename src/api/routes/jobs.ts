/** POST /jobs, GET /jobs, GET /jobs/{id}, PATCH /jobs/{id}, DELETE /jobs/{id}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  Job,
  JobChange,
  JobPage,
  JobPlan,
  JobQuery,
  JobRequest,
  type JobSpec,
  type JobStatus,
  resolveJob,
  SubmitQuery,
  stepsOf,
} from '../../contracts/job.js';
import { Problem } from '../../contracts/problem.js';
import { choosePrecision } from '../../contracts/worker.js';
import type { AppDeps } from '../deps.js';
import { checkSpec } from '../job-checks.js';
import { problems } from '../openapi.js';
import { checkWorkers } from '../worker-checks.js';

/** A spec is a few hundred bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;

const SubmitHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'A key of your own for this submission, 1 to 255 visible ASCII characters. The same key with the same body, defaults filled in, is answered with the job that was queued the first time; with another body, with 422.',
    }),
  ),
});

export const JobParams = Type.Object({ id: Type.String({ description: 'Id of the job, a UUID.' }) });

export const jobRoutes: FastifyPluginAsyncTypebox<
  Pick<AppDeps, 'jobs' | 'workers' | 'networks' | 'memory' | 'datasets'>
> = async (app, deps) => {
  const { jobs, networks, memory, datasets } = deps;

  function plan(spec: JobSpec): JobPlan {
    const { resize } = spec.dataset;
    const info = datasets.infos[spec.dataset.name];
    const input = { channels: info.channels, height: resize, width: resize };
    return {
      spec,
      parameters: networks.summarize(spec, input, info.classes.length).parameters,
      memory: memory.estimate(spec, info, info.classes.length),
      steps: stepsOf(spec),
    };
  }

  app.post(
    '/jobs',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        operationId: 'submitJob',
        tags: ['jobs'],
        summary: 'Queue a job',
        description:
          'Trains a network. `{"network": "resnet"}` is enough: the answer holds the spec with every default filled in. With an `Idempotency-Key` the request can be sent again, at any time while the job is kept, and no second job comes of it.',
        headers: SubmitHeaders,
        querystring: SubmitQuery,
        body: JobRequest,
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
          ...problems(400, 413, 415, 422, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { priority = 0, metadata = {} } = request.body;
      const asked = resolveJob(request.body);
      const { validateOnly } = request.query;
      const key = validateOnly ? undefined : request.headers['idempotency-key'];
      const once = key === undefined ? undefined : { key, request: { spec: asked, priority, metadata } };
      const replayed = (job: Job) =>
        reply.code(200).header('location', `/jobs/${job.id}`).header('idempotency-replayed', 'true').send(job);
      // Before all else: what could not be queued now was queued then.
      const known = once && (await jobs.replay(once));
      if (known !== undefined) return replayed(known);
      checkSpec(asked, { networks, datasets: datasets.infos });
      const workers = await deps.workers.list();
      const spec = resolveJob(request.body, choosePrecision(request.body.precision, workers));
      checkWorkers(spec, { workers, memory, info: datasets.infos[spec.dataset.name] });
      if (validateOnly) return reply.code(200).send(plan(spec));
      const submission = await jobs.submitOnce(spec, { priority, metadata }, once);
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
    async (request) => jobs.get(request.params.id),
  );

  app.patch(
    '/jobs/:id',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        operationId: 'changeJob',
        tags: ['jobs'],
        summary: 'Change a queued job',
        description: 'Gives a queued job another priority. The stream has a `change` frame of it.',
        params: JobParams,
        body: JobChange,
        response: {
          200: { ...Job, description: 'The job as it is now.' },
          409: { ...Problem, description: 'The job is not queued (`job_not_queued`).' },
          ...problems(400, 404, 413, 415, 503),
        },
      },
    },
    async (request) => jobs.reprioritize(request.params.id, request.body.priority),
  );

  app.delete(
    '/jobs/:id',
    {
      schema: {
        operationId: 'cancelJob',
        tags: ['jobs'],
        summary: 'Cancel a job',
        description:
          'A queued or paused job is cancelled at once (200). A running job is told to stop (202): its trainer is gone within one step plus five seconds, and the stream ends with a `cancelled` frame. Only a job whose model is being stored at that moment still ends as `succeeded`.',
        params: JobParams,
        response: {
          200: { ...Job, description: 'The job was queued or paused and is cancelled.' },
          202: { ...Job, description: 'The job runs and is being cancelled.' },
          409: { ...Problem, description: 'The job has already ended (`job_ended`).' },
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { outcome, job } = await jobs.cancel(request.params.id);
      return reply.code(outcome === 'cancelled' ? 200 : 202).send(job);
    },
  );
};
