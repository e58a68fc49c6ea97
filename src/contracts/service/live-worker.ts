/** Live workers: the description of their machine, and the precision that follows from it. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import type { Precision, PrecisionRequest } from '../training/training-options.js';

/** Hardware support for bfloat16, and whether bfloat16 is faster than float32 with it. */
const FASTER_IN_BFLOAT16 = { amx: true, gpu: true, avx512: true, none: false } as const;

export const Bfloat16Support = StringEnum(['amx', 'gpu', 'avx512', 'none'], {
  description:
    'Hardware that computes in bfloat16. `amx`: AMX tiles of the CPU. `avx512`: AVX-512 BF16 of an AMD CPU. `gpu`: a GPU of compute capability 8.0 or newer. `none`: no hardware support.',
});
export type Bfloat16Support = Static<typeof Bfloat16Support>;

export const WorkerInfo = Type.Object(
  {
    host: Type.String({ description: 'Name of the machine or container.' }),
    pid: Type.Integer({ minimum: 1, description: 'Process id of the worker. A host can run several workers.' }),
    device: StringEnum(['cpu', 'cuda'], { description: 'Device of the trainers.' }),
    processor: Type.String({ description: 'Model of the CPU, or of the GPUs.' }),
    cores: Type.Integer({ minimum: 1, description: 'CPU cores that the worker may use.' }),
    memoryBytes: Type.Integer({
      minimum: 0,
      description:
        'Memory that one trainer may use. On a GPU: its memory. On a CPU: the lowest limit of machine, container and process, divided by `concurrency`.',
    }),
    bfloat16: Bfloat16Support,
    operationsPerSecond: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          'Floating-point operations a second: the fastest of the latest 5 short trainings. The worker runs one when it starts, and more while it holds no job. The memory that a training moves is converted to operations. Absent if no training has succeeded.',
      }),
    ),
    concurrency: Type.Integer({ minimum: 1, description: 'Jobs that the worker trains at the same time.' }),
    fault: Type.Optional(Type.String({ description: 'Why the worker takes no jobs now. Absent while it is fit.' })),
    seenAt: Type.String({ format: 'date-time', description: 'Time of its latest sign of life, by its own clock.' }),
  },
  { additionalProperties: false },
);
export type WorkerInfo = Static<typeof WorkerInfo>;

export const WorkerList = Type.Object({ workers: Type.Array(WorkerInfo) }, { additionalProperties: false });
export type WorkerList = Static<typeof WorkerList>;

export const PrecisionReason = Type.String({ description: 'Reason for the value of `precision`, as a sentence.' });

/** The precision a job is trained in, and why. */
export type PrecisionChoice = Readonly<{ precision: Precision; precisionReason: string }>;

export const isFasterInBfloat16 = ({ bfloat16 }: Pick<WorkerInfo, 'bfloat16'>): boolean => FASTER_IN_BFLOAT16[bfloat16];

/** Returns the precision of a request. `auto` becomes bfloat16 if it is faster on every worker, because any of them may take the job. */
export function choosePrecision(
  requested: Static<typeof PrecisionRequest> | undefined,
  workers: readonly Pick<WorkerInfo, 'host' | 'processor' | 'bfloat16'>[],
): PrecisionChoice {
  if (requested === undefined) return { precision: 'float32', precisionReason: 'It is the default.' };
  if (requested !== 'auto') return { precision: requested, precisionReason: 'The job requests it.' };
  if (workers.length === 0) return { precision: 'float32', precisionReason: 'No worker was known.' };
  const slower = workers.find((worker) => !isFasterInBfloat16(worker));
  if (slower === undefined)
    return {
      precision: 'bfloat16',
      precisionReason: 'Every worker is faster in bfloat16: by AMX, AMD’s AVX-512 BF16 or a GPU.',
    };
  return {
    precision: 'float32',
    precisionReason: `The worker on ${slower.host} (${slower.processor}) has no AMX, no AVX-512 BF16 of AMD’s and no GPU that computes in it.`,
  };
}
