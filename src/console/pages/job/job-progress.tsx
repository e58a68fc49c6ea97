/** Progress of a job: how far it is, when it ends, and its scores. */
import type { ComponentChildren } from 'preact';
import type { Job } from 'trainyard';
import { estimateText, relativeTime } from '../../../wording/time-text.js';
import { ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Stat, Stats } from '../../components/facts.js';
import { bytes, count, duration, fullTime, measured, percent, plural, rate } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Progress } from '../../components/progress.js';
import { to } from '../../router/routes.js';
import { keptWeights } from './cancel-dialog.js';
import { hasEnded, isStopping } from './job-actions.js';
import type { JobFeed, StepFrame } from './job-feed.js';

type Props = Readonly<{ job: Job; feed: JobFeed }>;

export function JobProgress({ job, feed }: Props) {
  const latest = feed.latest.value;
  const share = shareOf(job, latest);
  return (
    <Card>
      <div class="job-progress">
        <div class="job-progress-line">
          <div class="row-between">
            <strong class="wrap-anywhere">{headline(job, latest)}</strong>
            <span class="muted" title={job.estimate?.explanation}>
              {endingOf(job)}
            </span>
          </div>
          {!hasEnded(job) && <Progress share={share} label="Progress of the job" tone={toneOf(job)} />}
        </div>
        {(latest !== undefined || job.scores !== undefined) && (
          <Stats>
            <Scores job={job} feed={feed} />
          </Stats>
        )}
        {waitingChanges(job) > 0 && (
          <p class="muted">{`${plural(waitingChanges(job), 'change')} will take effect at the next step.`}</p>
        )}
        {job.model && hasEnded(job) && <NextSteps model={job.model} />}
        {job.reason && <p class="muted wrap-anywhere">{job.reason.message}</p>}
      </div>
    </Card>
  );
}

/** Links to what people do with a finished model. */
function NextSteps({ model: { name, version } }: { model: NonNullable<Job['model']> }) {
  return (
    <div class="row">
      <ButtonLink kind="primary" icon="try" to={to('try', { model: `${name}@${version}` })}>
        Try it
      </ButtonLink>
      <ButtonLink icon="chart" to={to('version', { name, version }, { tab: 'evaluation' })}>
        See the evaluation
      </ButtonLink>
    </div>
  );
}

/** Returns the number of requested changes that have not taken effect yet. */
const waitingChanges = (job: Job): number =>
  hasEnded(job)
    ? 0
    : job.changes.filter(({ due, step, from }) => due === undefined && step === undefined && from === undefined).length;

/** Returns the number of epochs that is in force: that of the latest change, or of the settings. */
const epochsOf = ({ spec, changes }: Pick<Job, 'spec' | 'changes'>): number =>
  changes.findLast(({ step, to }) => step !== undefined && to.epochs !== undefined)?.to.epochs ?? spec.epochs;

/** Returns the share of the run that is done; undefined before the first step of a running job. */
function shareOf({ status, spec, progress, changes }: Job, latest: StepFrame | undefined): number | undefined {
  const at = latest ?? progress;
  if (at === undefined) return status === 'running' ? undefined : 0;
  return Math.min(1, (at.epoch - 1 + at.step / at.steps) / epochsOf({ spec, changes }));
}

const toneOf = ({ status }: Job): 'accent' | 'muted' | 'warn' =>
  status === 'paused' ? 'warn' : status === 'queued' ? 'muted' : 'accent';

/** Returns the number of steps since the start of the run, as the charts count them. */
export const stepOfRun = ({ epoch, step, steps }: Pick<StepFrame, 'epoch' | 'step' | 'steps'>): number =>
  (epoch - 1) * steps + step;

/** Returns how far the job is, in words. */
function headline(job: Job, latest: StepFrame | undefined): string {
  const { status, position, cancelMode, model } = job;
  const epochs = epochsOf(job);
  const at = latest ?? job.progress;
  const place =
    at &&
    `epoch ${count(Math.min(at.epoch, epochs))} of ${count(epochs)}, step ${count(stepOfRun(at))} of ${count(epochs * at.steps)}`;
  if (isStopping(job)) {
    if (job.cancelRequestedAt === undefined) return `Pausing: ${place ?? 'before the first step'}`;
    return cancelMode === 'keep' ? `Ending, to keep the ${keptWeights(job)} weights` : 'Ending';
  }
  if (status === 'queued') return position === undefined ? 'In the queue' : `In the queue, position ${position}`;
  if (status === 'running') return place === undefined ? 'Loading the data' : capital(place);
  if (status === 'paused') return place === undefined ? 'Paused before the first step' : `Paused at ${place}`;
  const saved = model && `Saved “${model.name}”, version ${model.version}`;
  if (saved) return status === 'cancelled' ? `Cancelled. ${saved}` : saved;
  return place === undefined ? capital(status) : `${capital(status)} in ${place}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Returns when the job ends or ended. */
function endingOf({ status, estimate, startedAt, endedAt, attempt }: Job): string {
  if (endedAt !== undefined) {
    const took = startedAt && duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000);
    return `ended ${relativeTime(endedAt)}${took ? `, ${attempt > 1 ? 'last attempt' : 'took'} ${took}` : ''}`;
  }
  if (status === 'queued' && estimate?.startAt !== undefined)
    return `expected to start ${relativeTime(estimate.startAt)}`;
  return (estimate && estimateText(estimate)) ?? '';
}

function Scores({ job, feed }: Props): ComponentChildren {
  const { scores, model } = job;
  const run = feed.run.value;
  const latest = feed.latest.value;
  const best = run?.best();
  const isRunning = job.status === 'running';
  return (
    <>
      {best !== undefined && (
        <Stat
          label="Validation accuracy, best epoch"
          value={percent(best.validationAccuracy)}
          note={[`epoch ${best.epoch}`, ...macroText(best), `test ${percent(best.testAccuracy)}`].join(', ')}
        />
      )}
      {scores && (
        <Stat
          label="Test accuracy"
          value={percent(scores.testAccuracy)}
          note={[`epoch ${scores.epoch}`, `loss ${measured(scores.testLoss)}`, ...top5Text(scores)].join(', ')}
        />
      )}
      {latest && <Stat label="Train loss" value={measured(latest.loss)} note={`step ${count(stepOfRun(latest))}`} />}
      {isRunning && latest && <Stat label="Rate" value={rate(latest.imagesPerSecond)} note="images" />}
      {isRunning && <UsageStats feed={feed} />}
      {model && (
        <Stat
          label="Model"
          value={
            <Link to={to('version', { name: model.name, version: model.version })}>{`version ${model.version}`}</Link>
          }
          note={job.endedAt && <span title={fullTime(job.endedAt)}>{relativeTime(job.endedAt)}</span>}
        />
      )}
    </>
  );
}

type EpochScores = NonNullable<Job['scores']>;

const macroText = ({ validationMacroF1: share }: Pick<EpochScores, 'validationMacroF1'>): string[] =>
  share === undefined ? [] : [`macro-F1 ${percent(share)}`];

const top5Text = ({ testTop5Accuracy: share }: Pick<EpochScores, 'testTop5Accuracy'>): string[] =>
  share === undefined ? [] : [`top 5 ${percent(share)}`];

/** Shows the latest CPU and memory of the trainer. */
function UsageStats({ feed }: { feed: JobFeed }) {
  const run = feed.run.value;
  feed.version.value;
  if (run === undefined) return null;
  const last = (values: readonly (number | null)[]): number | undefined =>
    values.findLast((value) => value !== null) ?? undefined;
  const [cpu, memory] = [last(run.values.cpu), last(run.values.memoryBytes)];
  if (cpu === undefined || memory === undefined) return null;
  return <Stat label="Trainer" value={`${cpu.toFixed(1)} cores`} note={`${bytes(memory)} of memory`} />;
}
