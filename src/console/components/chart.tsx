/** Line chart: legend with values, smoothing, shared zoom, marks, a table of the same data, and CSV. */
import './chart.css';
import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { Button } from './button.js';
import { ChartActions, type ChartView } from './chart-actions.js';
import { type Columns, joinSeries, nearest, type Series, smooth, toCsv } from './chart-data.js';
import { createPlot, type Line, type Mark, type Range } from './chart-plot.js';
import { count, measured, setting } from './format.js';
import { type Column, Table } from './table.js';

export type { Series } from './chart-data.js';
export type { Mark, Range } from './chart-plot.js';

export type ChartProps = Readonly<{
  title: string;
  series: readonly Series[];
  /** Name of the x axis, also the first column of table and CSV. */
  xName: string;
  formatX?: (value: number) => string;
  formatY?: (value: number) => string;
  scale?: 'linear' | 'log';
  /** 0 (none) to 0.999. The raw line stays, faint. */
  smoothing?: number;
  /** Zoom that several charts share: `queryRange('zoom')`. Default: the chart's own. */
  zoom?: ZoomSignal | undefined;
  /** Charts with the same key show the cursor at the same x. */
  syncKey?: string;
  /** Whether the chart or its table is shown. Default: the chart's own. */
  view?: { value: ChartView } | undefined;
  /** Ids of the series that are hidden. Default: the chart's own. */
  hidden?: HiddenSeries | undefined;
  marks?: readonly Mark[];
  height?: number;
  /** Shown in place of the chart while there are no points. */
  emptyText?: string;
}>;

type ZoomSignal = { value: Range | undefined };
type HiddenSeries = { value: readonly string[] };

export function Chart(props: ChartProps) {
  const { title, series, xName, smoothing = 0, zoom: shared, emptyText = 'No data yet.' } = props;
  const id = useId();
  const own = useSignal<Range | undefined>(undefined);
  const zoom = shared ?? own;
  const [ownView, ownHidden] = [useSignal<ChartView>('chart'), useSignal<readonly string[]>([])];
  const { view = ownView, hidden = ownHidden } = props;
  const cursor = useSignal<number | undefined>(undefined);
  const all = useMemo(() => curvesOf(series, smoothing), [series, smoothing]);
  const plotted = useMemo(() => {
    const shown = series.filter((each) => !hidden.value.includes(each.id));
    return shown.length === series.length ? all : curvesOf(shown, smoothing);
  }, [all, hidden.value]);
  const { raw } = all;
  const isEmpty = raw[0].length === 0;
  const csv = (): string => toCsv([xName, ...series.map(({ name }) => name)], raw);
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption class="chart-head">
        <h2 id={id} class="chart-title">
          {title}
        </h2>
        <div class="chart-actions">
          {zoom.value !== undefined && (
            <Button kind="quiet" small icon="minus" label="Show everything" onClick={() => (zoom.value = undefined)} />
          )}
          <ChartActions view={view} csv={csv} />
        </div>
      </figcaption>
      {isEmpty ? (
        <p class="chart-empty muted">{emptyText}</p>
      ) : view.value === 'table' ? (
        <DataTable {...props} columns={raw} />
      ) : (
        <>
          <Plot {...props} curves={plotted} smoothing={smoothing} zoom={zoom} cursor={cursor} />
          <Legend {...props} columns={all.smoothed} hidden={hidden} cursor={cursor} />
        </>
      )}
    </figure>
  );
}

/** Series on one x axis: as they are, and as the strong lines show them. */
type SeriesCurves = Readonly<{ series: readonly Series[]; raw: Columns; smoothed: Columns }>;

function curvesOf(series: readonly Series[], smoothing: number): SeriesCurves {
  const raw = joinSeries(series);
  const [x, ...values] = raw;
  const smoothed = values.map((each, at) => (series[at]?.isSmoothed === false ? each : smooth(each, smoothing)));
  return { series, raw, smoothed: [x, ...smoothed] };
}

type PlotProps = ChartProps &
  Readonly<{ curves: SeriesCurves; zoom: ZoomSignal; cursor: Signal<number | undefined>; smoothing: number }>;

/** Returns the lines to draw: raw lines behind the smoothed ones. */
function linesOf(series: readonly Series[], smoothing: number): readonly Line[] {
  const faint = smoothing > 0 ? series.filter(({ isSmoothed = true }) => isSmoothed) : [];
  return [
    ...faint.map((each) => ({ series: each, isFaint: true })),
    ...series.map((each) => ({ series: each, isFaint: false })),
  ];
}

/** Returns x, and a column for each line. */
const columnsOf = (lines: readonly Line[], { series, raw, smoothed }: SeriesCurves): Columns => [
  raw[0],
  ...lines.map((line) => (line.isFaint ? raw : smoothed)[series.indexOf(line.series) + 1] as Columns[number]),
];

function Plot(props: PlotProps) {
  const { curves, zoom, scale = 'linear', smoothing, height = 220, syncKey, marks = [], title } = props;
  const { formatX = count, formatY = tickText, cursor } = props;
  const parent = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef({ marks });
  latest.current = { marks };
  const lines = useMemo(() => linesOf(curves.series, smoothing), [curves]);
  const columns = useMemo(() => columnsOf(lines, curves), [lines]);
  const look = lines.map(({ series: { id, color, name }, isFaint }) => `${id} ${color} ${name} ${isFaint}`).join('\n');
  const range = zoom.value;
  const theme = useThemeCount();
  useLayoutEffect(() => {
    if (parent.current === null) return;
    const created = createPlot(parent.current, columns, {
      lines,
      scale,
      height,
      syncKey,
      formatX,
      isWholeX: formatX === count,
      formatTicks: formatY === measured && scale === 'linear' ? ticksText : (ticks) => ticks.map(tickOr(formatY)),
      marks: () => latest.current.marks,
      onCursor: (index) => {
        cursor.value = index === undefined ? undefined : created.data[0]?.[index];
      },
      onZoom: (next) => {
        zoom.value = next;
      },
    });
    plot.current = created;
    applyZoom(created, range);
    return () => {
      created.destroy();
      plot.current = undefined;
    };
  }, [look, scale, height, syncKey, theme]);
  useLayoutEffect(() => {
    if (plot.current === undefined || plot.current.data === (columns as unknown)) return;
    plot.current.setData(columns as unknown as uPlot.AlignedData, range === undefined);
    if (range !== undefined) applyZoom(plot.current, range);
  }, [columns]);
  useLayoutEffect(() => {
    if (plot.current) applyZoom(plot.current, range);
  }, [range?.[0], range?.[1]]);
  useLayoutEffect(() => plot.current?.redraw(false), [marks]);
  useWidth(parent, plot);
  return (
    <div
      ref={parent}
      class="chart-plot"
      role="img"
      tabIndex={0}
      aria-label={`${title}: chart of ${curves.series.map(({ name }) => name).join(', ')}. The table shows the same numbers.`}
      onKeyDown={(event) => onChartKey(event, columns[0], zoom)}
      style={{ minHeight: `${height}px` }}
    />
  );
}

/** A number at an axis: as short as it is exact. */
const tickText = (value: number): string => setting(Number(value.toPrecision(6)));

/** A logarithmic axis leaves ticks without text. */
const tickOr =
  (format: (value: number) => string) =>
  (tick: number | null): string =>
    tick === null ? '' : format(tick);

const MOST_DECIMALS = 6;

/** Returns the texts of ticks with the same number of decimals. */
function ticksText(ticks: readonly number[], step: number): string[] {
  const [, decimals = ''] = String(Number(step.toPrecision(6))).split('.');
  const isPlain = step >= 10 ** -MOST_DECIMALS && step < 1_000;
  return ticks.map((tick) => (isPlain ? tick.toFixed(decimals.length) : tickText(tick)));
}

function applyZoom(plot: uPlot, range: Range | undefined): void {
  const x = plot.data[0];
  const [min, max] = range ?? [x[0] ?? 0, x[x.length - 1] ?? 1];
  // One value stands in the middle.
  plot.setScale('x', max > min ? { min, max } : { min: min - 0.5, max: min + 0.5 });
}

/** Counts changes of the theme, for whatever draws with resolved colours. */
function useThemeCount(): number {
  const changes = useSignal(0);
  useEffect(() => {
    const onChange = (): void => {
      changes.value += 1;
    };
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', onChange);
    addEventListener('trainyard-theme', onChange);
    return () => {
      dark.removeEventListener('change', onChange);
      removeEventListener('trainyard-theme', onChange);
    };
  }, []);
  return changes.value;
}

function useWidth(parent: RefObject<HTMLDivElement | null>, plot: RefObject<uPlot | undefined>): void {
  useEffect(() => {
    const element = parent.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (plot.current && width > 0 && width !== plot.current.width)
        plot.current.setSize({ width, height: plot.current.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}

/** `+` and `-` zoom, the arrow keys move a zoomed chart, `0` shows everything. */
function onChartKey(event: KeyboardEvent, x: readonly number[], zoom: ZoomSignal): void {
  const [first = 0, last = 1] = [x[0], x.at(-1)];
  const [from, to] = zoom.value ?? [first, last];
  const width = to - from;
  const moved = (by: number): Range => {
    const start = Math.min(Math.max(from + by, first), last - width);
    return [start, start + width];
  };
  const next: Record<string, () => Range | undefined> = {
    '+': () => [from + width / 4, to - width / 4],
    '=': () => [from + width / 4, to - width / 4],
    '-': () =>
      width * 2 >= last - first ? undefined : [Math.max(first, from - width / 2), Math.min(last, to + width / 2)],
    '0': () => undefined,
    ArrowLeft: () => moved(-width / 8),
    ArrowRight: () => moved(width / 8),
  };
  const change = next[event.key];
  if (change === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.startsWith('Arrow') && zoom.value === undefined) return;
  event.preventDefault();
  zoom.value = change();
}

type LegendProps = ChartProps &
  Readonly<{ columns: Columns; hidden: HiddenSeries; cursor: Signal<number | undefined> }>;

function Legend({
  series,
  columns,
  hidden,
  cursor,
  xName,
  marks = [],
  formatX = count,
  formatY = measured,
}: LegendProps) {
  const at = cursor.value;
  const x = columns[0];
  const row = at === undefined ? undefined : nearest(x, at);
  const near = at === undefined ? [] : marksNear(marks, at, x);
  return (
    <div class="chart-legend small">
      {series.map((each, index) => (
        <button
          key={each.id}
          type="button"
          class="chart-key"
          aria-pressed={!hidden.value.includes(each.id)}
          title={`Show or hide ${each.name}`}
          onClick={() => {
            const others = hidden.value.filter((id) => id !== each.id);
            hidden.value = others.length < hidden.value.length ? others : [...others, each.id];
          }}
        >
          <span class={each.isDashed ? 'chart-swatch chart-dashed' : 'chart-swatch'} style={{ color: each.color }} />
          <span class="name">{each.name}</span>
          <span class="chart-value">{valueText(columns[index + 1], row, formatY)}</span>
        </button>
      ))}
      {kindsOf(marks).map(([kind, color]) => (
        <span key={kind} class="chart-kind">
          <span aria-hidden="true" style={{ color }}>
            ▼
          </span>
          <span>{kind}</span>
        </span>
      ))}
      <span class="chart-at muted">
        {row !== undefined && `${xName} ${formatX(x[row] ?? 0)}`}
        {near.map(({ text }) => ` · ${text}`)}
      </span>
    </div>
  );
}

/** Returns each kind of marks once, with its colour. */
const kindsOf = (marks: readonly Mark[]): readonly (readonly [kind: string, color: string | undefined])[] => [
  ...new Map(marks.flatMap(({ kind, color }) => (kind === undefined ? [] : [[kind, color] as const]))),
];

/** Returns the value at a row, or the last one there is. */
function valueText(
  column: readonly (number | null)[] | undefined,
  row: number | undefined,
  format: (value: number) => string,
): string {
  if (column === undefined) return '';
  const value = row === undefined ? column.findLast((each) => each !== null && each !== undefined) : column[row];
  return value === null || value === undefined ? '' : format(value);
}

/** Share of the width within which a mark counts as under the cursor. */
const NEAR = 0.01;

function marksNear(marks: readonly Mark[], at: number, x: readonly number[]): readonly Mark[] {
  const width = (x.at(-1) ?? 1) - (x[0] ?? 0);
  return marks.filter((mark) => Math.abs(mark.x - at) <= width * NEAR);
}

function DataTable({
  title,
  series,
  xName,
  columns,
  formatX = count,
  formatY = measured,
  height = 220,
}: ChartProps & { columns: Columns }) {
  const rows = useMemo(() => columns[0].map((_, index) => index), [columns]);
  const shown: readonly Column<number>[] = [
    { id: 'x', title: xName, align: 'end', cell: (row) => formatX(columns[0][row] ?? 0) },
    ...series.map(
      ({ id, name }, index): Column<number> => ({
        id,
        title: name,
        align: 'end',
        cell: (row) => {
          const value = columns[index + 1]?.[row];
          return value === null || value === undefined ? '' : formatY(value);
        },
      }),
    ),
  ];
  return (
    <section
      class="chart-table"
      style={{ maxHeight: `${height + 32}px` }}
      tabIndex={0}
      aria-label={`${title} as a table`}
    >
      <Table label={title} columns={shown} rows={rows} rowKey={String} />
    </section>
  );
}
