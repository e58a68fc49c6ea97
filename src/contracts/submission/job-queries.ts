/** What can be asked of the jobs beside one of them: a page of those there are, and what one would take. */
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
    steps: Type.Integer({ minimum: 1, description: 'Steps of the whole run: of each epoch, times the epochs.' }),
    estimatedSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'From its start to its end, by rates measured on the workers of now; absent where there are none.',
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
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Jobs of one page. Default 20.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}$',
        description: 'The `nextCursor` of the page before; without it, the newest jobs.',
      }),
    ),
    status: Type.Optional(
      Type.String({
        pattern: `^(${statusPattern})(,(${statusPattern}))*$`,
        description: `Only jobs in one of these statuses, comma-separated: ${JOB_STATUSES.join(', ')}.`,
      }),
    ),
    name: Type.Optional(ModelName),
    metadata: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[A-Za-z0-9._-]{1,64}:[\\s\\S]{0,256}$',
          description: 'A label as `key:value`.',
        }),
        {
          maxItems: 16,
          description: 'Only jobs with this label, as `key:value`; given several times, with all of them.',
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
    nextCursor: Type.Optional(Type.String({ description: 'Present where there are older jobs.' })),
  },
  { additionalProperties: false },
);
export type JobPage = Static<typeof JobPage>;
