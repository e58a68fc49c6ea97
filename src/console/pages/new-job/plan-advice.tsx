/** Advice on a plan that is too short to learn from, or that takes hours. */
import type { JobPlan } from 'trainyard';
import { rangeText } from '../../../wording/time-text.js';
import { Button, ButtonLink } from '../../components/button.js';
import { plural } from '../../components/format.js';
import { Notice } from '../../components/states.js';
import { to } from '../../router/routes.js';
import { isEmptyForm, type JobDraft } from './job-draft.js';
import { withValue } from './request-draft.js';

/** Steps below which a new network hardly learns. */
const FEW_STEPS = 50;
/** Steps of the run that is proposed instead. */
const ENOUGH_STEPS = 75;
/** Steps of an epoch that the proposed batch aims at, unless it would have fewer than `SMALL_BATCH` images. */
const STEPS_AN_EPOCH = 8;
const SMALL_BATCH = 8;
/** Expected seconds above which a job counts as long. */
const LONG_SECONDS = 3_600;

export const isLong = ({ estimate }: JobPlan): boolean => (estimate?.seconds.high ?? 0) > LONG_SECONDS;

export function PlanAdvice({ plan, draft }: { plan: JobPlan; draft: JobDraft }) {
  return (
    <>
      <FewSteps plan={plan} draft={draft} />
      <LongRun plan={plan} draft={draft} />
    </>
  );
}

function FewSteps({ plan, draft }: { plan: JobPlan; draft: JobDraft }) {
  const request = draft.request.value;
  // A run with a starting point has learned before.
  if (plan.steps >= FEW_STEPS || 'from' in request) return null;
  const { batchSize, epochs } = betterRun(plan.spec);
  const use = (): void => {
    const whole = withValue(draft.request.peek(), 'microBatchSize', undefined);
    draft.update(withValue(withValue(whole, 'batchSize', batchSize), 'epochs', epochs));
  };
  return (
    <Notice
      tone="warn"
      actions={
        <Button small onClick={use}>
          Use them
        </Button>
      }
    >
      <p>
        Only {plural(plan.steps, 'step')}: the network will hardly learn. Try a batch of {batchSize} and{' '}
        {plural(epochs, 'epoch')}.
      </p>
    </Notice>
  );
}

/** Returns a batch and a number of epochs that make enough steps. */
export function betterRun({ batchSize, epochs, dataset }: Pick<JobPlan['spec'], 'batchSize' | 'epochs' | 'dataset'>) {
  const images = imagesOf(dataset);
  const power = 2 ** Math.floor(Math.log2(Math.max(1, images / STEPS_AN_EPOCH)));
  const batch = Math.min(batchSize, images, Math.max(SMALL_BATCH, power));
  const needed = Math.ceil(ENOUGH_STEPS / Math.ceil(images / batch));
  return { batchSize: batch, epochs: Math.max(epochs, needed) };
}

/** Returns the number of images that a job trains on. */
export const imagesOf = ({ trainSamples, validation, validationSamples }: JobPlan['spec']['dataset']): number =>
  validation === 'own' ? trainSamples : trainSamples - validationSamples;

function LongRun({ plan, draft }: { plan: JobPlan; draft: JobDraft }) {
  if (plan.estimate === undefined || !isLong(plan)) return null;
  const isEmpty = isEmptyForm(draft.request.value);
  return (
    <Notice
      tone="warn"
      actions={
        isEmpty && (
          <ButtonLink small to={to('newJob', { recipe: 'sample' })}>
            Use the sample recipe
          </ButtonLink>
        )
      }
    >
      <p>
        Takes {rangeText(plan.estimate.seconds)}.{' '}
        {isEmpty
          ? 'The sample recipe trains a first model in about a minute.'
          : 'To shorten it, use fewer epochs, a smaller input side or fewer training images.'}
      </p>
    </Notice>
  );
}
