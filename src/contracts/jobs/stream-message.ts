/** Messages of the WebSocket `/metrics`: frames, and with `since` also cursors and notices. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { StreamFrame } from './frame.js';

const closed = { additionalProperties: false };

/** Point between two messages of a stream: the service has sent everything before it. */
export const StreamCursor = Type.Object(
  {
    type: Type.Literal('cursor'),
    cursor: Type.String({
      pattern: '^[0-9]{1,15}$',
      description: 'Send it as `since` on the next connection, which continues here.',
    }),
  },
  {
    ...closed,
    title: 'StreamCursor',
    description:
      'Only with `since`: every frame and notice before this cursor has been sent. The first one says that the stream is live.',
  },
);
export type StreamCursor = Static<typeof StreamCursor>;

/** News of a job that are no frame, because they may come after its `end`. */
export const JobNotice = Type.Object(
  {
    type: Type.Literal('notice'),
    event: StringEnum(['edited', 'deleted']),
    jobId: Type.String({ format: 'uuid' }),
    at: Type.String({ format: 'date-time' }),
  },
  {
    ...closed,
    title: 'JobNotice',
    description:
      'Only with `since`: name, notes, metadata or queue position of the job were `edited`, so read it again; or the job was `deleted`. A notice may be repeated.',
  },
);
export type JobNotice = Static<typeof JobNotice>;

/** One message of the WebSocket `/metrics`. */
export const StreamMessage = Type.Union([StreamFrame, StreamCursor, JobNotice]);
export type StreamMessage = StreamFrame | StreamCursor | JobNotice;
