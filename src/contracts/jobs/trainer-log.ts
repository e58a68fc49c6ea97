/** Last output of a trainer that failed or died. */
import { type Static, Type } from 'typebox';

/** Limits on the output that is kept. */
export const LOG_LIMITS = { lines: 100, bytes: 16_384 } as const;

/** Last lines of a trainer's output. `leftOut` counts the lines before them. */
export type OutputTail = Readonly<{ lines: readonly string[]; leftOut: number }>;

/** Answer of `GET /jobs/{id}/log`. */
export const TrainerLog = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1, description: 'Attempt of the trainer.' }),
    at: Type.String({ format: 'date-time', description: 'Time of its end.' }),
    lines: Type.Array(Type.String(), {
      maxItems: LOG_LIMITS.lines,
      description: `Last lines of its standard output and standard error, at most ${LOG_LIMITS.lines} lines and ${LOG_LIMITS.bytes / 1024} KiB, without control characters and credentials.`,
    }),
    leftOut: Type.Integer({ minimum: 0, description: 'Number of lines before them.' }),
  },
  { additionalProperties: false },
);
export type TrainerLog = Readonly<Static<typeof TrainerLog>>;
