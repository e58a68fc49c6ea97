/** Dialog that evaluates one version, or several, on a split of a data set. */
import { useState } from 'preact/hooks';
import type { DatasetEvaluation, DatasetInfo, SplitName } from 'trainyard';
import { useResource } from '../data/resource.js';
import { client } from '../data/service.js';
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
  /** Gets the queued evaluations, in the order of the versions. */
  onStarted: (queued: readonly DatasetEvaluation[]) => void;
}>;

export function EvaluateDialog({ name, versions, classes, onClose, onStarted }: Props) {
  const datasets = useResource((signal) => client.datasets.list({ signal }).all(), [], { key: 'datasets' });
  const suitable = datasets.data.value?.filter((each) => hasClasses(each, classes)) ?? [];
  const [chosen, choose] = useState('');
  const [wanted, setSplit] = useState<SplitName>('test');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const dataset = suitable.find((each) => each.name === chosen) ?? suitable[0];
  const split = dataset && (counts(dataset)[wanted] === undefined ? 'test' : wanted);
  const start = async (): Promise<void> => {
    if (dataset === undefined || split === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      const request = { dataset: dataset.name, split };
      const queued = versions.map((version) => client.evaluations.submit(`${name}@${version}`, request));
      onStarted(await Promise.all(queued));
      onClose();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
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
