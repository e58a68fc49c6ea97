/** The frames of a job's stream: what training yields, and what a follower receives. */
import { type Static, type TOptional, type TSchema, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference } from '../references/model-reference.js';
import { AppliedChange, changeFrameFields } from './live-change.js';
import { EpochScores, Failure } from './outcome.js';
import { StartMode } from './starting-point.js';
import { EndReason } from './stop-reason.js';

const accuracy = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
/** One of every `stepInterval` steps. Loss and accuracy are of that step's batch, in training mode. */
export const StepEvent = Type.Object({
  type: Type.Literal('step'),
  epoch: Type.Integer({ minimum: 1 }),
  step: Type.Integer({ minimum: 1, description: 'Step within the epoch, from 1.' }),
  steps: Type.Integer({ minimum: 1, description: 'Steps of one epoch.' }),
  loss: Type.Number({ description: 'Mean cross entropy of the batch.' }),
  accuracy: accuracy('Share of the batch classified right.'),
  learningRate: Type.Number(),
  imagesPerSecond: Type.Number({ description: 'Since the step frame before it.' }),
});
export type StepEvent = Static<typeof StepEvent>;

/** The end of an epoch, with the scores that `train_ch5` prints. */
export const EpochEvent = Type.Object({
  type: Type.Literal('epoch'),
  ...EpochScores.properties,
  epochs: Type.Integer({ minimum: 1 }),
  seconds: Type.Number({ description: 'Duration of the epoch, training and evaluation.' }),
  imagesPerSecond: Type.Number({ description: 'Training images over training seconds, evaluation not counted.' }),
});
export type EpochEvent = Static<typeof EpochEvent>;

/** Returns the scores of an epoch event, without its progress fields. */
export function scoresOf({
  type: _type,
  epochs: _epochs,
  seconds: _seconds,
  imagesPerSecond: _rate,
  ...scores
}: EpochEvent) {
  return scores satisfies EpochScores;
}

/** A change of the run that has taken effect, between two steps. */
export const ChangeEvent = Type.Object({ type: Type.Literal('change'), ...AppliedChange.properties });
export type ChangeEvent = Static<typeof ChangeEvent>;

/** What the training loop yields. */
export type TrainingEvent = StepEvent | EpochEvent | ChangeEvent;

/** Stands for `step` events that were given up before they reached the stream. It comes before the first step event that was kept. */
export const GapEvent = Type.Object({
  type: Type.Literal('gap'),
  epoch: Type.Integer({ minimum: 1, description: 'The epoch of the last `step` frame that is missing.' }),
  step: Type.Integer({ minimum: 1, description: 'The step of the last `step` frame that is missing.' }),
  steps: StepEvent.properties.steps,
});
export type GapEvent = Static<typeof GapEvent>;

/** Returns the gap that takes the place of `step` events up to this one. */
export const gapUntil = ({ epoch, step, steps }: StepEvent): GapEvent => ({ type: 'gap', epoch, step, steps });

/** Events that tell how far a run has come, as a checkpoint or a model keeps them. */
export const RunHistoryEvent = Type.Union([StepEvent, EpochEvent, ChangeEvent, GapEvent]);
export type RunHistoryEvent = TrainingEvent | GapEvent;

/** An attempt goes on where an earlier one has left off. */
export const ResumeEvent = Type.Object({
  type: Type.Literal('resume'),
  attempt: Type.Integer({ minimum: 1 }),
  epoch: Type.Integer({
    minimum: 1,
    description: 'The epoch that goes on; one more than there are where only the model is left to be stored.',
  }),
  step: Type.Integer({ minimum: 0, description: 'Steps of it that are done.' }),
  faults: Type.Optional(
    Type.Array(Type.String(), { description: 'What is wrong with each newer checkpoint, which was left out.' }),
  ),
});
export type ResumeEvent = Static<typeof ResumeEvent>;

/** An attempt starts from a checkpoint of another job, or from a model. */
export const StartEvent = Type.Object({
  type: Type.Literal('start'),
  attempt: Type.Integer({ minimum: 1 }),
  mode: StartMode,
  epoch: Type.Integer({ minimum: 1, description: 'The epoch that is trained first.' }),
  step: Type.Integer({ minimum: 0, description: 'Steps of it that are done.' }),
  taken: Type.Integer({ minimum: 0, description: 'Variables that have their values from there.' }),
  fresh: Type.Array(Type.String(), { description: 'Names of the weights that are drawn from the seed all the same.' }),
});
export type StartEvent = Static<typeof StartEvent>;

/** What a trainer tells. */
export type TrainerEvent = RunHistoryEvent | ResumeEvent | StartEvent;

/** A change of status that does not end the job. */
export const StatusEvent = Type.Object({
  type: Type.Literal('status'),
  status: StringEnum(['queued', 'running', 'paused']),
  attempt: Type.Integer({
    minimum: 0,
    description: 'The attempt that starts (running) or ended without a result (queued, paused).',
  }),
  reason: Type.Optional(Failure),
  microBatchSize: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Images at once from here on, after the job ran out of memory.' }),
  ),
});
export type StatusEvent = Static<typeof StatusEvent>;

/** The last frame of a job. */
export const EndEvent = Type.Object({
  type: Type.Literal('end'),
  status: StringEnum(['succeeded', 'failed', 'cancelled']),
  model: Type.Optional(ModelReference),
  reason: Type.Optional(EndReason),
  error: Type.Optional(Failure),
});
export type EndEvent = Static<typeof EndEvent>;

/** A change of the queue: a priority, which holds at once. */
export const QueueChangeEvent = Type.Object({
  type: Type.Literal('change'),
  number: changeFrameFields.number,
  from: changeFrameFields.from,
  to: changeFrameFields.to,
});
export type QueueChangeEvent = Static<typeof QueueChangeEvent>;

export type JobEvent = StatusEvent | QueueChangeEvent | TrainerEvent | EndEvent;

const envelope = {
  seq: Type.Integer({ minimum: 1, description: 'Counts from 1 without holes within a job.' }),
  jobId: Type.String({ format: 'uuid' }),
  at: Type.String({ format: 'date-time' }),
};
const nonFinite = Type.Optional(
  Type.Array(Type.String(), {
    minItems: 1,
    description: 'Fields that are null because their value is NaN or infinite, which JSON cannot say.',
  }),
);

/** Numbers of an event that a training which goes wrong makes NaN or infinite. */
const MAY_BE_NULL = ['loss', 'trainLoss', 'validationLoss', 'testLoss', 'imagesPerSecond'] as const;
type MayBeNull = (typeof MAY_BE_NULL)[number];

const orNull = (schema: TSchema) => {
  const { description = '' } = schema as { description?: string };
  return Type.Union([Type.Number(), Type.Null()], description === '' ? {} : { description });
};
type NumberOrNull = ReturnType<typeof orNull>;
type CarriedSchemas<T> = {
  [Name in keyof T]: Name extends MayBeNull
    ? T[Name] extends TOptional<TSchema>
      ? TOptional<NumberOrNull>
      : NumberOrNull
    : T[Name];
};

/** The properties of a frame: those of its event as JSON can carry them, and the envelope. */
function frame<T extends Record<string, TSchema>>(properties: T) {
  const carried = Object.entries(properties).map(([name, schema]) => {
    if (!MAY_BE_NULL.some((each) => each === name)) return [name, schema];
    return [name, Type.IsOptional(schema) ? Type.Optional(orNull(schema)) : orNull(schema)];
  });
  return { ...envelope, ...(Object.fromEntries(carried) as CarriedSchemas<T>), nonFinite };
}

const closed = { additionalProperties: false };
const StatusFrame = Type.Object(frame(StatusEvent.properties), { ...closed, title: 'StatusFrame' });
const ChangeFrame = Type.Object(frame({ ...ChangeEvent.properties, ...changeFrameFields }), {
  ...closed,
  title: 'ChangeFrame',
});
const ResumeFrame = Type.Object(frame(ResumeEvent.properties), { ...closed, title: 'ResumeFrame' });
const StartFrame = Type.Object(frame(StartEvent.properties), { ...closed, title: 'StartFrame' });
const StepFrame = Type.Object(frame(StepEvent.properties), { ...closed, title: 'StepFrame' });
const EpochFrame = Type.Object(frame(EpochEvent.properties), { ...closed, title: 'EpochFrame' });
const milliseconds = Type.Optional(
  Type.Integer({
    minimum: 0,
    description: 'Of a cancelled job: from the request to this frame, by the clock of Redis.',
  }),
);
const EndFrame = Type.Object({ ...frame(EndEvent.properties), milliseconds }, { ...closed, title: 'EndFrame' });

/**
 * Says that `step` frames are missing. Without `seq`: the stream had them and has given them up, the oldest of very many; such a gap is
 * not stored. With `seq`: they never reached the stream; such a gap is a stored frame, and its own number is `seq`, `from` and `to`.
 */
export const GapFrame = Type.Object(
  {
    type: Type.Literal('gap'),
    jobId: envelope.jobId,
    from: Type.Integer({ minimum: 1, description: 'First number that the gap stands for.' }),
    to: Type.Integer({
      minimum: 1,
      description:
        'Last number that the gap stands for: the next frame has `to` + 1, and `after=<to>` continues there.',
    }),
    seq: Type.Optional({
      ...envelope.seq,
      description:
        'Present if the missing `step` frames never reached the stream, and so have no numbers: the gap has one, the same as `from` and `to`.',
    }),
    at: Type.Optional(envelope.at),
    epoch: Type.Optional({
      ...GapEvent.properties.epoch,
      description: 'With `seq`: all `step` frames are missing from the one before the gap to this epoch and `step`.',
    }),
    step: Type.Optional(GapEvent.properties.step),
    steps: Type.Optional(GapEvent.properties.steps),
  },
  { ...closed, title: 'GapFrame', description: '`step` frames that are missing; no other frame ever is.' },
);
/** A gap that is not stored: a reader finds numbers missing. */
export type GapFrame = Readonly<{ type: 'gap'; jobId: string; from: number; to: number }>;

/** Numbers that JSON cannot carry are null. */
type Carried<Event> = Event extends unknown
  ? { [Name in keyof Event]: Name extends MayBeNull ? Event[Name] | null : Event[Name] }
  : never;

type Envelope = { seq: number; jobId: string; at: string; nonFinite?: string[] };

/** A frame as it is stored. A gap also has its own number as `from` and `to`, so that readers treat both kinds of gap alike. */
export type Frame = Envelope & (Carried<Exclude<JobEvent, GapEvent>> | (GapEvent & Omit<GapFrame, 'type'>));

/** What a reader receives, over WebSocket, as a server-sent event or in a page of JSON. */
export const StreamFrame = Type.Union([
  StatusFrame,
  ChangeFrame,
  ResumeFrame,
  StartFrame,
  StepFrame,
  EpochFrame,
  EndFrame,
  GapFrame,
]);
export type StreamFrame = Frame | GapFrame;

/** Returns whether a frame is stored, and so has a number of its own. */
export const isStored = (frame: StreamFrame): frame is Frame => 'seq' in frame;

/** The `after` that continues behind this frame. */
export const positionOf = (frame: StreamFrame): number => (frame.type === 'gap' ? frame.to : frame.seq);

const after = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
  description: 'Only frames with a greater `seq`: the last one already seen. Default 0, from the start.',
});

/** Query of `GET /jobs/{id}/metrics`, as history and as stream. */
export const FrameQuery = Type.Object(
  {
    after,
    limit: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
      description: 'Most frames of one answer. Default 1000. The stream does not heed it.',
    }),
  },
  { additionalProperties: false },
);
export type FrameQuery = Static<typeof FrameQuery>;

/** A piece of a job's history. */
export const FramePage = Type.Object(
  {
    frames: Type.Array(StreamFrame),
    nextAfter: Type.Optional(
      Type.Integer({ description: 'Present where more frames follow: the `after` that continues.' }),
    ),
  },
  { additionalProperties: false },
);
export type FramePage = Readonly<{ frames: StreamFrame[]; nextAfter?: number }>;

/** Query of `GET /jobs/{id}/events`. */
export const EventsQuery = Type.Object({ after }, { additionalProperties: false });

/** A browser's EventSource sends the last id it saw when it connects again. */
export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The same as `after`, and goes before it.',
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
        description: 'Ids of at most 100 jobs, separated by commas. Without it: all jobs.',
      }),
    ),
    after: Type.Optional(
      Type.String({
        pattern: commaSeparated(`${JOB_ID}:[0-9]{1,15}`),
        description:
          'Per job the last `seq` already seen, as `<job>:<seq>,<job>:<seq>`. A job that is not named is followed from its start.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type MetricsQuery = Static<typeof MetricsQuery>;
