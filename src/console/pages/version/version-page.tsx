/** One version of a model: origin, evaluation, try, exports and model card. */
import './version-page.css';
import type { ModelVersion } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { PageHeader } from '../../components/page-header.js';
import { Loaded } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { type Tab, Tabs } from '../../components/tabs.js';
import { TryPanel } from '../../components/try/try-panel.js';
import { forget, useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { navigate, queryOneOf } from '../../router/router.js';
import { type ParamsOf, to } from '../../router/routes.js';
import { CardTab } from './card-tab.js';
import { EvaluationTab } from './evaluation-tab.js';
import { ExportTab } from './export-tab.js';
import { OverviewTab } from './overview-tab.js';

const IDS = ['overview', 'evaluation', 'try', 'export', 'card'] as const;
const tab = queryOneOf('tab', IDS);
/** Someone may move its labels or delete it. */
const REFRESH_MS = 15_000;

export function VersionPage({ name, version: text }: ParamsOf<'version'>) {
  const version = Number(text);
  const model = useResource((signal) => client.models.version(name, version, { signal }), [name, version], {
    key: `model/${name}/${version}`,
    everyMs: REFRESH_MS,
  });
  const found = model.data.value;
  return (
    <>
      <PageHeader
        title={`${name}, version ${text}`}
        parents={[
          ['Models', to('models')],
          [name, to('model', { name })],
        ]}
        aside={found?.labels.map((label) => (
          <Pill key={label} icon="tag">
            {label}
          </Pill>
        ))}
        actions={found && <Actions model={found} />}
      />
      <Loaded resource={model}>{(data) => <Tabs label="Parts of the model" value={tab} tabs={tabsOf(data)} />}</Loaded>
    </>
  );
}

function Actions({ model: { manifest, labels } }: { model: ModelVersion }) {
  const { name, version } = manifest;
  const remove = async (): Promise<void> => {
    const isDeleted = await confirmDelete({
      title: `Delete "${name}" version ${version}?`,
      text: 'Its files are removed from the disk. The number is never used again. This cannot be undone.',
      remove: () => client.models.delete(name, version),
      done: `Deleted "${name}" version ${version}`,
    });
    if (!isDeleted) return;
    forget('model');
    navigate(to('model', { name }), { replace: true });
  };
  return (
    <>
      <ButtonLink to={to('newJob', { from: `${name}@${version}` })} icon="jobs">
        Continue from here
      </ButtonLink>
      <Button
        icon="trash"
        label={labels.length > 0 ? `It has the label ${labels.join(', ')}: remove it first` : 'Delete this version'}
        disabled={labels.length > 0}
        onClick={() => void remove()}
      />
    </>
  );
}

const tabsOf = (model: ModelVersion): readonly Tab<(typeof IDS)[number]>[] => {
  const { name, version } = model.manifest;
  return [
    { id: 'overview', title: 'Overview', content: () => <OverviewTab model={model} /> },
    { id: 'evaluation', title: 'Evaluation', content: () => <EvaluationTab model={model} /> },
    { id: 'try', title: 'Try', content: () => <TryPanel model={`${name}@${version}`} /> },
    { id: 'export', title: 'Export', content: () => <ExportTab model={model} /> },
    { id: 'card', title: 'Model card', content: () => <CardTab name={name} version={version} /> },
  ];
};
