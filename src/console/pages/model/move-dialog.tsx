/** Dialog that moves a label. Asks the service before whether the move would pass its gate, and shows the answer. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isTrainyardError, type LabelPlan, type LabelRequest } from 'trainyard';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { NumberField, SelectField, TextField } from '../../components/field.js';
import { measured, percent } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { LoadFault, Notice, withoutRoutes } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { client, comebacks, loadFaultOf } from '../../data/service.js';
import { useEvaluations } from '../../data/version-evaluations.js';
import { GATE_SCORES, type Metric, metricsOf } from './gate-scores.js';
import type { ComparedSplit } from './sides-changed.js';

type Gate = NonNullable<LabelRequest['gate']>;

const conditions = (metrics: readonly Metric[]): readonly { value: Metric | 'none'; title: string }[] => [
  { value: 'none', title: 'No condition' },
  ...metrics.map((value) => {
    const { title, isLowerBetter } = GATE_SCORES[value];
    return { value, title: `Only if the ${title} is ${isLowerBetter ? 'lower' : 'better'}` };
  }),
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
  const { plan, fault, isCurrent } = usePlan(name, label, { version, ...(gate && { gate }) });
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
          <Button
            kind="primary"
            busy={isBusy}
            disabled={isBusy || !isCurrent || !plan?.moves}
            onClick={() => void move()}
          >
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
  const [on, setOn] = useState<ComparedSplit | undefined>(undefined);
  const metrics = metricsOf(on === undefined ? 'training' : 'evaluation');
  const metric = wanted === 'none' || metrics.includes(wanted) ? wanted : (metrics[0] ?? 'none');
  const gate = metric === 'none' ? undefined : { metric, minDelta: minDelta ?? 0, ...on };
  const fields = (
    <>
      <SourceField name={name} version={version} on={on} onInput={setOn} />
      <SelectField label="Condition" value={metric} onInput={setMetric} choices={conditions(metrics)} />
      {metric !== 'none' && (
        <NumberField
          label="Better by more than"
          value={minDelta}
          min={0}
          max={1e6}
          onInput={setMinDelta}
          description={GATE_SCORES[metric].isShare ? 'A share: 0.01 is one percent point.' : undefined}
        />
      )}
    </>
  );
  return { gate, fields };
}

type SourceProps = Readonly<{
  name: string;
  version: number;
  /** Split whose evaluations are compared. Undefined: the scores of the trainings. */
  on: ComparedSplit | undefined;
  onInput: (on: ComparedSplit | undefined) => void;
}>;

/** Choice of the scores. The chosen split stays if the version has no evaluation on it: the service says that it is missing. */
function SourceField({ name, version, on, onInput }: SourceProps) {
  const evaluations = useEvaluations(name, version);
  const done = (evaluations.data.value ?? []).filter(({ state }) => state === 'succeeded');
  const places = new Map(
    [...done, ...(on ? [on] : [])].map(({ dataset, split }) => [keyOf({ dataset, split }), { dataset, split }]),
  );
  return (
    <>
      <LoadFault resource={evaluations} what={`Evaluations of version ${version}`} />
      {places.size > 0 && (
        <SelectField
          label="Scores of"
          value={on === undefined ? TRAINING : keyOf(on)}
          onInput={(key) => onInput(places.get(key))}
          choices={[
            { value: TRAINING, title: 'The training' },
            ...[...places].map(([value, { dataset, split }]) => ({
              value,
              title: `The evaluation on the ${split} images of ${dataset}`,
            })),
          ]}
        />
      )}
    </>
  );
}

const keyOf = ({ dataset, split }: ComparedSplit): string => `${dataset}/${split}`;

/** Asks what a move would do, a moment after its last change. `isCurrent`: whether the answer belongs to this request. */
function usePlan(name: string, label: string, request: LabelRequest) {
  const [answer, setAnswer] = useState<{ key?: string; plan?: LabelPlan; fault?: string }>({});
  const key = JSON.stringify([name, label, request]);
  const back = comebacks.value;
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.models.planLabelMove(name, label, request, { signal: abort.signal }).then(
        (plan) => setAnswer({ key, plan }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const [first] = isTrainyardError(error) ? (error.errors ?? []) : [];
          setAnswer({ key, fault: first === undefined ? loadFaultOf(error) : `It ${first.message}.` });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, back]);
  return { ...answer, isCurrent: answer.key === key };
}

function Outcome({ plan: { from, to, moves, reason, scores }, label }: { plan: LabelPlan; label: string }) {
  const text = (value: number | null): string => {
    if (value === null) return 'no score';
    return scores && GATE_SCORES[scores.metric].isShare ? percent(value, 2) : measured(value);
  };
  const place = from === null ? 'at no version yet' : `at version ${from}`;
  return (
    <Notice tone={moves ? 'good' : 'warn'}>
      <strong>
        {moves ? `"${label}" would move to version ${to}.` : withoutRoutes(reason ?? 'The label would stay.')}
      </strong>{' '}
      {moves && `It is ${place}.`}
      {scores && from !== null && from !== to && (
        <span class="move-scores">
          {`${GATE_SCORES[scores.metric].title}: `}
          {text(scores.from)} <Icon name="right" size={10} label="to" /> {text(scores.to)}
        </span>
      )}
    </Notice>
  );
}
