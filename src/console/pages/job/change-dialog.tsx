/** Changes a job that has not ended: learning rate, epochs, patience, time limit, priority. */
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { NumberField } from '../../components/field.js';
import { type ChangeProps, useChangeForm } from './change-form.js';
import { ChangedLearningRate } from './changed-learning-rate.js';

export function ChangeDialog(props: ChangeProps) {
  const { job, onClose } = props;
  const { before, values, isBusy, failure, isEmpty, field, save } = useChangeForm(props);
  return (
    <Dialog
      wide
      title={`Change the job “${job.spec.name}”`}
      onClose={onClose}
      error={failure.value}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button kind="primary" disabled={isEmpty} busy={isBusy.value} onClick={() => void save()}>
            Apply
          </Button>
        </>
      }
    >
      <div class="stack">
        <div class="job-columns">
          <NumberField label="Learning rate" min={0} {...field('learningRate')} />
          <NumberField label="Epochs" unit="epochs" min={1} step={1} {...field('epochs')} />
          {job.spec.earlyStopping !== null && (
            <NumberField
              label="Patience"
              unit="epochs"
              min={1}
              step={1}
              placeholder="none"
              description="Empty: the run does not stop early."
              {...field('patience')}
            />
          )}
          <NumberField
            label="Time limit"
            unit="s"
            min={1}
            step={1}
            placeholder="none"
            description="Seconds of training. Empty: no limit."
            {...field('maxSeconds')}
          />
          {job.status === 'queued' && (
            <NumberField
              label="Priority"
              min={-100}
              max={100}
              step={1}
              description="Jobs of a higher priority start first."
              {...field('priority')}
            />
          )}
        </div>
        <ChangedLearningRate job={job} before={before} after={values.value} />
      </div>
    </Dialog>
  );
}
