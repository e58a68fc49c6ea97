/** Queries of the routes that read frames, and their answer as JSON. */
import { type Static, Type } from 'typebox';
import { FRAME_TYPES, StreamFrame } from './frame.js';

const after = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
  description:
    'Number of the last frame already received. Returns only frames with a greater `seq`. 0: from the start.',
});

/** Smallest and largest `points`. */
const POINTS = { minimum: 100, maximum: 20_000 } as const;
const typePattern = FRAME_TYPES.join('|');

/** Query of `GET /jobs/{id}/metrics`, for a page and for the stream. */
export const FrameQuery = Type.Object(
  {
    after,
    limit: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
      description: 'Frames per page. The stream, CSV and answers with `points` ignore it.',
    }),
    types: Type.Optional(
      Type.String({
        pattern: `^(${typePattern})(,(${typePattern}))*$`,
        description: `Returns only frames of these types, separated by commas: ${FRAME_TYPES.join(', ')}. Default: all. The stream ignores it.`,
        examples: ['step,epoch'],
      }),
    ),
    points: Type.Optional(
      Type.Integer({
        ...POINTS,
        description:
          'Thins the `step` frames to at most this number, and returns all frames in one answer. In every part of the run it keeps the smallest and the largest value of each number, and the first NaN. It also keeps the first and the last `step` frame, and every frame of another type. Absent: nothing is left out. The stream ignores it.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type FrameQuery = Static<typeof FrameQuery>;

/** Frames of a job: one page, or with `points` all of them, thinned. */
export const FramePage = Type.Object(
  {
    frames: Type.Array(StreamFrame),
    lastSeq: Type.Integer({
      minimum: 0,
      description:
        'Number of the last frame that this answer covers, whether it is in the answer or was left out. A follower continues with `after=<lastSeq>`.',
    }),
    nextAfter: Type.Optional(Type.Integer({ description: 'The `after` of the next page. Absent on the last page.' })),
    leftOut: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Number of `step` frames that `points` left out. Absent without `points`.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type FramePage = Readonly<{ frames: StreamFrame[]; lastSeq: number; nextAfter?: number; leftOut?: number }>;

/** Query of `GET /jobs/{id}/events`. */
export const EventsQuery = Type.Object({ after }, { additionalProperties: false });

/** Header of `GET /jobs/{id}/events`. The browser's EventSource sends it when it reconnects. */
export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Number of the last frame already received. Overrides `after`.',
    }),
  ),
});

const JOB_ID = '[0-9A-Za-z-]{1,64}';
const commaSeparated = (item: string) => `^${item}(,${item})*$`;

/** Query of the WebSocket `/metrics`. */
export const MetricsQuery = Type.Object(
  {
    jobs: Type.Optional(
      Type.String({
        pattern: commaSeparated(JOB_ID),
        description: 'Ids of at most 100 jobs, separated by commas. Absent: all jobs.',
      }),
    ),
    after: Type.Optional(
      Type.String({
        pattern: commaSeparated(`${JOB_ID}:[0-9]{1,15}`),
        description:
          'Last `seq` already received of each job, as `<job>:<seq>,<job>:<seq>`. The stream begins at the start of jobs that are not listed.',
      }),
    ),
    since: Type.Optional(
      Type.String({
        pattern: '^(now|[0-9]{1,15})$',
        description:
          'Follows all jobs without their history: from `now` on, or from the cursor of an earlier connection. Not together with `jobs` or `after`.',
      }),
    ),
    history: Type.Optional(
      Type.Boolean({
        description:
          'Only with `since`: sends also the frames before the cursor of the jobs that had not ended then. The first cursor after them says that they are complete. Default false.',
      }),
    ),
    types: Type.Optional(
      Type.String({
        pattern: commaSeparated(`(${typePattern})`),
        description: `Only with \`since\`: sends only frames of these types, separated by commas: ${FRAME_TYPES.join(', ')}. Default: all.`,
      }),
    ),
    stepMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60_000,
        description:
          'Only with `since`: sends at most one `step` frame of each job in this time, in milliseconds, and leaves the others out. Default 0: sends all.',
        'x-unit': 'ms',
      }),
    ),
  },
  { additionalProperties: false },
);
export type MetricsQuery = Static<typeof MetricsQuery>;
