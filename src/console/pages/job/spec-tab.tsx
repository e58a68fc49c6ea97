/** Settings of a job: what differs from the defaults, metadata, changes, and code for the same job. */
import { useMemo } from 'preact/hooks';
import type { Job, JobSubmission } from 'trainyard';
import { ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { CodeBlock } from '../../components/code.js';
import { Facts } from '../../components/facts.js';
import { CheckField } from '../../components/field.js';
import { count } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Tabs } from '../../components/tabs.js';
import { useResource } from '../../data/resource.js';
import { client, serviceUrl } from '../../data/service.js';
import { requestOfJob } from '../../data/submitted-job.js';
import { queryFlag, queryOneOf } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { AboutJob } from './about-job.js';
import { defaultsLike, flatten, type JsonObject, type Setting, valueText, words } from './job-request.js';

const form = queryOneOf('code', ['json', 'cli', 'curl']);
const onlyModified = queryFlag('modified');

/** Settings in groups, by the first part of their path. The last group takes the rest. */
const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Data', ['dataset', 'normalization']],
  ['Network', ['network', 'networkOptions', 'from']],
  ['Augmentation', ['augmentation']],
  ['Optimization', ['optimizer', 'schedule', 'labelSmoothing', 'gradientClipNorm', 'emaDecay']],
  ['Run', []],
];

/** Fields that are shown elsewhere. */
const ELSEWHERE = ['name'];

export function SpecTab({ job, refresh }: { job: Job; refresh: () => Promise<void> }) {
  const defaults = useResource((signal) => client.jobs.plan(defaultsLike(job) as JobSubmission, { signal }), [job.id], {
    key: `defaults/${job.id}`,
  }).data.value?.spec;
  const settings = useMemo(() => flatten(job.spec as unknown as JsonObject), [job.spec]);
  const standard = useMemo(
    () => new Map((defaults ? flatten(defaults as unknown as JsonObject) : []).map(({ path, value }) => [path, value])),
    [defaults],
  );
  const isModified = ({ path, value }: Setting): boolean =>
    standard.has(path) ? JSON.stringify(standard.get(path)) !== JSON.stringify(value) : standard.size > 0;
  return (
    <div class="stack">
      {standard.size > 0 && (
        <CheckField
          label="Only what differs from the defaults"
          value={onlyModified.value}
          onInput={(value) => {
            onlyModified.value = value;
          }}
        />
      )}
      <div class="job-columns">
        {GROUPS.map(([title]) => {
          const shown = settings.filter(
            (setting) => groupOf(setting) === title && (!onlyModified.value || isModified(setting)),
          );
          return (
            shown.length > 0 && (
              <Card key={title} title={title}>
                <Facts
                  entries={shown.map((setting) => [
                    nameOf(setting),
                    <Value setting={setting} standard={standard} isModified={isModified(setting)} />,
                  ])}
                />
              </Card>
            )
          );
        })}
        <AboutJob job={job} refresh={refresh} />
      </div>
      <Card
        title="The same job again"
        actions={
          <ButtonLink small to={to('newJob', { copy: `job:${job.id}`, code: 'python' })}>
            TypeScript and Python
          </ButtonLink>
        }
      >
        <Tabs label="Forms of the request" value={form} tabs={codeTabs(job)} />
      </Card>
    </div>
  );
}

const groupOf = ({ path }: Setting): string | undefined => {
  const first = path.split('.')[0] ?? '';
  if (ELSEWHERE.includes(first)) return undefined;
  return (GROUPS.find(([, names]) => names.includes(first)) ?? GROUPS.at(-1))?.[0];
};

/** Groups whose name says the first part of the path. */
const SAID = ['dataset', 'networkOptions', 'augmentation', 'optimizer'];

/** Settings whose path reads badly. They have the titles of the form. */
const TITLES: Readonly<Record<string, string>> = {
  'networkOptions.zeroInitResidual': 'zero-initialized residuals',
  'networkOptions.dropRate': 'dropout',
  'dataset.resize': 'input side',
  'dataset.trainSamples': 'training images',
  'dataset.testSamples': 'test images',
  'dataset.validationSamples': 'validation images',
  'optimizer.decayNormAndBias': 'decay of BatchNorm and biases',
  'earlyStopping.minDelta': 'early stopping: minimum change',
  'augmentation.crop': 'random crop',
  'augmentation.flip': 'random mirror',
  'augmentation.erasing': 'random erasing',
  'augmentation.verticalFlip': 'random vertical mirror',
  'augmentation.cutmix': 'CutMix',
  gradientClipNorm: 'gradient clipping',
  emaDecay: 'EMA decay',
  maxSeconds: 'time limit, in seconds',
  precisionReason: 'reason for the precision',
};

function nameOf({ path }: Setting): string {
  const title = TITLES[path];
  if (title !== undefined) return title;
  const [first = '', ...rest] = path.split('.');
  if (rest.join() === 'name') return first;
  const parts = rest.length > 0 && SAID.includes(first) ? rest : [first, ...rest];
  return parts.map(words).join(' ');
}

/** Returns the text of a value. Numbers have separators, except the seed, which people copy. */
const shownText = ({ path, value }: Setting): string =>
  Number.isInteger(value) && path !== 'seed' ? count(value as number) : valueText(value);

function Value({
  setting,
  standard,
  isModified,
}: Readonly<{ setting: Setting; standard: ReadonlyMap<string, unknown>; isModified: boolean }>) {
  const { path, value } = setting;
  const shown =
    path === 'dataset.name' ? (
      <Link to={to('dataset', { name: String(value) })}>{String(value)}</Link>
    ) : (
      shownText(setting)
    );
  if (!isModified) return <span class={standard.size > 0 ? 'job-default' : undefined}>{shown}</span>;
  const usual = standard.has(path) ? shownText({ path, value: standard.get(path) as Setting['value'] }) : undefined;
  return (
    <>
      <span class="job-modified">{shown}</span>
      {usual !== undefined && <span class="muted small">{` default ${usual}`}</span>}
    </>
  );
}

function codeTabs(job: Job) {
  const json = JSON.stringify(requestOfJob(job), null, 2);
  const quoted = `'${json.replaceAll("'", `'\\''`)}'`;
  const curl = `curl ${serviceUrl('jobs')} -H 'content-type: application/json' -d ${quoted}`;
  return [
    { id: 'json' as const, title: 'JSON', content: () => <CodeBlock label="JSON" code={json} /> },
    {
      id: 'cli' as const,
      title: 'Command line',
      content: () => <CodeBlock label="Command" code={`trainyard jobs clone ${job.id}`} />,
    },
    { id: 'curl' as const, title: 'curl', content: () => <CodeBlock label="curl" code={curl} /> },
  ];
}
