/** Routes of jobs: POST /jobs, POST /jobs/plan, GET /jobs, and GET, PATCH and DELETE /jobs/{id}. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Job, type JobStatus } from '../../contracts/jobs/job.js';
import { JobChange } from '../../contracts/jobs/live-change.js';
import { CancelMode } from '../../contracts/jobs/stop-reason.js';
import { TrainerLog } from '../../contracts/jobs/trainer-log.js';
import { JobSubmission } from '../../contracts/submission/job-from.js';
import { JobPlan } from '../../contracts/submission/job-plan.js';
import { JobPage, JobQuery, SubmitQuery } from '../../contracts/submission/job-queries.js';
import { requireScope } from '../access/route-scopes.js';
import type { AppDeps, ProjectParts } from '../deps.js';
import { callerOf } from '../http/client-key.js';
import { ignoreBodies } from '../http/no-body.js';
import { problem, problems } from '../http/openapi.js';
import { createSubmissions, type SubmittedJob } from '../submission/submit.js';

export const SubmitHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Your own key for this submission: 1 to 255 visible ASCII characters. The same key with the same body, defaults filled in, returns the job that was queued the first time. With another body the answer is 422.',
    }),
  ),
});

/** A small ResNet on part of Fashion-MNIST: about 20 seconds on two CPU cores. `/docs` offers it as the example. */
const EXAMPLE_JOB = {
  name: 'first',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 16, blocks: [1, 1, 1] },
  dataset: { resize: 28, trainSamples: 10_000, testSamples: 2_000 },
  epochs: 2,
};
const SubmissionBody = { ...JobSubmission, examples: [EXAMPLE_JOB] };

const CancelQuery = Type.Object(
  {
    mode: { ...CancelMode, default: 'discard' },
    purge: Type.Boolean({ default: false, description: 'Delete an ended job instead. Default false.' }),
  },
  { additionalProperties: false },
);

export const JobParams = Type.Object({ id: Type.String({ description: 'Id of the job, a UUID.' }) });

type JobDeps = Pick<AppDeps, 'workers' | 'builds' | 'starts' | 'estimates' | 'webhooks' | 'requireSpace'>;

export const jobRoutes: FastifyPluginAsyncTypebox<JobDeps> = async (app, deps) => {
  await app.register(submissionRoutes, deps);
  await app.register(jobRecordRoutes, deps);
  await app.register(changeRoute);
  await app.register(cancelRoute);
};

const submissionRoutes: FastifyPluginAsyncTypebox<JobDeps> = async (app, deps) => {
  const submissionsTo = (project: ProjectParts) => createSubmissions({ ...deps, ...project, logger: app.log });

  app.post(
    '/jobs',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'submitJob',
        tags: ['jobs'],
        summary: 'Submit a job',
        description:
          'Trains a network. `{"network": "resnet"}` is enough: the answer shows the spec with every default filled in. With an `Idempotency-Key` you can repeat the request as long as the job is stored, and it queues no second job.',
        headers: SubmitHeaders,
        querystring: SubmitQuery,
        body: SubmissionBody,
        response: {
          200: {
            anyOf: [Job, JobPlan],
            description:
              'Nothing was queued. The job that an earlier request with the same `Idempotency-Key` queued, as it is now; or, with `validateOnly`, the plan of the job.',
            headers: {
              'Idempotency-Replayed': {
                type: 'string',
                enum: ['true'],
                description: 'Present if an earlier request queued the job.',
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
      const caller = callerOf(request, reply);
      const submissions = submissionsTo(request.project);
      if (request.query.validateOnly) return reply.code(200).send(await submissions.plan(request.body, caller));
      return sendSubmitted(reply, await submissions.submit(request.body, request.headers['idempotency-key'], caller));
    },
  );

  app.post(
    '/jobs/plan',
    {
      config: { scope: 'jobs:write', isAudited: false },
      schema: {
        operationId: 'planJob',
        tags: ['jobs'],
        summary: 'Plan a job without queueing it',
        description:
          'Checks the request as `POST /jobs` does. Answers with the full spec, the parameters of the network, and its memory next to the memory of each live worker. Also answers with the steps, the learning rate over the run, and the expected duration as a range with its basis. Queues nothing.',
        body: SubmissionBody,
        response: {
          200: { ...JobPlan, description: 'What the job would take.' },
          ...problems(400, 408, 413, 415, 429, 500, 503),
        },
      },
    },
    async (request, reply) => submissionsTo(request.project).plan(request.body, callerOf(request, reply)),
  );
};

function sendSubmitted(reply: FastifyReply, { job, replayed }: SubmittedJob): FastifyReply {
  reply.code(replayed ? 200 : 202).header('location', `/jobs/${job.id}`);
  if (replayed) reply.header('idempotency-replayed', 'true');
  return reply.send(job);
}

const jobRecordRoutes: FastifyPluginAsyncTypebox<Pick<AppDeps, 'estimates'>> = async (app, { estimates }) => {
  app.get(
    '/jobs',
    {
      config: { scope: 'jobs:read' },
      schema: {
        operationId: 'listJobs',
        tags: ['jobs'],
        summary: 'List jobs, by default the newest first',
        querystring: JobQuery,
        response: { 200: { ...JobPage, description: 'A page of jobs.' }, ...problems(400, 503) },
      },
    },
    async (request) => {
      const { status, ...query } = request.query;
      return request.project.jobs.list({
        ...query,
        ...(status !== undefined && { status: status.split(',') as JobStatus[] }),
      });
    },
  );

  app.get(
    '/jobs/:id',
    {
      config: { scope: 'jobs:read' },
      schema: {
        operationId: 'getJob',
        tags: ['jobs'],
        summary: 'Get a job',
        params: JobParams,
        response: { 200: { ...Job, description: 'The job as it is now.' }, ...problems(404, 503) },
      },
    },
    async (request) => estimates.withEstimate(await request.project.jobs.get(request.params.id)),
  );

  app.get(
    '/jobs/:id/log',
    {
      config: { scope: 'jobs:read' },
      schema: {
        operationId: 'getLog',
        tags: ['jobs'],
        summary: 'Read the last output of a trainer that failed',
        description:
          'Last lines that the trainer of the last failed attempt printed, also if it was killed. A job that was restarted keeps them. The 404 is `log_not_found` if no trainer failed, or if it printed nothing.',
        params: JobParams,
        response: { 200: { ...TrainerLog, description: 'The last lines.' }, ...problems(404, 503) },
      },
    },
    async (request) => request.project.jobs.log(request.params.id),
  );
};

const changeRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    '/jobs/:id',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'changeJob',
        tags: ['jobs'],
        summary: 'Change a job',
        description:
          'Changes `metadata` and `notes` of a job in any status: labels are merged, and null removes a label or the notes. Changes the priority of a queued job; or the learning rate, epochs, patience and time limit of a job that is queued, paused or running. A running job applies the change at its next step (202), any other before its first step (200). Each change has a number, and a `change` frame reports the step at which it took effect. A schedule computes the learning rate of a step from that step and the values in force at it.',
        params: JobParams,
        body: JobChange,
        response: {
          200: { ...Job, description: 'The job is changed.' },
          202: { ...Job, description: 'The job is running and applies the change at its next step.' },
          409: problem(
            'Not for `metadata` and `notes` alone. The job has ended (`job_ended`), is not queued, which a priority needs (`job_not_queued`), or is being cancelled (`job_state`).',
          ),
          ...problems(400, 404, 408, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { outcome, job } = await request.project.jobs.change(request.params.id, request.body);
      return reply.code(outcome === 'changed' ? 200 : 202).send(job);
    },
  );
};

const cancelRoute: FastifyPluginAsyncTypebox = async (app) => {
  ignoreBodies(app);
  app.delete(
    '/jobs/:id',
    {
      config: { scope: 'jobs:write' },
      schema: {
        operationId: 'cancelJob',
        tags: ['jobs'],
        summary: 'Cancel a job, or delete an ended one',
        description:
          'Cancels a queued or paused job at once (200). Stops a running job at its next step (202); a trainer that has not answered after ten seconds is killed. With `mode=keep` the best weights so far are saved as a model first, and a paused job returns to the queue for that. The last frame says what became of the weights and how many milliseconds it took. A job whose model is being stored at that moment still ends as `succeeded`. With `purge=true` an ended job is deleted instead (204): its record, frames, webhook deliveries, checkpoints and TensorBoard files. Its model stays, and so do jobs that started from its checkpoints, because they have their own copy.',
        params: JobParams,
        querystring: CancelQuery,
        response: {
          200: { ...Job, description: 'The job is cancelled.' },
          202: { ...Job, description: 'The job is being cancelled.' },
          204: { type: 'null', description: 'The ended job is deleted (`purge=true`).' },
          409: problem('The job has already ended (`job_ended`). With `purge=true`: it has not ended (`job_state`).'),
          429: problem('`mode=keep` needs to queue the paused job again, and the queue is full (`queue_full`).'),
          ...problems(400, 404, 503),
        },
      },
    },
    async (request, reply) => {
      if (request.query.purge) {
        requireScope(request, 'jobs:delete');
        await request.project.jobs.remove(request.params.id);
        return reply.code(204).send(null);
      }
      const { outcome, job } = await request.project.jobs.cancel(request.params.id, request.query.mode);
      return reply.code(outcome === 'cancelled' ? 200 : 202).send(job);
    },
  );
};
