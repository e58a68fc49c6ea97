/** Scatter of two numbers of jobs, each a point in the colour of its job. */
import './scatter.css';
import type { Job } from 'trainyard';
import { Card } from '../../components/card.js';
import { ChartActions } from '../../components/chart-actions.js';
import { toCsv } from '../../components/chart-data.js';
import { SelectField } from '../../components/field.js';
import { NONE } from '../../components/format.js';
import { type Column, Table } from '../../components/table.js';
import { type QuerySignal, queryOneOf } from '../../router/router.js';
import { type JobNumber, jobNumbers } from './job-numbers.js';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [640, 300, 76, 40, 16, 24];

const view = queryOneOf('scatter', ['chart', 'table']);

type Point = Readonly<{ id: string; name: string; color: string; x: number; y: number }>;
type Labelled = Readonly<{ job: Job; name: string; color: string }>;

export function Scatter({
  jobs,
  across,
  up,
}: {
  jobs: readonly Labelled[];
  across: QuerySignal<string>;
  up: QuerySignal<string>;
}) {
  const numbers = jobNumbers(jobs.map(({ job }) => job));
  const y = numbers.find(({ id }) => id === up.value);
  const x = numbers.find(({ id }) => id === across.value) ?? likelyCause(jobs, numbers);
  if (numbers.length === 0) return null;
  const points = x && y ? pointsOf(jobs, x, y) : [];
  const choices = [{ value: '', title: 'Choose a number' }, ...numbers.map(({ id, title }) => ({ value: id, title }))];
  const csv = (): string => toCsv([x?.title ?? 'x', y?.title ?? 'y'], [points.map((p) => p.x), points.map((p) => p.y)]);
  return (
    <Card title="Two numbers against each other" actions={<ChartActions view={view} csv={csv} />}>
      <div class="stack">
        <div class="scatter-choices">
          <SelectField label="Across" value={x?.id ?? ''} choices={choices} onInput={(id) => (across.value = id)} />
          <SelectField label="Up" value={y?.id ?? ''} choices={choices} onInput={(id) => (up.value = id)} />
        </div>
        {x === undefined || y === undefined || points.length === 0 ? (
          <p class="muted">No job has both numbers yet.</p>
        ) : view.value === 'table' ? (
          <Table label="Two numbers of each job" rows={points} columns={columnsOf(x, y)} rowKey={({ id }) => id} />
        ) : (
          <Plot points={points} x={x} y={y} />
        )}
      </div>
    </Card>
  );
}

/** Returns the first number of the specs that differs, such as the learning rate, or else the duration. */
function likelyCause(jobs: readonly Labelled[], numbers: readonly JobNumber[]): JobNumber | undefined {
  const ofSpec = numbers.filter(({ isOfSpec }) => isOfSpec);
  const differing = ofSpec.filter(({ of }) => new Set(jobs.map(({ job }) => of(job))).size > 1);
  return (
    differing.find(({ id }) => id === 'optimizer.learningRate') ??
    differing[0] ??
    numbers.find(({ id }) => id === 'seconds')
  );
}

function pointsOf(jobs: readonly Labelled[], x: JobNumber, y: JobNumber): readonly Point[] {
  return jobs.flatMap(({ job, name, color }) => {
    const [atX, atY] = [x.of(job), y.of(job)];
    return Number.isFinite(atX) && Number.isFinite(atY) ? [{ id: job.id, name, color, x: atX ?? 0, y: atY ?? 0 }] : [];
  });
}

const columnsOf = (x: JobNumber, y: JobNumber): readonly Column<Point>[] => [
  { id: 'name', title: 'Job', cell: ({ name }) => name },
  { id: 'x', title: x.title, align: 'end', cell: (point) => x.format(point.x) },
  { id: 'y', title: y.title, align: 'end', cell: (point) => y.format(point.y) },
];

function Plot({ points, x, y }: { points: readonly Point[]; x: JobNumber; y: JobNumber }) {
  const [acrossScale, upScale] = [scaleOf(points.map((p) => p.x)), scaleOf(points.map((p) => p.y))];
  const placeX = (value: number): number => LEFT + acrossScale.share(value) * (WIDTH - LEFT - RIGHT);
  const placeY = (value: number): number => HEIGHT - BOTTOM - upScale.share(value) * (HEIGHT - BOTTOM - TOP);
  return (
    <svg
      class="scatter"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${y.title} against ${x.title}: ${points.map((p) => `${p.name} ${x.format(p.x)}, ${y.format(p.y)}`).join('; ')}`}
    >
      {upScale.ticks.map((value) => (
        <g key={`y${value}`}>
          <line class="scatter-grid" x1={LEFT} x2={WIDTH - RIGHT} y1={placeY(value)} y2={placeY(value)} />
          <text class="scatter-text" x={LEFT - 8} y={placeY(value) + 4} text-anchor="end">
            {y.format(value)}
          </text>
        </g>
      ))}
      {acrossScale.ticks.map((value) => (
        <text key={`x${value}`} class="scatter-text" x={placeX(value)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
          {x.format(value)}
        </text>
      ))}
      <text class="scatter-text" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 4} text-anchor="middle">
        {x.title}
      </text>
      {points.map((point) => (
        <circle
          key={point.id}
          class="scatter-point"
          cx={placeX(point.x)}
          cy={placeY(point.y)}
          r={6}
          style={{ fill: point.color }}
        >
          <title>{`${point.name ?? NONE}: ${x.format(point.x)}, ${y.format(point.y)}`}</title>
        </circle>
      ))}
    </svg>
  );
}

/** Returns round ticks around the values, and the share of the axis at which a value lies. */
function scaleOf(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = high - low || Math.abs(high) || 1;
  const step = roundStep(width / 4);
  const from = Math.floor(low / step) * step;
  const to = Math.max(from + step, Math.ceil(high / step) * step);
  const count = Math.round((to - from) / step);
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((from + index * step).toPrecision(12))),
    share: (value: number): number => (value - from) / (to - from),
  };
}

/** Returns 1, 2 or 5 times a power of ten, at least `value`. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10);
}
