/** Estimated duration of a job as a range, with its basis. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

const closed = { additionalProperties: false };

const secondsRange = (description: string) =>
  Type.Object(
    {
      low: Type.Number({ minimum: 0, description: 'Shortest expected duration, in seconds.' }),
      high: Type.Number({ minimum: 0, description: 'Longest expected duration, in seconds.' }),
    },
    { ...closed, description },
  );

export const EstimateBasis = StringEnum(['measured', 'computed'], {
  description:
    'Where the estimate comes from. `measured`: epochs of jobs with the same network, input, batch size and precision on workers of this kind, or earlier steps of this run. `computed`: the operations of the network, and the speed that each worker measures while it is idle.',
});
export type EstimateBasis = Static<typeof EstimateBasis>;

/** Fields that say where an estimate comes from. */
export const basisFields = {
  basis: EstimateBasis,
  explanation: Type.String({ description: 'Where the estimate comes from, as a sentence for people.' }),
};

export const TimeEstimate = Type.Object(
  {
    seconds: secondsRange(
      'Duration of the whole job on a free worker, with the start of the trainer and the storing of the model.',
    ),
    epochSeconds: secondsRange('Duration of one epoch: its training and its scores.'),
    ...basisFields,
  },
  {
    ...closed,
    description:
      'Estimated duration. Ranges over all live workers that take jobs, any of which may take this one. Absent if there are none, or none of them has measured its rate.',
  },
);
export type TimeEstimate = Static<typeof TimeEstimate>;
