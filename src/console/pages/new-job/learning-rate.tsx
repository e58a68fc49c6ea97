/** Curve of the learning rate over the run, as the service computes it for the plan. */
import { useMemo } from 'preact/hooks';
import type { JobPlan } from 'trainyard';
import { Card } from '../../components/card.js';
import { Chart, type Series } from '../../components/chart.js';
import { count, setting } from '../../components/format.js';
import { seriesColor } from '../../components/series-colors.js';
import { queryOneOf } from '../../router/router.js';

const view = queryOneOf('rate', ['chart', 'table']);

export function LearningRate({ plan, isWrong }: { plan: JobPlan | undefined; isWrong: boolean }) {
  const points = plan?.learningRate;
  const series = useMemo((): readonly Series[] => {
    if (points === undefined) return [];
    const [x, y] = [points.map(({ step }) => step), points.map(({ value }) => value)];
    return [{ id: 'learningRate', name: 'Learning rate', x, y, color: seriesColor(0) }];
  }, [points]);
  return (
    <Card>
      <Chart
        title="Learning rate"
        series={series}
        xName="Step"
        formatX={count}
        formatY={(value) => setting(Number(value.toPrecision(4)))}
        height={150}
        view={view}
        emptyText={isWrong ? 'The curve appears once the schedule is valid.' : 'The curve appears with the plan.'}
      />
    </Card>
  );
}
