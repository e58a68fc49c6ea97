/** Question before a job is cancelled: what becomes of its weights. */
import { useId, useState } from 'preact/hooks';
import type { Job } from 'trainyard';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { toast } from '../../components/toast.js';
import { forget } from '../../data/resource.js';
import { client } from '../../data/service.js';

type Mode = 'keep' | 'discard';

export function CancelDialog({
  job,
  onClose,
  refresh,
}: Readonly<{ job: Job; onClose: () => void; refresh: () => Promise<void> }>) {
  const hasWeights = job.progress !== undefined;
  const kept = keptWeights(job);
  // The default follows the job: its first step may end while the dialog is open.
  const [choice, setMode] = useState<Mode | undefined>(undefined);
  const mode = choice ?? (hasWeights ? 'keep' : 'discard');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const cancel = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await client.jobs.cancel(job.id, { mode });
      toast(mode === 'keep' ? `The job ends and saves its ${kept} weights.` : 'The job ends without a model.');
      onClose();
    } catch (reason) {
      setError(reason);
    }
    forget('jobs');
    await refresh();
    setBusy(false);
  };
  return (
    <Dialog
      title={`Cancel the job “${job.spec.name}”?`}
      onClose={onClose}
      error={error}
      actions={
        <>
          <Button onClick={onClose}>Keep the job</Button>
          <Button kind={mode === 'discard' ? 'danger' : 'primary'} busy={isBusy} onClick={() => void cancel()}>
            {mode === 'keep' ? 'Cancel and keep a model' : 'Cancel and discard'}
          </Button>
        </>
      }
    >
      <div class="stack-s">
        <Choice
          mode="keep"
          chosen={mode}
          choose={setMode}
          isDisabled={!hasWeights}
          title={`Keep the ${kept} weights as a model`}
          text={
            !hasWeights
              ? 'The job has not trained a step yet, so there are no weights.'
              : kept === 'best'
                ? 'The weights of the best epoch become a new version of the model.'
                : 'The job has no validation images, so no epoch is known to be the best. The weights of the last complete epoch become a new version of the model.'
          }
        />
        <Choice
          mode="discard"
          chosen={mode}
          choose={setMode}
          title="Discard everything"
          text="No model is saved. Checkpoints stay for a while, and a new job can start from them."
        />
      </div>
    </Dialog>
  );
}

/** Returns which weights a cancelled job keeps: without validation images, no epoch is known to be the best. */
export const keptWeights = ({ spec }: Job): 'best' | 'latest' =>
  spec.dataset.validationSamples > 0 ? 'best' : 'latest';

function Choice({
  mode,
  chosen,
  choose,
  title,
  text,
  isDisabled = false,
}: Readonly<{
  mode: Mode;
  chosen: Mode;
  choose: (mode: Mode) => void;
  title: string;
  text: string;
  isDisabled?: boolean;
}>) {
  const id = useId();
  return (
    <div class="check-field job-cancel-choice">
      <input
        id={id}
        type="radio"
        name="cancel-mode"
        checked={mode === chosen}
        disabled={isDisabled}
        aria-describedby={`${id}-text`}
        onChange={() => choose(mode)}
      />
      <div>
        <label for={id}>{title}</label>
        <p id={`${id}-text`} class="muted small">
          {text}
        </p>
      </div>
    </div>
  );
}
