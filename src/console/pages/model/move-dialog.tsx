/** Dialog that moves a label. Asks the service before whether the move would pass its gate, and shows the answer. */
import { useEffect, useState } from 'preact/hooks';
import { isTrainyardError, type LabelPlan, type LabelRequest } from 'trainyard';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { NumberField, SelectField, TextField } from '../../components/field.js';
import { measured, percent } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { client, sentenceOf } from '../../data/service.js';
import { METRICS } from './label-changes.js';

type Metric = NonNullable<LabelRequest['gate']>['metric'];

const GATES: readonly { value: Metric | 'none'; title: string }[] = [
  { value: 'none', title: 'No condition' },
  { value: 'testAccuracy', title: 'Only if the test accuracy is better' },
  { value: 'validationAccuracy', title: 'Only if the validation accuracy is better' },
  { value: 'testLoss', title: 'Only if the test loss is lower' },
  { value: 'validationLoss', title: 'Only if the validation loss is lower' },
];

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
  const [metric, setMetric] = useState<Metric | 'none'>('testAccuracy');
  const [minDelta, setMinDelta] = useState<number | undefined>(0);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const gate = metric === 'none' ? undefined : { metric, minDelta: minDelta ?? 0 };
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
        <SelectField label="Condition" value={metric} onInput={setMetric} choices={GATES} />
        {metric !== 'none' && (
          <NumberField
            label="Better by more than"
            value={minDelta}
            min={0}
            max={1e6}
            onInput={setMinDelta}
            description={metric.endsWith('Accuracy') ? 'A share: 0.01 is one percent point.' : undefined}
          />
        )}
        {given !== '' && fault !== undefined && <Notice tone="bad">{fault}</Notice>}
        {plan && <Outcome plan={plan} label={label} />}
      </div>
    </Dialog>
  );
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
    return scores?.metric.endsWith('Accuracy') ? percent(value, 2) : measured(value);
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
