/** uPlot as the console draws it: colours of the theme, marks, and zoom along x. */
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import type { Columns, Series } from './chart-data.js';
import { resolveColor } from './series-colors.js';

/** A vertical line with a text: a change, a resume, the best epoch. */
export type Mark = Readonly<{
  x: number;
  text: string;
  color?: string;
  /** Its kind, in the legend. Default: the legend does not list it. */
  kind?: string;
  /** Stands beside its line. Default: no text there. */
  label?: string | undefined;
}>;

export type Range = readonly [from: number, to: number];

/** A line to draw: a series, or the raw line behind a smoothed one. */
export type Line = Readonly<{ series: Series; isFaint: boolean }>;

export type PlotSettings = Readonly<{
  lines: readonly Line[];
  scale: 'linear' | 'log';
  height: number;
  /** Charts with the same key show the cursor at the same x. */
  syncKey: string | undefined;
  formatX: (value: number) => string;
  /** Whether x counts something: ticks are whole numbers then. */
  isWholeX: boolean;
  /** Returns the texts of ticks that lie `step` apart. */
  formatTicks: (ticks: readonly number[], step: number) => string[];
  marks: () => readonly Mark[];
  onCursor: (index: number | undefined) => void;
  onZoom: (range: Range | undefined) => void;
}>;

const FAINT = 0.28;

/** Steps between ticks at whole numbers. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** Creates a plot in an element. */
export function createPlot(parent: HTMLElement, columns: Columns, settings: PlotSettings): uPlot {
  const color = (name: string): string => resolveColor(name, parent);
  const [text, line] = [color('var(--muted)'), color('var(--line)')];
  const axis: uPlot.Axis = {
    stroke: text,
    font: '11.5px system-ui, sans-serif',
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  const { formatX, formatTicks, isWholeX, height } = settings;
  const options: uPlot.Options = {
    width: Math.max(parent.clientWidth, 120),
    height,
    legend: { show: false },
    padding: [12, 20, 0, 0],
    cursor: cursorOf(settings, color),
    scales: { x: { time: false }, y: scaleOf(settings.scale) },
    axes: [
      { ...axis, size: 28, values: (_, ticks) => ticks.map(formatX), ...(isWholeX && { incrs: WHOLE_STEPS }) },
      { ...axis, size: 56, values: (_, ticks, _axis, _space, step) => formatTicks(ticks, step) },
    ],
    series: [{}, ...settings.lines.map((each) => seriesOf(each, color))],
    hooks: {
      draw: [(plot) => drawMarks(plot, settings.marks(), color)],
      setCursor: [({ cursor }) => settings.onCursor(cursor.idx ?? undefined)],
      setSelect: [(plot) => zoomToSelection(plot, settings.onZoom)],
    },
  };
  return new uPlot(options, columns as unknown as uPlot.AlignedData, parent);
}

/** A logarithmic scale has no place for 0 and less: uPlot clips those. */
const scaleOf = (scale: 'linear' | 'log'): uPlot.Scale =>
  scale === 'log' ? { distr: 3, log: 10 } : { range: { min: { pad: 0.06 }, max: { pad: 0.06 } } as uPlot.Range.Config };

function cursorOf({ syncKey, onZoom }: PlotSettings, color: (name: string) => string): uPlot.Cursor {
  return {
    drag: { x: true, y: false, setScale: false },
    points: { size: 7, width: 2, fill: color('var(--surface)') },
    bind: {
      dblclick: () => () => {
        onZoom(undefined);
        return null;
      },
    },
    ...(syncKey !== undefined && {
      sync: {
        key: syncKey,
        setSeries: false,
        scales: ['x', null],
        // Charts share the zoom through a signal, not through uPlot, because the address stores it.
        filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
      },
    }),
  };
}

function seriesOf({ series, isFaint }: Line, color: (name: string) => string): uPlot.Series {
  return {
    label: series.name,
    stroke: color(series.color),
    width: isFaint ? 1 : 1.75,
    alpha: isFaint ? FAINT : 1,
    spanGaps: true,
    points: {
      show: (plot, index) => !isFaint && (series.hasPoints === true || isLone(plot.data[index] ?? [])),
      size: 5,
      fill: color(series.color),
    },
    ...(series.isDashed === true && { dash: [5, 4] }),
  };
}

/** Returns whether there is one value, which a line cannot show. */
function isLone(values: ArrayLike<number | null | undefined>): boolean {
  let found = 0;
  for (let index = 0; index < values.length && found < 2; index += 1) if (values[index] != null) found += 1;
  return found === 1;
}

/** A drag of fewer pixels is a click. */
const MIN_DRAG_PX = 4;

function zoomToSelection(plot: uPlot, onZoom: (range: Range) => void): void {
  const { left, width } = plot.select;
  if (width < MIN_DRAG_PX) return;
  const range: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(range);
}

function drawMarks(plot: uPlot, marks: readonly Mark[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const mark of marks) {
    if (mark.x < (min ?? 0) || mark.x > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(mark.x, 'x', true));
    const own = color(mark.color ?? 'var(--line-strong)');
    ctx.strokeStyle = own;
    ctx.fillStyle = own;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 4 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size);
    ctx.lineTo(x, bbox.top + size / 2);
    ctx.fill();
    if (mark.label !== undefined) drawLabel(plot, mark.label, x);
  }
  ctx.restore();
}

/** Draws the text of a mark beside its line: to the left if there is no room to the right. */
function drawLabel({ ctx, bbox }: uPlot, label: string, x: number): void {
  const gap = 5 * devicePixelRatio;
  ctx.font = `${11.5 * devicePixelRatio}px system-ui, sans-serif`;
  const fits = x + gap + ctx.measureText(label).width <= bbox.left + bbox.width;
  ctx.textAlign = fits ? 'left' : 'right';
  ctx.textBaseline = 'top';
  ctx.fillText(label, fits ? x + gap : x - gap, bbox.top + gap / 2);
}
