/** Learning rate over the whole run, as it is and with changed values. */
import { useMemo } from 'preact/hooks';
import type { Job, JobSubmission } from 'trainyard';
import { Chart, type Series } from '../../components/chart.js';
import { count, setting } from '../../components/format.js';
import { seriesColor } from '../../components/series-colors.js';
import { type Resource, useResource } from '../../data/resource.js';
import { client, loadFaultOf } from '../../data/service.js';
import type { Values } from './change-form.js';
import { type JsonObject, plannedLike } from './job-request.js';

type Point = Readonly<{ step: number; value: number }>;

/** Shows the learning rate of the whole run, with the values in force and with the new ones. */
export function ChangedLearningRate({ job, before, after }: Readonly<{ job: Job; before: Values; after: Values }>) {
  const [planned, changed] = [usePlan(job, before), usePlan(job, after)];
  const [now, next] = [planned.data.value?.learningRate, changed.data.value?.learningRate];
  const error = changed.error.value ?? planned.error.value;
  const done = job.progress === undefined ? 0 : (job.progress.epoch - 1) * job.progress.steps + job.progress.step;
  const series = useMemo((): readonly Series[] => {
    const line = (points: readonly Point[], id: string, name: string, color: number, isDashed: boolean): Series => ({
      ...{ id, name, isDashed, color: seriesColor(color) },
      x: points.map(({ step }) => step),
      y: points.map(({ value }) => value),
    });
    const isSame = JSON.stringify(now) === JSON.stringify(next);
    return [
      ...(now ? [line(now, 'now', isSame ? 'learning rate' : 'as it is', 0, !isSame)] : []),
      ...(next && !isSame
        ? [
            line(
              next.filter(({ step }) => step >= done),
              'next',
              'changed',
              1,
              false,
            ),
          ]
        : []),
    ];
  }, [now, next, done]);
  const marks = useMemo(() => (done > 0 ? [{ x: done, text: 'now', color: 'var(--info)' }] : []), [done]);
  return (
    <Chart
      title="Learning rate"
      series={series}
      xName="step"
      formatX={count}
      formatY={(value) => setting(Number(value.toPrecision(3)))}
      marks={marks}
      height={180}
      emptyText={error === undefined ? 'Computing the learning rate…' : `No curve: ${loadFaultOf(error)}`}
    />
  );
}

/** Pause before a plan, while someone types. */
const TYPING_MS = 250;

type Curve = Readonly<{ learningRate: readonly Point[] }>;

/** Plans the job with these values. */
function usePlan(job: Job, { learningRate, epochs }: Values): Resource<Curve> {
  const changes: JsonObject = {
    ...(learningRate !== undefined && { learningRate }),
    ...(epochs !== undefined && { epochs }),
  };
  return useResource(
    async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, TYPING_MS));
      signal.throwIfAborted();
      return await client.jobs.plan(plannedLike(job, changes) as JobSubmission, { signal });
    },
    [learningRate, epochs],
    { key: `learning-rate/${job.id}/${learningRate}/${epochs}` },
  );
}
