/** POST /jobs, GET /jobs, GET /jobs/{id}, DELETE /jobs/{id}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Job, JobPage, JobQuery, JobRequest, resolveJob } from '../../contracts/job.js';
import { Problem } from '../../contracts/problem.js';
import { choosePrecision } from '../../contracts/worker.js';
import type { AppDeps } from '../deps.js';
import { checkSpec } from '../job-checks.js';
import { problems } from '../openapi.js';
import { checkWorkers } from '../worker-checks.js';

/** A spec is a few hundred bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;

export const JobParams = Type.Object({ id: Type.String({ description: 'Id of the job, a UUID.' }) });

export const jobRoutes: FastifyPluginAsyncTypebox<
  Pick<AppDeps, 'jobs' | 'workers' | 'networks' | 'memory' | 'datasets'>
> = async (app, deps) => {
  const { jobs, networks, memory, datasets } = deps;

  app.post(
    '/jobs',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        operationId: 'submitJob',
        tags: ['jobs'],
        summary: 'Queue a job',
        description:
          'Trains a network. `{"network": "resnet"}` is enough: the answer holds the spec with every default filled in.',
        body: JobRequest,
        response: {
          202: {
            ...Job,
            description: 'The job is queued.',
            headers: { Location: { type: 'string', description: 'Path of the job.' } },
          },
          ...problems(400, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      checkSpec(resolveJob(request.body), { networks, datasets: datasets.infos });
      const workers = await deps.workers.list();
      const spec = resolveJob(request.body, choosePrecision(request.body.precision, workers));
      checkWorkers(spec, { workers, memory, info: datasets.infos[spec.dataset.name] });
      const job = await jobs.submit(spec);
      return reply.code(202).header('location', `/jobs/${job.id}`).send(job);
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
    async (request) => jobs.list(request.query),
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

  app.delete(
    '/jobs/:id',
    {
      schema: {
        operationId: 'cancelJob',
        tags: ['jobs'],
        summary: 'Cancel a job',
        description:
          'A queued job is cancelled at once (200). A running job is told to stop (202): its trainer is gone within one step plus five seconds, and the stream ends with a `cancelled` frame. Only a job whose model is being stored at that moment still ends as `succeeded`.',
        params: JobParams,
        response: {
          200: { ...Job, description: 'The job was queued and is cancelled.' },
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
