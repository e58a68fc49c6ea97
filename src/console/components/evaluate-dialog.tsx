/** Dialog that evaluates one version, or several, on a split of a data set. */
import { useState } from 'preact/hooks';
import type { DatasetEvaluation, DatasetEvaluationRequest, DatasetInfo, SplitName } from 'trainyard';
import { useResource } from '../data/resource.js';
import { client, sentenceOf } from '../data/service.js';
import { to } from '../router/routes.js';
import { Button, ButtonLink } from './button.js';
import { Dialog } from './dialog.js';
import { SelectField } from './field.js';
import { count, plural } from './format.js';
import { SPLIT_TITLES } from './split-text.js';
import { EmptyState, Loaded } from './states.js';

type Props = Readonly<{
  name: string;
  versions: readonly number[];
  classes: readonly string[];
  onClose: () => void;
  /**
   * Gets the evaluations that were queued, in the order of the versions. After a partial failure, a retry passes the evaluations that were
   * missing.
   */
  onStarted: (queued: readonly DatasetEvaluation[]) => void;
}>;

export function EvaluateDialog({ name, versions, classes, onClose, onStarted }: Props) {
  const datasets = useResource((signal) => client.datasets.list({ signal }).all(), [], { key: 'datasets' });
  const suitable = datasets.data.value?.filter((each) => hasClasses(each, classes)) ?? [];
  const [chosen, choose] = useState('');
  const [wanted, setSplit] = useState<SplitName>('test');
  const [queued, setQueued] = useState<readonly DatasetEvaluation[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const dataset = suitable.find((each) => each.name === chosen) ?? suitable[0];
  const split = dataset && (counts(dataset)[wanted] === undefined ? 'test' : wanted);
  const start = async (): Promise<void> => {
    if (dataset === undefined || split === undefined) return;
    setBusy(true);
    setError(undefined);
    const isMissing = (version: number): boolean =>
      !queued.some((each) => each.model.version === version && each.dataset === dataset.name && each.split === split);
    const { started, fault } = await submitAll(name, versions.filter(isMissing), { dataset: dataset.name, split });
    if (started.length > 0) onStarted(started);
    if (fault === undefined) return onClose();
    setQueued([...queued, ...started]);
    setError(fault);
    setBusy(false);
  };
  return (
    <Dialog
      title={`Evaluate version ${versions.join(' and ')} on a data set`}
      onClose={onClose}
      error={error}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={isBusy} disabled={isBusy || dataset === undefined} onClick={() => void start()}>
            Evaluate
          </Button>
        </>
      }
    >
      <Loaded resource={datasets}>
        {(all) =>
          dataset === undefined || split === undefined ? (
            <NoDataset classes={classes.length} />
          ) : (
            <div class="stack">
              <SelectField
                label="Data set"
                value={dataset.name}
                onInput={choose}
                choices={suitable.map((each) => ({ value: each.name, title: each.name }))}
                description={hiddenText(all.length - suitable.length)}
              />
              <SelectField
                label="Images"
                value={split}
                onInput={setSplit}
                choices={splitsOf(dataset)}
                description="Images that the model has trained on give too good a score."
              />
            </div>
          )
        }
      </Loaded>
    </Dialog>
  );
}

/** Submits an evaluation of each version. Returns those that were queued, and why the others were not. */
async function submitAll(name: string, versions: readonly number[], request: DatasetEvaluationRequest) {
  const outcomes = await Promise.allSettled(
    versions.map((version) => client.evaluations.submit(`${name}@${version}`, request)),
  );
  const started = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = versions.filter((_, index) => outcomes[index]?.status === 'rejected');
  const reason: unknown = outcomes.find((each) => each.status === 'rejected')?.reason;
  if (failed.length === 0 || started.length === 0) return { started, fault: reason };
  const waiting = started.map(({ model }) => model.version).join(' and ');
  const text = `Version ${waiting} is queued. Version ${failed.join(' and ')} is not: ${sentenceOf(reason)}`;
  return { started, fault: new Error(text) };
}

function NoDataset({ classes }: { classes: number }) {
  return (
    <EmptyState
      title="No data set has the classes of this model"
      icon="datasets"
      actions={<ButtonLink to={to('datasets')}>Add a data set</ButtonLink>}
    >
      {`A data set needs the same ${plural(classes, 'class', 'classes')}, by name. Their order does not matter.`}
    </EmptyState>
  );
}

const hiddenText = (others: number): string | undefined =>
  others === 0 ? undefined : `${plural(others, 'data set has', 'data sets have')} other classes than the model.`;

function hasClasses(dataset: DatasetInfo, classes: readonly string[]): boolean {
  const wanted = new Set(classes);
  return dataset.classes.length === wanted.size && dataset.classes.every((each) => wanted.has(each));
}

const counts = (dataset: DatasetInfo): Readonly<Record<SplitName, number | undefined>> => ({
  test: dataset.testSamples,
  validation: dataset.validationSamples,
  train: dataset.trainSamples,
});

const splitsOf = (dataset: DatasetInfo) =>
  (Object.entries(counts(dataset)) as [SplitName, number | undefined][])
    .filter(([, images]) => images !== undefined)
    .map(([split, images]) => ({ value: split, title: `${SPLIT_TITLES[split]}: ${count(images)} images` }));
