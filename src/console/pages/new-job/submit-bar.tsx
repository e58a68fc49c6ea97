/** Bar at the bottom of the window: the job in a few words, and the button that submits it. */
import './submit-bar.css';
import { rangeText } from '../../../wording/time-text.js';
import { Button } from '../../components/button.js';
import { plural } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { keysForPeople } from '../../keyboard/shortcuts.js';
import { isDatasetUnreadable, type JobDraft, type PlanState } from './job-draft.js';
import { isLong } from './plan-advice.js';

type Props = Readonly<{ draft: JobDraft; isSubmitting: boolean; onSubmit: () => void }>;

export function SubmitBar({ draft, isSubmitting, onSubmit }: Props) {
  const { errors, plan } = draft.planned.value;
  const hasIcon = errors.length > 0 || (plan !== undefined && isLong(plan));
  return (
    <div class="submit-bar">
      <p class={`submit-bar-text${errors.length > 0 ? ' submit-bar-wrong' : ''}`} role="status">
        {hasIcon && <Icon name="warning" />}
        <span class="wrap-anywhere">{textOf(draft.planned.value)}</span>
      </p>
      <Button kind="primary" icon="play" busy={isSubmitting} onClick={onSubmit} aria-keyshortcuts="Control+Enter">
        Submit job
      </Button>
      <span class="submit-bar-keys" aria-hidden="true">
        {keysForPeople('mod+Enter').map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </span>
    </div>
  );
}

function textOf({ plan, errors, fault, isPlanning }: PlanState): string {
  if (isDatasetUnreadable(errors)) return 'The data set cannot be read: see Data set.';
  if (errors.length > 0) return `${plural(errors.length, 'setting')} cannot be used: see the marked fields.`;
  if (fault !== undefined) return fault;
  if (plan === undefined) return isPlanning ? 'Planning …' : '';
  const { spec, workers, estimate } = plan;
  const fitting = workers.filter(({ fits, fault: reason }) => fits && reason === undefined).length;
  return [
    spec.name,
    plural(spec.epochs, 'epoch'),
    estimate && rangeText(estimate.seconds),
    workers.length > 0 ? `fits ${fitting} of ${plural(workers.length, 'worker')}` : 'no worker is connected',
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
