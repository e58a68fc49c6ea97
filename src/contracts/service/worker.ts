/** The worker contract: what a live worker says of its machine, and the precision that follows from it. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import type { Precision, PrecisionRequest } from '../training/training-options.js';

/** What makes bfloat16 quick on a machine, and whether it beats float32 there: the one place that says so. */
const FASTER_IN_BFLOAT16 = { amx: true, gpu: true, avx512: true, none: false } as const;

export const Bfloat16Support = StringEnum(['amx', 'gpu', 'avx512', 'none'], {
  description:
    'What computes in bfloat16: the AMX tiles of the CPU, the AVX-512 instructions of one of AMD’s, the GPU (compute capability 8.0 or newer), or nothing.',
});
export type Bfloat16Support = Static<typeof Bfloat16Support>;

export const WorkerInfo = Type.Object(
  {
    host: Type.String({ description: 'Name of the machine or container.' }),
    pid: Type.Integer({ minimum: 1, description: 'Its process: a host can run several.' }),
    device: StringEnum(['cpu', 'cuda'], { description: 'What its trainers compute on.' }),
    processor: Type.String({ description: 'Model of the CPU, or of the GPUs.' }),
    cores: Type.Integer({ minimum: 1, description: 'CPU cores it may use.' }),
    memoryBytes: Type.Integer({
      minimum: 0,
      description:
        'Memory one trainer may use: of the GPU; on a CPU the least of the machine’s, the container’s and the process’s, shared by `concurrency`.',
    }),
    bfloat16: Bfloat16Support,
    concurrency: Type.Integer({ minimum: 1, description: 'Jobs it trains at the same time.' }),
    fault: Type.Optional(
      Type.String({ description: 'Why it takes no jobs now, in a sentence; absent while it is well.' }),
    ),
    seenAt: Type.String({ format: 'date-time', description: 'When it last showed itself, by its own clock.' }),
  },
  { additionalProperties: false },
);
export type WorkerInfo = Static<typeof WorkerInfo>;

export const WorkerList = Type.Object({ workers: Type.Array(WorkerInfo) }, { additionalProperties: false });
export type WorkerList = Static<typeof WorkerList>;

export const PrecisionReason = Type.String({ description: 'Why `precision` is what it is: one sentence.' });

/** The precision a job is trained in, and why. */
export type PrecisionChoice = Readonly<{ precision: Precision; precisionReason: string }>;

export const isFasterInBfloat16 = ({ bfloat16 }: Pick<WorkerInfo, 'bfloat16'>): boolean => FASTER_IN_BFLOAT16[bfloat16];

/** What `auto` stands for where these workers live: bfloat16 if it is faster on each of them, since any may take the job. */
export function choosePrecision(
  asked: Static<typeof PrecisionRequest> | undefined,
  workers: readonly Pick<WorkerInfo, 'host' | 'processor' | 'bfloat16'>[],
): PrecisionChoice {
  if (asked === undefined) return { precision: 'float32', precisionReason: 'It is the default.' };
  if (asked !== 'auto') return { precision: asked, precisionReason: 'It was asked for.' };
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
