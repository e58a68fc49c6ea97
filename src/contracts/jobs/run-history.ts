/** The course of a run as its model keeps it: whoever ends the job completes the stream from it. */
import { type Static, Type } from 'typebox';
import { CourseEvent } from './frame.js';

export const Course = Type.Object({
  format: Type.Literal('trainyard-course/1'),
  events: Type.Array(CourseEvent, {
    description: 'In order: every epoch and change of the run, and the last steps, with a gap for the steps before.',
  }),
});
export type Course = Readonly<Static<typeof Course>>;
