/** Queries of `/jobs`: pages of jobs, and the plan of a job that is not queued. */
import { type Static, Type } from 'typebox';
import { JOB_STATUSES, Job, JobSpec } from '../jobs/job.js';
import { TrainingMemory } from '../networks/memory-estimate.js';
import { ModelName } from '../references/model-reference.js';

/** What `POST /jobs?validateOnly=true` answers: the job that would be queued, and what it would take. */
export const JobPlan = Type.Object(
  {
    spec: JobSpec,
    parameters: Type.Integer({ minimum: 0, description: 'Trainable parameters of the network.' }),
    memory: TrainingMemory,
    steps: Type.Integer({ minimum: 1, description: 'Steps of the whole run.' }),
    estimatedSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          'Expected training time in seconds, from rates measured on the live workers. Absent if there are none.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type JobPlan = Static<typeof JobPlan>;

/** Query of `POST /jobs`. */
export const SubmitQuery = Type.Object(
  {
    validateOnly: Type.Boolean({
      default: false,
      description: 'Check the request and answer with what it would take; nothing is queued. Default false.',
    }),
  },
  { additionalProperties: false },
);

const statusPattern = JOB_STATUSES.join('|');

/** Query of `GET /jobs`. */
export const JobQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Jobs per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}$',
        description: 'The `nextCursor` of the previous page. Absent: the newest jobs.',
      }),
    ),
    status: Type.Optional(
      Type.String({
        pattern: `^(${statusPattern})(,(${statusPattern}))*$`,
        description: `Returns only jobs in these statuses, separated by commas: ${JOB_STATUSES.join(', ')}.`,
      }),
    ),
    name: Type.Optional(ModelName),
    metadata: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[A-Za-z0-9._-]{1,64}:[\\s\\S]{0,256}$',
          description: 'A metadata label as `key:value`.',
        }),
        {
          maxItems: 16,
          description:
            'Returns only jobs with this metadata label, as `key:value`. Several parameters: only jobs with all of them.',
        },
      ),
    ),
  },
  { additionalProperties: false },
);
export type JobQuery = Static<typeof JobQuery>;

/** One page of jobs, newest first. */
export const JobPage = Type.Object(
  {
    jobs: Type.Array(Job),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type JobPage = Static<typeof JobPage>;
