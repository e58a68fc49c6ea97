/** The frames of a job's stream: what training yields, and what a follower receives. */
import { type Static, Type } from 'typebox';
import { EpochScores, Failure, ModelReference, Priority } from './job.js';

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

/** The scores of an epoch, without its course. */
export function scoresOf({
  type: _type,
  epochs: _epochs,
  seconds: _seconds,
  imagesPerSecond: _rate,
  ...scores
}: EpochEvent) {
  return scores satisfies EpochScores;
}

/** What the training loop yields. */
export type TrainingEvent = StepEvent | EpochEvent;

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

/** What a trainer tells. */
export type TrainerEvent = TrainingEvent | ResumeEvent;

/** A change of status that does not end the job. */
export const StatusEvent = Type.Object({
  type: Type.Literal('status'),
  status: Type.Union([Type.Literal('queued'), Type.Literal('running'), Type.Literal('paused')]),
  attempt: Type.Integer({
    minimum: 0,
    description: 'The attempt that starts (running) or ended without a result (queued, paused).',
  }),
  reason: Type.Optional(Failure),
});
export type StatusEvent = Static<typeof StatusEvent>;

/** The last frame of a job. */
export const EndEvent = Type.Object({
  type: Type.Literal('end'),
  status: Type.Union([Type.Literal('succeeded'), Type.Literal('failed'), Type.Literal('cancelled')]),
  model: Type.Optional(ModelReference),
  error: Type.Optional(Failure),
});
export type EndEvent = Static<typeof EndEvent>;

/** What was changed in a job by `PATCH /jobs/{id}`. */
export const ChangeEvent = Type.Object({
  type: Type.Literal('change'),
  changes: Type.Object({ priority: Type.Optional(Priority) }, { additionalProperties: false }),
});
export type ChangeEvent = Static<typeof ChangeEvent>;

export type JobEvent = StatusEvent | ChangeEvent | TrainerEvent | EndEvent;

const envelope = {
  seq: Type.Integer({ minimum: 1, description: 'Counts from 1 without holes within a job.' }),
  jobId: Type.String({ format: 'uuid' }),
  at: Type.String({ format: 'date-time' }),
};
const frame = <T extends Record<string, unknown>>(properties: T) => ({ ...envelope, ...properties });

/** A frame as it is stored, streamed over WebSocket and listed as JSON. */
export const Frame = Type.Union([
  Type.Object(frame(StatusEvent.properties), { additionalProperties: false, title: 'StatusFrame' }),
  Type.Object(frame(ChangeEvent.properties), { additionalProperties: false, title: 'ChangeFrame' }),
  Type.Object(frame(ResumeEvent.properties), { additionalProperties: false, title: 'ResumeFrame' }),
  Type.Object(frame(StepEvent.properties), { additionalProperties: false, title: 'StepFrame' }),
  Type.Object(frame(EpochEvent.properties), { additionalProperties: false, title: 'EpochFrame' }),
  Type.Object(frame(EndEvent.properties), { additionalProperties: false, title: 'EndFrame' }),
]);
export type Frame = { seq: number; jobId: string; at: string } & JobEvent;

/** Query of `GET /jobs/{id}/metrics`, as history and as stream. */
export const FrameQuery = Type.Object(
  {
    after: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
      description: 'Only frames with a greater `seq`: the last one already seen. Default 0, from the start.',
    }),
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
    frames: Type.Array(Frame),
    nextAfter: Type.Optional(
      Type.Integer({ description: 'Present where more frames follow: the `after` that continues.' }),
    ),
  },
  { additionalProperties: false },
);
export type FramePage = Readonly<{ frames: Frame[]; nextAfter?: number }>;
