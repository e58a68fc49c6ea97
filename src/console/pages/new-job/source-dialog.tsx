/** Dialog that begins a request: with a data set, with the settings of a job or model, or with its weights. */
import './source-dialog.css';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { DatasetInfo, Job, ModelListItem } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { TextField } from '../../components/field.js';
import { count, percent, plural, shortId } from '../../components/format.js';
import { ImageThumb } from '../../components/image-thumb.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { StatusPill } from '../../components/status.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

/** Data sets, models and jobs that are listed. Jobs: the newest. */
const LISTED = 50;

async function load(signal: AbortSignal) {
  const [jobs, models, datasets] = await Promise.all([
    client.jobs.list({ limit: LISTED, signal }).page(),
    client.models.list({ limit: LISTED, signal }).page(),
    client.datasets.list({ limit: LISTED, signal }).page(),
  ]);
  return { jobs: jobs.jobs, models: models.models, datasets: datasets.datasets };
}

type Props = Readonly<{ onDataset: (name: string) => void; onClose: () => void }>;

export function SourceDialog({ onDataset, onClose }: Props) {
  const words = useSignal('');
  const found = useResource(load, []);
  return (
    <Dialog title="Choose a source" onClose={onClose} wide>
      <div class="stack">
        <p class="muted">
          <b>Settings</b> fills in the form as the job was submitted. <b>Weights</b> starts from what the job or model
          has learned. A <b>data set</b> keeps the rest of the form.
        </p>
        <TextField label="Name or id" type="search" value={words.value} onInput={(value) => (words.value = value)} />
        <Loaded resource={found}>
          {(sources) => <Sources {...{ ...fitting(sources, words.value), onDataset, onClose }} />}
        </Loaded>
      </div>
    </Dialog>
  );
}

type SourceLists = Awaited<ReturnType<typeof load>>;

/** Returns the sources whose name or id contains the words. */
function fitting({ datasets, models, jobs }: SourceLists, words: string) {
  const wanted = words.trim().toLowerCase();
  const fits = (text: string): boolean => text.toLowerCase().includes(wanted);
  return {
    known: new Map(datasets.map((info) => [info.name, info])),
    datasets: datasets.filter(({ name }) => fits(name)),
    models: models.filter(({ name }) => fits(name)),
    jobs: jobs.filter(({ id, spec }) => fits(`${spec.name} ${id}`)),
  };
}

function Sources({ known, datasets, models, jobs, onDataset, onClose }: ReturnType<typeof fitting> & Props) {
  if (datasets.length + models.length + jobs.length === 0)
    return <EmptyState title="No data set, model or job has this name" />;
  return (
    <>
      <SourceList title="Data sets" isEmpty={datasets.length === 0}>
        {datasets.map((info) => (
          <DatasetRow key={info.name} info={info} onDataset={onDataset} />
        ))}
      </SourceList>
      <SourceList title="Models" isEmpty={models.length === 0}>
        {models.map((model) => (
          <ModelRow key={model.name} model={model} info={known.get(model.latest.spec.dataset.name)} onClose={onClose} />
        ))}
      </SourceList>
      <SourceList title="Jobs" isEmpty={jobs.length === 0}>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} info={known.get(job.spec.dataset.name)} onClose={onClose} />
        ))}
      </SourceList>
    </>
  );
}

function SourceList({ title, isEmpty, children }: { title: string; isEmpty: boolean; children: ComponentChildren }) {
  if (isEmpty) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="sources" aria-label={title}>
        {children}
      </ul>
    </section>
  );
}

function DatasetRow({ info, onDataset }: { info: DatasetInfo; onDataset: (name: string) => void }) {
  const { name, height, width, channels, classes, classCount, trainSamples, imported } = info;
  return (
    <SourceRow
      title={name}
      info={info}
      details={[
        plural(classCount ?? classes.length, 'class', 'classes'),
        `${count(trainSamples)} training images`,
        `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}`,
        imported === undefined ? 'built in' : <Time at={imported.at} />,
      ]}
    >
      <Button small onClick={() => onDataset(name)} label={`Use ${name}`}>
        Use
      </Button>
    </SourceRow>
  );
}

type RowProps = Readonly<{ info: DatasetInfo | undefined; onClose: () => void }>;

function ModelRow({ model: { name, latest, classCount }, info, onClose }: RowProps & { model: ModelListItem }) {
  const { spec, scores, classes, createdAt } = latest;
  const source = `model:${name}@${latest.version}`;
  return (
    <SourceRow
      title={`${name}@${latest.version}`}
      info={info}
      details={[
        spec.dataset.name === 'unknown' ? 'imported weights' : `${spec.network} on ${spec.dataset.name}`,
        plural(classCount ?? classes.length, 'class', 'classes'),
        scores && `${percent(scores.testAccuracy)} test accuracy`,
        <Time at={createdAt} />,
      ]}
    >
      <SourceLinks source={source} onClose={onClose} />
    </SourceRow>
  );
}

function JobRow({ job, info, onClose }: RowProps & { job: Job }) {
  const { id, spec, status, scores, bestScores, progress, createdAt } = job;
  return (
    <SourceRow
      title={spec.name}
      aside={<StatusPill status={status} />}
      info={info}
      details={[
        `job ${shortId(id)}`,
        `${spec.network} on ${spec.dataset.name}`,
        bestScores?.validationAccuracy !== undefined
          ? `${percent(bestScores.validationAccuracy)} validation accuracy in its best epoch`
          : scores && `${percent(scores.testAccuracy)} test accuracy`,
        <Time at={createdAt} />,
      ]}
    >
      <SourceLinks source={`job:${id}`} hasWeights={progress !== undefined} onClose={onClose} />
    </SourceRow>
  );
}

type SourceRowProps = Readonly<{
  title: string;
  aside?: ComponentChildren;
  /** The data set, whose images stand before the row. Undefined if it was deleted. */
  info: DatasetInfo | undefined;
  /** Undefined parts are left out. */
  details: readonly ComponentChildren[];
  /** What to do with the source. */
  children: ComponentChildren;
}>;

function SourceRow({ title, aside, info, details, children }: SourceRowProps) {
  const shown = details.filter((part) => part !== undefined);
  return (
    <li class="source">
      <SourceImages info={info} />
      <span class="source-text">
        <span class="row">
          <b class="name">{title}</b> {aside}
        </span>
        <span class="muted small wrap-anywhere">
          {shown.map((part, index) => (
            <span key={index}>
              {index > 0 && ' · '}
              {part}
            </span>
          ))}
        </span>
      </span>
      <span class="row source-actions">{children}</span>
    </li>
  );
}

/** Pictures of a row: an imported data set lists one class after the other, so they are of several classes. */
const PICTURES = [0, 0.5];

function SourceImages({ info }: { info: DatasetInfo | undefined }) {
  return (
    <span class="source-images" aria-hidden="true">
      {info !== undefined &&
        PICTURES.map((share) => (
          <ImageThumb
            key={share}
            path={`datasets/${info.name}/images/train/${Math.floor(share * info.trainSamples)}`}
            alt=""
            size={36}
          />
        ))}
    </span>
  );
}

function SourceLinks({
  source,
  hasWeights = true,
  onClose,
}: {
  source: string;
  hasWeights?: boolean;
  onClose: () => void;
}) {
  return (
    <span class="row" onClick={onClose}>
      <ButtonLink small to={to('newJob', { copy: source })}>
        Settings
      </ButtonLink>
      {hasWeights && (
        <ButtonLink small to={to('newJob', { from: source })}>
          Weights
        </ButtonLink>
      )}
    </span>
  );
}
