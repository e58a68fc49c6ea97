/** Queries and pages of `/jobs`. */
import { type Static, Type } from 'typebox';
import { JOB_STATUSES, Job } from '../jobs/job.js';
import { StringEnum } from '../json-schema/enums.js';
import { ModelName } from '../references/model-reference.js';
import { JOB_SORT_FIELDS, type JobSort } from './job-sort.js';

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

const JobOrder = StringEnum(
  JOB_SORT_FIELDS.flatMap((field): JobSort[] => [field, `-${field}`]),
  {
    default: '-created',
    description: [
      'Order of the jobs, with `-` in front from high to low. `created`: by submission. `name`, `dataset`, `network`: by name, and numbers',
      'in names by value. `learningRate`, `batchSize`: of the spec. `bestAccuracy`: validation accuracy of the best epoch.',
      '`validationAccuracy`, `testAccuracy`, `trainLoss`: of the last epoch. `duration`: of the last attempt, once the job has ended.',
      '`ended`: by the time of the end. `position`: in the queue. Jobs without such a value come last in both directions, the newest',
      'first. If a value changes between two pages, its job may appear on both or on none.',
    ].join(' '),
  },
);

/** Number as Redis prints the score of a sorted set. */
const SCORE = '-?[0-9]{1,20}(\\.[0-9]{1,24})?(e[+-]?[0-9]{1,3})?';

/** Query of `GET /jobs`. */
export const JobQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Jobs per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^([1-9][0-9]{0,14}|${SCORE}~[0-9a-z._!-]{1,600})$`,
        description: 'The `nextCursor` of the previous page, which had the same `sort`. Absent: the first page.',
      }),
    ),
    sort: JobOrder,
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

/** One page of jobs. */
export const JobPage = Type.Object(
  {
    jobs: Type.Array(Job),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type JobPage = Static<typeof JobPage>;
