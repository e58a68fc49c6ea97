/** File format of a run history. A model stores one, so that a worker can complete the stream of a job that another worker left. */
import { type Static, Type } from 'typebox';
import { RunHistoryEvent } from './frame.js';

export const RunHistory = Type.Object({
  format: Type.Literal('trainyard-history/1'),
  events: Type.Array(RunHistoryEvent, {
    description:
      'Every epoch and change of the run and its latest steps, in order. A gap stands for the earlier steps.',
  }),
});
export type RunHistory = Readonly<Static<typeof RunHistory>>;
