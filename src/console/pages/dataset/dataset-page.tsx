/** A data set: what it holds, its images, duplicates, left-out files, and the models trained on it. */
import './dataset.css';
import type { DatasetDetails, ModelListItem } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { Stat, Stats } from '../../components/facts.js';
import { importText } from '../../components/fit-text.js';
import { count, percent } from '../../components/format.js';
import { ImportWarnings } from '../../components/import-warnings.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { Tabs } from '../../components/tabs.js';
import { Time } from '../../components/time.js';
import { toastError } from '../../components/toast.js';
import { forget, type Resource, useResource } from '../../data/resource.js';
import { client, isGone } from '../../data/service.js';
import { navigate, queryOneOf } from '../../router/router.js';
import { type ParamsOf, to } from '../../router/routes.js';
import { ClassTable } from './class-table.js';
import { Duplicates } from './duplicate-groups.js';
import { Gallery } from './gallery.js';
import { LeftOut } from './left-out-files.js';
import { Report } from './report.js';

const tab = queryOneOf('tab', ['images', 'report', 'classes', 'duplicates', 'left-out', 'models']);
/** Someone may delete it. */
const REFRESH_MS = 15_000;

export function DatasetPage({ name }: ParamsOf<'dataset'>) {
  const found = useResource((signal) => client.datasets.get(name, { signal }), [name], {
    key: `datasets/${name}`,
    everyMs: REFRESH_MS,
  });
  const models = useResource((signal) => client.models.list({ signal }).all(), [], { key: 'models' });
  const isImported = found.data.value?.imported !== undefined;
  return (
    <>
      <PageHeader
        title={name}
        parents={[['Data sets', to('datasets')]]}
        actions={
          !isGone(found.error.value) && (
            <>
              <ButtonLink kind="primary" icon="play" to={to('newJob', { dataset: name })}>
                Train on it
              </ButtonLink>
              {isImported && (
                <Button kind="danger" icon="trash" onClick={() => void remove(name).catch(toastError)}>
                  Delete
                </Button>
              )}
            </>
          )
        }
      />
      <Loaded resource={found}>{(dataset) => <Content key={name} dataset={dataset} models={models} />}</Loaded>
    </>
  );
}

async function remove(name: string): Promise<void> {
  const isDeleted = await confirmDelete({
    title: `Delete the data set ${name}?`,
    text: 'Its images are removed from the disk. Models that were trained on it stay.',
    remove: () => client.datasets.delete(name),
    done: `Deleted ${name}`,
  });
  if (!isDeleted) return;
  forget('datasets');
  navigate(to('datasets'));
}

function Content({ dataset, models }: { dataset: DatasetDetails; models: Resource<ModelListItem[]> }) {
  const { imported, duplicates } = dataset;
  const trained = models.data.value && trainedOn(models.data.value, dataset.name);
  const tabs = [
    { id: 'images', title: 'Images', content: () => <Gallery dataset={dataset} /> },
    { id: 'report', title: 'Report', content: () => <Report dataset={dataset} /> },
    {
      id: 'classes',
      title: `Classes (${count(dataset.classes.length)})`,
      content: () => <ClassTable dataset={dataset} />,
    },
    {
      ...{ id: 'duplicates', title: `Duplicates${duplicates ? ` (${count(duplicates.groups)})` : ''}` },
      content: () => <Duplicates dataset={dataset} />,
    },
    {
      ...{ id: 'left-out', title: `Left out (${count(imported?.leftOut?.files ?? 0)})` },
      content: () => <LeftOut dataset={dataset} />,
    },
    {
      id: 'models',
      title: `Models${trained ? ` (${count(trained.length)})` : ''}`,
      content: () => <Models models={models} dataset={dataset.name} />,
    },
  ] as const;
  return (
    <>
      {tab.value !== 'report' && <ImportWarnings name={dataset.name} sentences={imported?.warnings} />}

      <div class="dataset-summary">
        <Summary dataset={dataset} />
      </div>
      <Tabs label="Parts of the data set" tabs={tabs} value={tab} />
    </>
  );
}

function Summary({ dataset }: { dataset: DatasetDetails }) {
  const { height, width, channels, trainSamples, validationSamples, testSamples, classes, imported, mean, std } =
    dataset;
  return (
    <Card>
      <div class="stack">
        <Stats>
          <Stat label="Training images" value={count(trainSamples)} />
          {validationSamples !== undefined && <Stat label="Validation images" value={count(validationSamples)} />}
          <Stat
            label="Test images"
            value={count(testSamples)}
            note={imported?.testShare !== undefined && `${percent(imported.testShare, 0)} of each class`}
          />
          <Stat label="Classes" value={count(classes.length)} />
          <Stat label="Size" value={`${width} × ${height}`} note={channels === 1 ? 'grey' : 'colour'} />
        </Stats>
        <p class="muted small">
          {imported ? (
            <>
              Imported <Time at={imported.at} />: {importText(imported)}
            </>
          ) : (
            'Built in'
          )}
        </p>
        <details class="small">
          <summary>Pixel statistics</summary>
          <p class="muted">
            {`Mean ${mean.map(digits).join(', ')} and standard deviation ${std.map(digits).join(', ')} of the training images, ${channels === 1 ? 'of the grey channel' : 'of red, green and blue'}, between 0 (black) and 1 (white). Networks normalize images with them.`}
          </p>
        </details>
      </div>
    </Card>
  );
}

const digits = (value: number): string => value.toFixed(3);

const trainedOn = (models: readonly ModelListItem[], dataset: string): readonly ModelListItem[] =>
  models.filter(({ latest }) => latest.spec.dataset.name === dataset);

function Models({ models, dataset }: { models: Resource<ModelListItem[]>; dataset: string }) {
  return (
    <Loaded resource={models}>{(all) => <ModelLines models={trainedOn(all, dataset)} dataset={dataset} />}</Loaded>
  );
}

function ModelLines({ models, dataset }: { models: readonly ModelListItem[]; dataset: string }) {
  if (models.length === 0)
    return (
      <EmptyState
        title="No model was trained on it yet"
        icon="models"
        actions={<ButtonLink to={to('newJob', { dataset })}>Train one</ButtonLink>}
      />
    );
  return (
    <Card flush>
      <ul class="dataset-models">
        {models.map(({ name, latest }) => (
          <li key={name} class="row-between">
            <Link
              to={to('version', { name, version: latest.version })}
              class="name"
            >{`${name}@${latest.version}`}</Link>
            <span class="muted small">
              {latest.spec.network}, <Time at={latest.createdAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
