/**
 * TensorBoard's Event messages, with the field numbers of their .proto files (tensorflow/core/util/event.proto,
 * core/framework/summary.proto).
 */
import jspb from 'google-protobuf';
import type { StreamFrame } from '../contracts/jobs/frame.js';

/** Series of values: `train` by the steps of the whole run, `epoch` by epochs. */
export type Series = 'train' | 'epoch';

/** Values of one step or epoch. `at` is an ISO 8601 time. */
export type Scalars = Readonly<{
  series: Series;
  step: number;
  at: string;
  values: Readonly<Record<string, number>>;
}>;

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SESSION_START = 1;

/** Returns the first two records of a file: its format, and a session start, which makes TensorBoard discard earlier data. */
export function fileHeader(at: Date): Uint8Array[] {
  const seconds = at.getTime() / 1000;
  const version = new jspb.BinaryWriter();
  version.writeDouble(EVENT.wallTime, seconds);
  version.writeString(EVENT.fileVersion, 'brain.Event:2');
  const start = new jspb.BinaryWriter();
  start.writeDouble(EVENT.wallTime, seconds);
  start.writeMessage(EVENT.sessionLog, {}, (_, log: jspb.BinaryWriter) => log.writeEnum(1, SESSION_START));
  return [version.getResultBuffer(), start.getResultBuffer()];
}

/** Returns the values of a `step` or `epoch` frame; undefined for other frames. Leaves out NaN and infinite values, which are null. */
export function scalarsOf(frame: StreamFrame): Scalars | undefined {
  switch (frame.type) {
    case 'step': {
      const { epoch, step, steps, at, loss, accuracy, learningRate, imagesPerSecond } = frame;
      const values = finite({ loss, accuracy, learning_rate: learningRate, images_per_second: imagesPerSecond });
      return { series: 'train', step: (epoch - 1) * steps + step, at, values };
    }
    case 'epoch': {
      const { epoch, at, trainLoss, trainAccuracy, testLoss, testAccuracy, validationLoss, validationAccuracy } = frame;
      const values = finite({
        train_loss: trainLoss,
        train_accuracy: trainAccuracy,
        validation_loss: validationLoss,
        validation_accuracy: validationAccuracy,
        test_loss: testLoss,
        test_accuracy: testAccuracy,
        validation_macro_f1: frame.validationMacroF1,
        validation_balanced_accuracy: frame.validationBalancedAccuracy,
        validation_top5_accuracy: frame.validationTop5Accuracy,
        test_top5_accuracy: frame.testTop5Accuracy,
        images_per_second: frame.imagesPerSecond,
      });
      return { series: 'epoch', step: epoch, at, values };
    }
    default:
      return undefined;
  }
}

const finite = (values: Readonly<Record<string, number | null | undefined>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** Encodes values as an Event message. */
export function encodeScalars({ series, step, at, values }: Scalars): Uint8Array {
  const writer = new jspb.BinaryWriter();
  writer.writeDouble(EVENT.wallTime, Date.parse(at) / 1000);
  writer.writeInt64(EVENT.step, step);
  writer.writeMessage(EVENT.summary, {}, (_, summary: jspb.BinaryWriter) => {
    for (const [name, value] of Object.entries(values)) {
      summary.writeMessage(1, {}, (__, each: jspb.BinaryWriter) => {
        each.writeString(1, `${series}/${name}`);
        each.writeFloat(2, value);
      });
    }
  });
  return writer.getResultBuffer();
}

/** Returns the series and step of an Event message; undefined for messages of the file header. */
export function stepOf(event: Uint8Array): Pick<Scalars, 'series' | 'step'> | undefined {
  const reader = new jspb.BinaryReader(event);
  let step = 0;
  let tag: string | undefined;
  while (reader.nextField()) {
    const field = reader.getFieldNumber();
    if (field === EVENT.step) step = reader.readInt64();
    else if (field === EVENT.summary) tag ??= firstTag(reader.readBytes());
    else reader.skipField();
  }
  const series = tag?.split('/', 1)[0];
  return series === 'train' || series === 'epoch' ? { series, step } : undefined;
}

function firstTag(summary: string | Uint8Array): string | undefined {
  const reader = new jspb.BinaryReader(summary as Uint8Array);
  if (!reader.nextField()) return undefined;
  const value = new jspb.BinaryReader(reader.readBytes() as Uint8Array);
  return value.nextField() ? value.readString() : undefined;
}
