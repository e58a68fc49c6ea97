/** Images that two versions classify differently: test images of their trainings, or a split of a data set. The choice is in the address. */
import { useSignal } from '@preact/signals';
import type { DatasetEvaluation, SplitName } from 'trainyard';
import { Button } from '../../components/button.js';
import { EvaluateDialog } from '../../components/evaluate-dialog.js';
import { EvaluationProgress } from '../../components/evaluation-progress.js';
import { SelectField } from '../../components/field.js';
import { imageOf } from '../../components/split-text.js';
import { Loaded, LoadFault, Notice } from '../../components/states.js';
import { isOpen, useEvaluations } from '../../data/version-evaluations.js';
import { queryText, setQuery } from '../../router/router.js';
import { type ComparedSplit, type ComparedVersions, SidesChanged } from './sides-changed.js';

/** Data set and split, `boots/test`. '': the test images of the trainings. */
const place = queryText('on');

type Props = ComparedVersions & Readonly<{ classes: readonly string[] }>;

export function ComparedImages({ classes, ...versions }: Props) {
  const { name, before, after } = versions;
  const isAsking = useSignal(false);
  const [old, next] = [useEvaluations(name, before), useEvaluations(name, after)];
  const lists = [old.data.value ?? [], next.data.value ?? []] as const;
  const show = (on: string): void =>
    setQuery({ on: on || undefined, change: undefined, images: undefined }, { push: true });
  const onStarted = ([queued]: readonly DatasetEvaluation[]): void => {
    void old.refresh();
    void next.refresh();
    if (queued) show(placeOf(queued));
  };
  return (
    <section class="stack" aria-label="Images that changed sides">
      <h3>Images that changed sides</h3>
      <div class="difference-place">
        <SelectField label="Images" value={place.value} onInput={show} choices={choicesOf(lists)} />
        <Button icon="plus" onClick={() => (isAsking.value = true)}>
          Evaluate both on a data set
        </Button>
      </div>
      {lists
        .flat()
        .filter(isOpen)
        .map((each) => (
          <EvaluationProgress key={each.id} evaluation={each} />
        ))}
      {place.value === '' ? (
        <>
          <LoadFault resource={old} what={`Evaluations of version ${before}`} />
          <LoadFault resource={next} what={`Evaluations of version ${after}`} />
          <SidesChanged versions={versions} on={undefined} />
        </>
      ) : (
        <Loaded resource={old}>
          {() => <Loaded resource={next}>{() => <ShownSplit versions={versions} lists={lists} />}</Loaded>}
        </Loaded>
      )}
      {isAsking.value && (
        <EvaluateDialog
          name={name}
          versions={[before, after]}
          classes={classes}
          onClose={() => (isAsking.value = false)}
          onStarted={onStarted}
        />
      )}
    </section>
  );
}

type Lists = readonly [old: readonly DatasetEvaluation[], next: readonly DatasetEvaluation[]];

/** Compares on the chosen split once both versions have an evaluation on it. */
function ShownSplit({ versions, lists }: { versions: ComparedVersions; lists: Lists }) {
  const on = place.value;
  const [old, next] = lists.map((list) => list.filter((each) => placeOf(each) === on)) as unknown as Lists;
  if ([...old, ...next].some(isOpen)) return null;
  const missing = [old, next].findIndex((list) => !list.some(({ state }) => state === 'succeeded'));
  if (missing !== -1) {
    const failed = [old, next][missing]?.[0]?.error;
    const version = [versions.before, versions.after][missing];
    return (
      <Notice tone="warn">
        {`Version ${version} has no evaluation on ${titleOf(on)}${failed ? `: ${failed.message}` : '. Evaluate both on it.'}`}
      </Notice>
    );
  }
  return <SidesChanged key={on} versions={versions} on={partsOf(on)} />;
}

const partsOf = (on: string): ComparedSplit => {
  const [dataset = '', split = 'test'] = on.split('/');
  return { dataset, split: split as SplitName };
};

/** Names the images of a place: `boots, test images`. */
const titleOf = (on: string): string => {
  const { dataset, split } = partsOf(on);
  return `${dataset}, ${imageOf(split)}s`;
};

const placeOf = ({ dataset, split }: DatasetEvaluation): string => `${dataset}/${split}`;

/** Returns the images on which both versions were evaluated, and those of the address. */
function choicesOf([old, next]: Lists) {
  const places = new Set(old.map(placeOf));
  const common = new Set(next.map(placeOf).filter((each) => places.has(each)));
  if (place.value !== '') common.add(place.value);
  return [
    { value: '', title: 'Test images of the trainings' },
    ...[...common].sort().map((on) => ({ value: on, title: titleOf(on) })),
  ];
}
