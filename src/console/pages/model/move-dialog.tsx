/** Dialog that moves a label. Asks the service before whether the move would pass its gate, and shows the answer. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isTrainyardError, type LabelPlan, type LabelRequest } from 'trainyard';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { NumberField, SelectField, TextField } from '../../components/field.js';
import { measured, percent } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useResource } from '../../data/resource.js';
import { client, sentenceOf } from '../../data/service.js';
import { isLowerBetter, METRICS } from './label-changes.js';

type Gate = NonNullable<LabelRequest['gate']>;
type Metric = Gate['metric'];

/** Scores of the trainings, in the order of the choices. */
const TRAINING_METRICS = [
  'testAccuracy',
  'validationAccuracy',
  'validationMacroF1',
  'validationBalancedAccuracy',
  'testTop5Accuracy',
  'validationTop5Accuracy',
  'testLoss',
  'validationLoss',
] as const;
/** Scores of evaluations on a data set. */
const EVALUATION_METRICS = [
  'accuracy',
  'balancedAccuracy',
  'macroF1',
  'top5Accuracy',
  'loss',
  'expectedCalibrationError',
] as const;

const conditions = (metrics: readonly Metric[]): readonly { value: Metric | 'none'; title: string }[] => [
  { value: 'none', title: 'No condition' },
  ...metrics.map((value) => ({
    value,
    title: `Only if the ${METRICS[value]} is ${isLowerBetter(value) ? 'lower' : 'better'}`,
  })),
];

/** Scores of the trainings, as a choice beside the splits that the version was evaluated on. */
const TRAINING = 'training';

/** Pause after the last change before the service is asked. */
const PAUSE_MS = 150;

type Props = Readonly<{
  name: string;
  /** '' for a new label. */
  label: string;
  versions: readonly number[];
  onClose: () => void;
  onMoved: () => void;
}>;

export function MoveDialog({ name, label: given, versions, onClose, onMoved }: Props) {
  const newest = Math.max(...versions);
  const [label, setLabel] = useState(given === '' ? 'stable' : given);
  const [version, setVersion] = useState(newest);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const { gate, fields } = useGate(name, version);
  const { plan, fault } = usePlan(name, label, { version, ...(gate && { gate }) });
  const move = async (): Promise<void> => {
    if (plan === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      await client.models.moveLabel(name, label, { version, expected: plan.from, ...(gate && { gate }) });
      toast(`"${label}" points to version ${version}`);
      onMoved();
      onClose();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={given === '' ? 'New label' : `Move "${given}"`}
      onClose={onClose}
      error={error}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={isBusy} disabled={isBusy || !plan?.moves} onClick={() => void move()}>
            {given === '' ? 'Set the label' : 'Move the label'}
          </Button>
        </>
      }
    >
      <div class="stack">
        {given === '' && <TextField label="Label" value={label} onInput={setLabel} error={fault} />}
        <SelectField
          label="Version"
          value={String(version)}
          onInput={(value) => setVersion(Number(value))}
          choices={[...versions]
            .sort((a, b) => b - a)
            .map((value) => ({ value: String(value), title: `Version ${value}` }))}
        />
        {fields}
        {given !== '' && fault !== undefined && <Notice tone="bad">{fault}</Notice>}
        {plan && <Outcome plan={plan} label={label} />}
      </div>
    </Dialog>
  );
}

/** Returns the gate that the user has chosen for a version, and the fields to choose it with. */
function useGate(name: string, version: number): Readonly<{ gate: Gate | undefined; fields: ComponentChildren }> {
  const [wanted, setMetric] = useState<Metric | 'none'>('testAccuracy');
  const [minDelta, setMinDelta] = useState<number | undefined>(0);
  const [source, setSource] = useState(TRAINING);
  const evaluated = useEvaluatedSplits(name, version);
  const on = evaluated.find(({ key }) => key === source)?.on;
  const metrics: readonly [Metric, ...Metric[]] = on === undefined ? TRAINING_METRICS : EVALUATION_METRICS;
  const metric = wanted === 'none' || metrics.includes(wanted) ? wanted : metrics[0];
  const gate = metric === 'none' ? undefined : { metric, minDelta: minDelta ?? 0, ...on };
  const fields = (
    <>
      {evaluated.length > 0 && (
        <SelectField
          label="Scores of"
          value={on === undefined ? TRAINING : source}
          onInput={setSource}
          choices={[
            { value: TRAINING, title: 'The training' },
            ...evaluated.map(({ key, on: { dataset, split } }) => ({
              value: key,
              title: `The evaluation on the ${split} images of ${dataset}`,
            })),
          ]}
        />
      )}
      <SelectField label="Condition" value={metric} onInput={setMetric} choices={conditions(metrics)} />
      {metric !== 'none' && (
        <NumberField
          label="Better by more than"
          value={minDelta}
          min={0}
          max={1e6}
          onInput={setMinDelta}
          description={isShare(metric) ? 'A share: 0.01 is one percent point.' : undefined}
        />
      )}
    </>
  );
  return { gate, fields };
}

const isShare = (metric: Metric): boolean => /(accuracy|f1)$/i.test(metric);

/** Returns the splits that a version was evaluated on. */
function useEvaluatedSplits(name: string, version: number) {
  const evaluations = useResource(
    (signal) => client.evaluations.list(name, version, { signal }).all(),
    [name, version],
  );
  const done = (evaluations.data.value ?? []).filter(({ state }) => state === 'succeeded');
  const splits = new Map(done.map(({ dataset, split }) => [`${dataset}/${split}`, { dataset, split }]));
  return [...splits].map(([key, on]) => ({ key, on }));
}

/** Asks what a move would do, a moment after its last change. */
function usePlan(name: string, label: string, request: LabelRequest) {
  const [answer, setAnswer] = useState<{ plan?: LabelPlan; fault?: string }>({});
  const key = JSON.stringify([name, label, request]);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.models.planLabelMove(name, label, request, { signal: abort.signal }).then(
        (plan) => setAnswer({ plan }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const [first] = isTrainyardError(error) ? (error.errors ?? []) : [];
          setAnswer({ fault: first === undefined ? sentenceOf(error) : `It ${first.message}.` });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return answer;
}

function Outcome({ plan: { from, to, moves, reason, scores }, label }: { plan: LabelPlan; label: string }) {
  const text = (value: number | null): string => {
    if (value === null) return 'no score';
    return scores && isShare(scores.metric) ? percent(value, 2) : measured(value);
  };
  const place = from === null ? 'at no version yet' : `at version ${from}`;
  return (
    <Notice tone={moves ? 'good' : 'warn'}>
      <strong>{moves ? `"${label}" would move to version ${to}.` : (reason ?? 'The label would stay.')}</strong>{' '}
      {moves && `It is ${place}.`}
      {scores && from !== null && from !== to && (
        <span class="move-scores">
          {`${METRICS[scores.metric]}: `}
          {text(scores.from)} <Icon name="right" size={10} label="to" /> {text(scores.to)}
        </span>
      )}
    </Notice>
  );
}
