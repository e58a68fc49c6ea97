/** Frames of one job as columns for charts, appended as they come. */
import type { Frame } from 'trainyard';
import { setting } from './format.js';

/** A step or epoch without a value has null. */
type Column = (number | null)[];

/** Values of a row by step. Present in `step` frames. */
const STEP_VALUES = ['loss', 'accuracy', 'learningRate', 'imagesPerSecond'] as const;
/** Values of a row at the end of an epoch. */
const EPOCH_VALUES = [
  ...(['trainLoss', 'trainAccuracy', 'validationLoss', 'validationAccuracy'] as const),
  ...(['testLoss', 'testAccuracy', 'testTop5Accuracy'] as const),
  ...(['validationMacroF1', 'validationBalancedAccuracy', 'validationTop5Accuracy'] as const),
];
const USAGE_VALUES = ['cpu', 'memoryBytes', 'gpu', 'gpuMemoryBytes'] as const;

export type ValueName = (typeof STEP_VALUES)[number] | (typeof EPOCH_VALUES)[number] | (typeof USAGE_VALUES)[number];

/** Position of a row: steps of the whole run, epochs, or seconds of training. */
export type XName = 'step' | 'epoch' | 'time';

export type RunMark = Readonly<{ at: Readonly<Record<XName, number>>; text: string; kind: MarkKind }>;
export type MarkKind = 'change' | 'phase' | 'resume' | 'memory' | 'best' | 'fault';

export type Run = ReturnType<typeof createRun>;

type EpochFrame = Extract<Frame, { type: 'epoch' }>;
type StepFrame = Extract<Frame, { type: 'step' }>;

const NAMES: readonly ValueName[] = [...STEP_VALUES, ...EPOCH_VALUES, ...USAGE_VALUES];

/** Creates empty columns with their common x axes. */
function createColumns() {
  const x: Record<XName, number[]> = { step: [], epoch: [], time: [] };
  const values = Object.fromEntries(NAMES.map((name) => [name, [] as Column])) as Record<ValueName, Column>;
  const present = new Set<ValueName>();
  return {
    x,
    values,
    present,

    /** Returns the index of the row at a step of the run: a new one, or the last one if it is there already. */
    rowAt(step: number, stepsPerEpoch: number, seconds: number): number {
      const count = x.step.length;
      if (count > 0 && (x.step[count - 1] ?? 0) >= step) return count - 1;
      x.step.push(step);
      x.epoch.push(step / stepsPerEpoch);
      x.time.push(seconds);
      for (const name of NAMES) values[name].push(null);
      return count;
    },

    put(row: number, names: readonly ValueName[], source: object): void {
      for (const name of names) {
        const value = (source as Readonly<Record<string, number | null | undefined>>)[name];
        if (value === undefined) continue;
        values[name][row] = value;
        present.add(name);
      }
    },

    /** Returns the position of the last row. */
    end: (): RunMark['at'] => ({
      step: x.step.at(-1) ?? 0,
      epoch: x.epoch.at(-1) ?? 0,
      time: x.time.at(-1) ?? 0,
    }),
  };
}

/** Creates a run without any frames. Give it every frame once, in order. */
export function createRun() {
  const columns = createColumns();
  const { x, values, present, rowAt, put, end } = columns;
  const marks: RunMark[] = [];
  const clock = createClock();
  let stepsPerEpoch = 1;
  let best: EpochFrame | undefined;
  let bestMark: RunMark | undefined;
  let last: number | undefined;
  let hasDiverged = false;
  let epochs = 0;
  let phase = 1;
  const mark = (kind: MarkKind, text: string): void => void marks.push({ kind, text, at: end() });

  function addStep(frame: StepFrame): void {
    stepsPerEpoch = frame.steps;
    if (frame.phase !== undefined && frame.phase > phase) mark('phase', `phase ${frame.phase}`);
    phase = frame.phase ?? phase;
    const row = rowAt((frame.epoch - 1) * frame.steps + frame.step, stepsPerEpoch, clock.secondsAt(frame.at));
    put(row, STEP_VALUES, frame);
    put(row, USAGE_VALUES, frame.usage ?? {});
    if (frame.loss === null && !hasDiverged) mark('fault', 'the loss is not a number');
    hasDiverged ||= frame.loss === null;
  }

  function addEpoch(frame: EpochFrame): void {
    const step = (frame.epoch - 1) * stepsPerEpoch + (frame.step ?? stepsPerEpoch);
    const row = rowAt(step, stepsPerEpoch, clock.secondsAt(frame.at));
    put(row, EPOCH_VALUES, frame);
    epochs += 1;
    put(row, USAGE_VALUES, frame.usage ?? {});
    if (frame.best !== true) return;
    best = frame;
    bestMark = { kind: 'best', at: end(), text: `best epoch so far: ${frame.epoch}` };
  }

  return {
    x,
    values,
    /** Names of the values that any row has. */
    present,
    /** Number of the last frame. */
    lastSeq: (): number | undefined => last,
    /** Number of epochs that have ended. */
    epochs: (): number => epochs,
    /** Number of rows. */
    length: (): number => x.step.length,
    /** The best epoch, which the service marks. Undefined without validation images: the test set must choose nothing. */
    best: (): EpochFrame | undefined => best,
    marks: (): readonly RunMark[] => (bestMark === undefined ? marks : [...marks, bestMark]),

    add(frame: Frame): void {
      last = frame.type === 'gap' ? frame.to : frame.seq;
      if (frame.type === 'step') addStep(frame);
      else if (frame.type === 'epoch') addEpoch(frame);
      else if (frame.type === 'change') mark('change', changeText(frame));
      else if (frame.type === 'resume') mark('resume', `attempt ${frame.attempt} resumed`);
      else if (frame.type === 'status') {
        clock.status(frame.status, frame.at);
        if (frame.microBatchSize !== undefined) mark('memory', `micro batch ${frame.microBatchSize}: memory ran out`);
      }
    },
  };
}

/** Measures the time in which a job ran, in seconds. */
function createClock() {
  let startedAt: number | undefined;
  let before = 0;
  return {
    status(status: string, at: string): void {
      const now = Date.parse(at);
      if (status === 'running') startedAt = now;
      else if (startedAt !== undefined) {
        before += now - startedAt;
        startedAt = undefined;
      }
    },
    secondsAt(at: string): number {
      const now = Date.parse(at);
      startedAt ??= now;
      return Math.max(0, before + now - startedAt) / 1_000;
    },
  };
}

const CHANGE_NAMES: Readonly<Record<string, string>> = {
  learningRate: 'learning rate',
  epochs: 'epochs',
  patience: 'patience',
  maxSeconds: 'time limit',
  priority: 'priority',
};

/** Returns `learning rate 0.1 → 0.01`. */
export function changeText({ from, to }: Readonly<{ from?: object | undefined; to: object }>): string {
  const before = (from ?? {}) as Readonly<Record<string, number | null>>;
  const show = (value: number | null | undefined): string =>
    value === null ? 'none' : value === undefined ? '?' : setting(value);
  return Object.entries(to)
    .map(([name, value]) => `${CHANGE_NAMES[name] ?? name} ${show(before[name])} → ${show(value as number | null)}`)
    .join(', ');
}
