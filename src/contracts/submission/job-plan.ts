/** Plan of a job that is not queued: what it would take. */
import { type Static, Type } from 'typebox';
import { JobSpec } from '../jobs/job.js';
import { TimeEstimate } from '../jobs/time-estimate.js';
import { TrainingMemory } from '../networks/memory-estimate.js';

const closed = { additionalProperties: false };

export const LearningRatePoint = Type.Object(
  {
    step: Type.Integer({ minimum: 1, description: 'Step of the whole run, from 1.' }),
    value: Type.Number({ minimum: 0, description: 'Learning rate of this step.' }),
  },
  closed,
);
export type LearningRatePoint = Readonly<Static<typeof LearningRatePoint>>;

/** Memory of a live worker next to the memory that the job needs. */
export const WorkerFit = Type.Object(
  {
    host: Type.String({ description: 'Name of the machine or container.' }),
    pid: Type.Integer({ minimum: 1, description: 'Process id of the worker.' }),
    device: Type.String({ description: '`cpu` or `cuda`.' }),
    processor: Type.String({ description: 'Model of the CPU, or of the GPUs.' }),
    neededBytes: Type.Integer({ minimum: 0, description: 'Memory that the job needs, as in `memory.totalBytes`.' }),
    availableBytes: Type.Integer({ minimum: 0, description: 'Memory that one trainer of this worker may use.' }),
    fits: Type.Boolean({ description: 'Whether the worker has the memory.' }),
    fault: Type.Optional(Type.String({ description: 'Why the worker takes no jobs now. Absent while it is fit.' })),
  },
  closed,
);
export type WorkerFit = Static<typeof WorkerFit>;

/** Answer of `POST /jobs/plan`: the job that would be queued, and what it would take. */
export const JobPlan = Type.Object(
  {
    spec: JobSpec,
    parameters: Type.Integer({ minimum: 0, description: 'Trainable parameters of the network.' }),
    memory: TrainingMemory,
    workers: Type.Array(WorkerFit, { description: 'Each live worker, with its memory next to that of the job.' }),
    largestBatchSize: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Largest `batchSize` for which the largest live worker has the memory, at most the number of training images; with micro batches the largest `microBatchSize` that divides `batchSize`. Absent without a live worker.',
      }),
    ),
    steps: Type.Integer({ minimum: 1, description: 'Steps of the whole run.' }),
    learningRate: Type.Array(LearningRatePoint, {
      maxItems: 200,
      description:
        'Learning rate over the run, at up to 200 steps in ascending order: the first, the last, both sides of each jump, and steps between. Planned changes are applied.',
    }),
    estimate: Type.Optional(TimeEstimate),
    estimatedSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          'Expected training time in seconds, from rates measured on the live workers. Absent if there are none. `estimate` has a range in more cases.',
      }),
    ),
  },
  closed,
);
export type JobPlan = Static<typeof JobPlan>;
