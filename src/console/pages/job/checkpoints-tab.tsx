/** Checkpoints of a job, and new jobs that start from them. */
import type { Job } from 'trainyard';
import { ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { CopyText } from '../../components/code.js';
import { count, measured, percent } from '../../components/format.js';
import { EmptyState } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { to } from '../../router/routes.js';
import { hasEnded } from './job-actions.js';
import type { EventFrame, JobFeed } from './job-feed.js';
import { stepOfRun } from './job-progress.js';

type EpochFrame = Extract<EventFrame, { type: 'epoch' }>;

type Checkpoint = Readonly<{ id: 'best' | 'last'; title: string; place: string; scores: EpochFrame | undefined }>;

export function CheckpointsTab({ job, feed }: { job: Job; feed: JobFeed }) {
  const checkpoints = checkpointsOf(job, feed);
  if (checkpoints.length === 0)
    return (
      <EmptyState title="No checkpoint yet" icon="clock">
        The job writes a checkpoint after each epoch, and every minute in between.
      </EmptyState>
    );
  return (
    <div class="stack">
      <Card title="Continue from here" flush>
        <Table label="Checkpoints" columns={columnsOf(job)} rows={checkpoints} rowKey={({ id }) => id} />
      </Card>
      <p class="muted small">
        A new job that continues has the optimizer and the position of the checkpoint. A new job that fine-tunes takes
        only the weights, and may change everything else.
        {hasEnded(job) && ' The service removes the checkpoints of ended jobs after some days; models stay.'}
      </p>
    </div>
  );
}

function checkpointsOf(job: Job, feed: JobFeed): readonly Checkpoint[] {
  feed.version.value;
  const best = feed.run.value?.best();
  const last = feed.events.value.findLast((event): event is EpochFrame => event.type === 'epoch');
  const at = feed.latest.value ?? job.progress;
  return [
    ...(best ? [{ id: 'best', title: 'Best', place: `end of epoch ${best.epoch}`, scores: best } as const] : []),
    ...(at
      ? [
          {
            id: 'last',
            title: 'Last',
            place: hasEnded(job) && last ? `end of epoch ${last.epoch}` : `at or before step ${count(stepOfRun(at))}`,
            scores: last,
          } as const,
        ]
      : []),
  ];
}

const columnsOf = (job: Job): readonly Column<Checkpoint>[] => [
  { id: 'title', title: 'Checkpoint', cell: ({ title, place }) => `${title}: ${place}` },
  {
    id: 'validation',
    title: 'Validation',
    align: 'end',
    cell: ({ scores }) => percent(scores?.validationAccuracy),
  },
  { id: 'macroF1', title: 'Macro-F1', align: 'end', cell: ({ scores }) => percent(scores?.validationMacroF1) },
  { id: 'test', title: 'Test', align: 'end', cell: ({ scores }) => percent(scores?.testAccuracy) },
  { id: 'loss', title: 'Test loss', align: 'end', cell: ({ scores }) => measured(scores?.testLoss) },
  {
    id: 'reference',
    title: 'Reference',
    cell: ({ id }) => (
      <CopyText text={`job:${job.id}@${id}`} shown={`job:…@${id}`} label={`the reference of the ${id} checkpoint`} />
    ),
  },
  {
    id: 'actions',
    title: 'Actions',
    isTitleHidden: true,
    align: 'end',
    cell: ({ id }) => (
      <ButtonLink small icon="play" to={to('newJob', { from: `job:${job.id}@${id}` })}>
        {`New job from the ${id}`}
      </ButtonLink>
    ),
  },
];
