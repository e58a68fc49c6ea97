/** Learning curves of one run or of several, with shared smoothing, x axis, scale and zoom. */
import './curves.css';
import type { ReadonlySignal } from '@preact/signals';
import { useId, useMemo, useRef } from 'preact/hooks';
import { useDelayed } from '../router/delayed.js';
import {
  type QuerySignal,
  queryFlag,
  queryList,
  queryNumber,
  queryOneOf,
  queryRange,
  setQuery,
} from '../router/router.js';
import { Button } from './button.js';
import { Card } from './card.js';
import { Chart, type ChartProps, type Mark, type Range, type Series } from './chart.js';
import { Segmented } from './field.js';
import { bytes, count, duration, measured, percent, rate, setting } from './format.js';
import { useValueOnScreen } from './on-screen.js';
import type { MarkKind, Run, ValueName, XName } from './run-data.js';
import { seriesColor } from './series-colors.js';

/** A run to draw. Its curves take `color` if there are several runs. */
export type CurveRun = Readonly<{ id: string; name: string; color?: string | undefined; run: Run }>;

/** What the address says about the curves. Make it once, at the top of a page's file. */
export type CurveView = Readonly<{
  smooth: QuerySignal<number>;
  x: QuerySignal<XName>;
  isLog: QuerySignal<boolean>;
  zoom: QuerySignal<Range | undefined>;
  /** Charts that are shown as tables. */
  tables: QuerySignal<readonly string[]>;
  /** Lines that are hidden: names of values, or ids of several runs. */
  hidden: QuerySignal<readonly string[]>;
}>;

/** Smoothing while the address says nothing: see `smoothingOf`. */
const UNSET = -1;
const USUAL_SMOOTHING = 0.6;
/** A shorter run is not smoothed: its line would lag behind its values. */
const LEAST_SMOOTHED = 50;

/** Returns the smoothing that the address says, or else the one that suits the number of points. */
const smoothingOf = ({ smooth }: CurveView, runs: readonly CurveRun[]): number => {
  if (smooth.value >= 0) return smooth.value;
  return runs.some(({ run }) => run.length() >= LEAST_SMOOTHED) ? USUAL_SMOOTHING : 0;
};

export const curveView = (): CurveView => ({
  smooth: queryNumber('smooth', UNSET),
  x: queryOneOf('x', ['step', 'epoch', 'time']),
  isLog: queryFlag('log'),
  zoom: queryRange('zoom'),
  tables: queryList('tables'),
  hidden: queryList('off'),
});

type LineKind = Readonly<{
  value: ValueName;
  name: string;
  color: string;
  /** Title of its own chart, if several runs are drawn. */
  title: string;
  /** Has a value at the end of each epoch only. */
  perEpoch?: boolean;
  isDashed?: boolean;
}>;
type ChartKind = Readonly<{
  id: string;
  title: string;
  lines: readonly LineKind[];
  format: (value: number) => string;
  /** Whether smoothing and the logarithmic scale are of use. */
  smooths?: boolean;
  scales?: boolean;
}>;

const [TRAIN, VALIDATION, TEST] = [seriesColor(0), seriesColor(2), seriesColor(1)];

const CHARTS: readonly ChartKind[] = [
  {
    id: 'loss',
    title: 'Loss',
    format: measured,
    smooths: true,
    scales: true,
    lines: [
      { value: 'loss', name: 'train (by step)', title: 'Train loss by step', color: TRAIN },
      {
        value: 'trainLoss',
        name: 'train (mean of the epoch)',
        title: 'Train loss',
        color: TRAIN,
        perEpoch: true,
        isDashed: true,
      },
      { value: 'validationLoss', name: 'validation', title: 'Validation loss', color: VALIDATION, perEpoch: true },
      { value: 'testLoss', name: 'test', title: 'Test loss', color: TEST, perEpoch: true },
    ],
  },
  {
    id: 'accuracy',
    title: 'Accuracy',
    format: (value) => percent(value),
    smooths: true,
    lines: [
      { value: 'accuracy', name: 'train (by step)', title: 'Train accuracy by step', color: TRAIN },
      {
        value: 'trainAccuracy',
        name: 'train (mean of the epoch)',
        title: 'Train accuracy',
        color: TRAIN,
        perEpoch: true,
        isDashed: true,
      },
      {
        value: 'validationAccuracy',
        name: 'validation',
        title: 'Validation accuracy',
        color: VALIDATION,
        perEpoch: true,
      },
      { value: 'testAccuracy', name: 'test', title: 'Test accuracy', color: TEST, perEpoch: true },
    ],
  },
  {
    id: 'scores',
    title: 'Further scores',
    format: (value) => percent(value),
    lines: [
      score('validationMacroF1', 'validation macro-F1', seriesColor(3)),
      score('validationBalancedAccuracy', 'validation balanced accuracy', seriesColor(4)),
      score('validationTop5Accuracy', 'validation top-5 accuracy', VALIDATION),
      score('testTop5Accuracy', 'test top-5 accuracy', TEST),
    ],
  },
  only('learningRate', 'Learning rate', (value) => setting(Number(value.toPrecision(4))), { scales: true }),
  only('imagesPerSecond', 'Images per second', rate, { smooths: true }),
  only('cpu', 'CPU of the trainer', (value) => value.toFixed(1), { name: 'cores' }),
  only('memoryBytes', 'Memory of the trainer', bytes, { name: 'resident memory' }),
  only('gpu', 'GPU', (value) => percent(value, 0), { name: 'share of time' }),
  only('gpuMemoryBytes', 'Memory of the GPU', bytes, { name: 'used memory' }),
];

/** A line with a value at the end of each epoch. */
function score(value: ValueName, name: string, color: string): LineKind {
  return { value, name, title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`, color, perEpoch: true };
}

function only(
  value: ValueName,
  title: string,
  format: ChartKind['format'],
  { name = title.toLowerCase(), ...more }: Pick<ChartKind, 'smooths' | 'scales'> & { name?: string } = {},
): ChartKind {
  return { id: value, title, format, ...more, lines: [{ value, name, title, color: TRAIN }] };
}

/** Returns one chart for each line: with several runs the colour stands for the run. */
const perLine = (chart: ChartKind): ChartKind[] =>
  chart.lines.map((line) => ({ ...chart, id: line.value, title: line.title, lines: [line] }));

const X_FORMATS: Readonly<Record<XName, (value: number) => string>> = {
  step: count,
  epoch: (value) => String(Number(value.toFixed(2))),
  time: (value) => (value === 0 ? '0' : duration(value)),
};

const MARK_COLORS: Readonly<Record<MarkKind, string>> = {
  change: 'var(--info)',
  phase: 'var(--muted)',
  resume: 'var(--muted)',
  memory: 'var(--warn)',
  fault: 'var(--bad)',
  best: 'var(--good)',
};

/** Names of the kinds in the legend. */
const MARK_NAMES: Readonly<Record<MarkKind, string>> = {
  change: 'change',
  phase: 'next phase',
  resume: 'resumed',
  memory: 'memory ran out',
  fault: 'not a number',
  best: 'best epoch',
};

const NO_MARKS: readonly Mark[] = [];

/** Returns the value before if it says the same: other marks draw every chart again. */
function useSame<T>(value: T): T {
  const before = useRef(value);
  if (JSON.stringify(before.current) !== JSON.stringify(value)) before.current = value;
  return before.current;
}

/** Draws the curves of the runs. `version` changes whenever frames were added to a run. */
export function Curves({
  runs,
  view,
  version,
}: {
  runs: readonly CurveRun[];
  view: CurveView;
  version: ReadonlySignal<number>;
}) {
  const now = version.value;
  const x = view.x.value;
  const isSingle = runs.length === 1;
  const charts = (isSingle ? CHARTS : CHARTS.flatMap(perLine)).filter(({ lines }) =>
    lines.some(({ value }) => runs.some(({ run }) => run.present.has(value))),
  );
  const marks = useSame(isSingle ? marksOf(runs, x) : NO_MARKS);
  return (
    <div class="curves">
      {charts.map((chart) => (
        <CurveChart key={chart.id} chart={chart} runs={runs} view={view} marks={marks} now={now} />
      ))}
    </div>
  );
}

function CurveChart({
  chart,
  runs,
  view,
  marks,
  now,
}: {
  chart: ChartKind;
  runs: readonly CurveRun[];
  view: CurveView;
  marks: readonly Mark[];
  now: number;
}) {
  const x = view.x.value;
  const card = useRef<HTMLElement>(null);
  const drawn = useValueOnScreen(card, now);
  const series = useMemo(() => seriesOf(chart, runs, x), [chart.id, runs, x, drawn]);
  return (
    <Card element={card}>
      <Chart
        title={chart.title}
        series={series}
        xName={x === 'time' ? 'seconds' : x}
        formatX={X_FORMATS[x]}
        formatY={chart.format}
        scale={chart.scales === true && view.isLog.value ? 'log' : 'linear'}
        smoothing={chart.smooths === true ? smoothingOf(view, runs) : 0}
        zoom={view.zoom}
        view={viewOf(view.tables, chart.id)}
        hidden={view.hidden}
        syncKey="curves"
        marks={marks}
      />
    </Card>
  );
}

/** Returns whether one of the charts is shown as a table, to read and to set. */
const viewOf = (tables: CurveView['tables'], id: string): ChartProps['view'] => ({
  get value() {
    return tables.value.includes(id) ? 'table' : 'chart';
  },
  set value(next) {
    const others = tables.peek().filter((each) => each !== id);
    tables.value = next === 'table' ? [...others, id] : others;
  },
});

/** More epochs are drawn as a line alone. */
const MOST_POINTS = 60;

function seriesOf({ lines }: ChartKind, runs: readonly CurveRun[], x: XName): readonly Series[] {
  return lines.flatMap(({ value, name, color, perEpoch = false, isDashed = false }) =>
    runs
      .filter(({ run }) => run.present.has(value))
      .map(
        (each): Series => ({
          id: runs.length === 1 ? value : each.id,
          name: runs.length === 1 ? name : each.name,
          x: each.run.x[x],
          y: each.run.values[value],
          color: (runs.length > 1 ? each.color : undefined) ?? color,
          isDashed,
          hasPoints: perEpoch && each.run.epochs() <= MOST_POINTS,
          isSmoothed: !perEpoch,
        }),
      ),
  );
}

const marksOf = (runs: readonly CurveRun[], x: XName): readonly Mark[] =>
  runs.flatMap(({ run }) =>
    run.marks().map(({ at, text, kind }) => ({
      ...{ x: at[x], text, color: MARK_COLORS[kind], kind: MARK_NAMES[kind] },
      label: kind === 'phase' ? text : undefined,
    })),
  );

/** Smoothing, x axis, scale and zoom of the curves. */
export function CurveControls({ view, runs }: { view: CurveView; runs: readonly CurveRun[] }) {
  return (
    <div class="curve-controls">
      <Smoothing smooth={view.smooth} committed={smoothingOf(view, runs)} />
      <Segmented
        label="x axis"
        value={view.x.value}
        choices={[
          { value: 'step', title: 'Step' },
          { value: 'epoch', title: 'Epoch' },
          { value: 'time', title: 'Time' },
        ]}
        onInput={(x) => setQuery({ x: x === 'step' ? undefined : x, zoom: undefined })}
      />
      <Segmented
        label="Scale of loss and learning rate"
        value={view.isLog.value ? 'log' : 'linear'}
        choices={[
          { value: 'linear', title: 'Linear' },
          { value: 'log', title: 'Log' },
        ]}
        onInput={(scale) => {
          view.isLog.value = scale === 'log';
        }}
      />
      {view.zoom.value !== undefined && (
        <Button
          small
          icon="minus"
          onClick={() => {
            view.zoom.value = undefined;
          }}
        >
          Show everything
        </Button>
      )}
    </div>
  );
}

function Smoothing({ smooth, committed }: { smooth: QuerySignal<number>; committed: number }) {
  const id = useId();
  const shown = useDelayed(committed, (value) => {
    smooth.value = value;
  });
  return (
    <div class="curve-smoothing">
      <label for={id}>Smoothing</label>
      <input
        id={id}
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={shown.value}
        onInput={({ currentTarget }) => {
          shown.value = currentTarget.valueAsNumber;
        }}
      />
      <output for={id}>{shown.value.toFixed(2)}</output>
    </div>
  );
}
