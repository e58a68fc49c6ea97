/** Thins the step frames of a run: keeps the extremes of every number in each part of the run, so that a chart looks the same. */
import { type Frame, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';

type StepFrame = Extract<Frame, { type: 'step' }>;
type Value = number | null | undefined;

/** The numbers whose extremes are kept. Null stands for NaN. */
const SERIES: readonly ((frame: StepFrame) => Value)[] = [
  (frame) => frame.loss,
  (frame) => frame.accuracy,
  (frame) => frame.learningRate,
  (frame) => frame.imagesPerSecond,
  (frame) => frame.usage?.cpu,
  (frame) => frame.usage?.memoryBytes,
  (frame) => frame.usage?.gpu,
  (frame) => frame.usage?.gpuMemoryBytes,
];
/** Maximum number of frames that one part of the run keeps: a smallest and a largest of each series, and a first null of loss and rate. */
const PER_PART = 2 * SERIES.length + 2;
/** The first and the last step frame are kept too. */
const ENDS = 2;

/** Numbers of the first and the last stored step frame, and how many there are. */
export type StepRange = Readonly<{ first: number; last: number; count: number }>;

/** Returns how many numbers each part of the run has, or undefined if nothing has to be left out to have at most `points` frames. */
export function partLength({ first, last, count }: StepRange, points: number): number | undefined {
  const numbers = last - first + 1;
  if (Math.min(count, numbers) <= points) return undefined;
  return Math.ceil(numbers / Math.max(1, Math.floor((points - ENDS) / PER_PART)));
}

/** Smallest and largest frame of a series in the current part, and the first one without a value. */
type Extremes = { low?: StepFrame; high?: StepFrame; missing?: StepFrame };

export type Thinner = ReturnType<typeof createThinner>;

/** Thins the frames of a run, which arrive in order, in parts of `length` numbers. Holds only the kept frames of the current part. */
export function createThinner({ first, last }: StepRange, length: number) {
  let part = -1;
  let extremes = noExtremes();
  let kept = new Set<StreamFrame>();
  let leftOut = 0;
  let steps = 0;

  /** Returns the kept frames of the current part in order, and begins the next part. */
  function flush(): StreamFrame[] {
    const others = kept.size;
    for (const { low, high, missing } of extremes)
      for (const frame of [low, high, missing]) if (frame !== undefined) kept.add(frame);
    leftOut += steps - (kept.size - others);
    const frames = [...kept].sort((a, b) => positionOf(a) - positionOf(b));
    [kept, extremes, steps] = [new Set(), noExtremes(), 0];
    return frames;
  }

  function add(frame: StreamFrame): void {
    if (frame.type !== 'step' || frame.seq === first || frame.seq === last) {
      kept.add(frame);
      return;
    }
    steps += 1;
    for (const [index, valueIn] of SERIES.entries()) note(extremes[index] as Extremes, frame, valueIn);
  }

  return {
    /** Takes the next frames, and returns the kept frames of the parts that they complete. */
    add(frames: readonly StreamFrame[]): StreamFrame[] {
      const complete: StreamFrame[] = [];
      for (const frame of frames) {
        const next = Math.floor((positionOf(frame) - first) / length);
        if (next !== part) complete.push(...flush());
        part = next;
        add(frame);
      }
      return complete;
    },
    /** Returns the kept frames of the last part. */
    end: flush,
    /** Number of frames that were left out so far. */
    leftOut: (): number => leftOut,
  };
}

const noExtremes = (): Extremes[] => SERIES.map(() => ({}));

function note(extremes: Extremes, frame: StepFrame, valueIn: (frame: StepFrame) => Value): void {
  const value = valueIn(frame);
  if (value === undefined) return;
  if (value === null) extremes.missing ??= frame;
  else {
    if (extremes.low === undefined || value < (valueIn(extremes.low) as number)) extremes.low = frame;
    if (extremes.high === undefined || value > (valueIn(extremes.high) as number)) extremes.high = frame;
  }
}
