/** A running job as a line: progress, time left, and the course of its loss. */

import { type Signal, signal } from '@preact/signals';
import type { Frame, Job } from 'trainyard';
import { estimateText } from '../../../wording/time-text.js';
import { count, measured, percent, rate } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Progress } from '../../components/progress.js';
import { Sparkline } from '../../components/sparkline.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

type StepFrame = Extract<Frame, { type: 'step' }>;

/** Points of the sparkline: the fewest that the service thins to. */
const POINTS = 100;
/** The estimate changes slowly. */
const ESTIMATE_MS = 20_000;

/** Newest `step` frame of each job, as a signal: only its line is drawn again. */
export type LiveCurves = Map<string, Signal<StepFrame | undefined>>;

const latestOf = (curves: LiveCurves, id: string): Signal<StepFrame | undefined> => {
  const known = curves.get(id) ?? signal<StepFrame | undefined>(undefined);
  curves.set(id, known);
  return known;
};

export function noteFrame(curves: LiveCurves, frame: StepFrame): void {
  latestOf(curves, frame.jobId).value = frame;
}

async function loadRun(id: string, signal: AbortSignal) {
  const [job, metrics] = await Promise.all([
    client.jobs.get(id, { signal }),
    client.jobs.thinnedMetrics(id, { types: 'step', points: POINTS, signal }),
  ]);
  return { job, losses: metrics.frames.flatMap((frame) => (frame.type === 'step' ? [frame.loss ?? null] : [])) };
}

export function RunningJob({ job, curves }: { job: Job; curves: LiveCurves }) {
  const run = useResource((abort) => loadRun(job.id, abort), [job.id], { key: `run/${job.id}`, everyMs: ESTIMATE_MS });
  const live = latestOf(curves, job.id).value;
  const { estimate } = run.data.value?.job ?? job;
  const losses = [...(run.data.value?.losses ?? []), ...(live ? [live.loss ?? null] : [])];
  const progress = live ?? job.progress;
  const { epochs } = job.spec;
  const share = progress && (progress.epoch - 1 + progress.step / progress.steps) / epochs;
  const ending = estimate && estimateText(estimate);
  const loss = losses.at(-1);
  return (
    <li class="running-job">
      <div class="running-job-name">
        <Link to={to('job', { id: job.id })} class="name">
          {job.spec.name}
        </Link>
        <span class="muted small name">{`${job.spec.network} on ${job.spec.dataset.name}`}</span>
      </div>
      <div class="running-job-progress">
        <Progress share={share} label={`Progress of ${job.spec.name}`} />
        <span class="muted small">
          {progress
            ? `epoch ${count(Math.min(progress.epoch, epochs))} of ${count(epochs)} · ${percent(share)}`
            : 'starting'}
          {ending && ` · ${ending}`}
          {progress?.imagesPerSecond && ` · ${rate(progress.imagesPerSecond, 'images')}`}
        </span>
      </div>
      <div class="running-job-curve">
        <Sparkline values={losses} label={`Loss, now ${measured(loss)}`} width={120} height={28} />
        <span class="small">
          <span class="muted">loss</span> {measured(loss)}
        </span>
      </div>
      <span class="muted small running-job-time">
        started <Time at={job.startedAt ?? job.createdAt} />
      </span>
    </li>
  );
}
