/** Three ways to begin, for a service without jobs and models. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Button, ButtonLink } from '../../components/button.js';
import { Icon, type IconName } from '../../components/icon.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { toastError } from '../../components/toast.js';
import { SAMPLE_JOB } from '../../data/sample-job.js';
import { client } from '../../data/service.js';
import { keysForPeople } from '../../keyboard/shortcuts.js';
import { navigate } from '../../router/router.js';
import { to } from '../../router/routes.js';

export function FirstSteps() {
  return (
    <>
      <PageHeader
        title="Welcome to trainyard"
        note="Train image classifiers, watch them learn, and predict with them. Everything runs on this machine."
      />
      <ol class="first-steps">
        <TrainSample />
        <Step
          icon="datasets"
          title="Train on your own images"
          text="A folder for each class, or a ZIP file. The console checks it before the upload."
        >
          <ButtonLink to={to('datasets')} icon="folder">
            Add a data set
          </ButtonLink>
        </Step>
        <Step
          icon="try"
          title="Predict with a model"
          text="Drop a picture, paste one, or use the camera. The first model appears here once it is trained."
        >
          <ButtonLink to={to('try')} icon="image">
            Try a model
          </ButtonLink>
        </Step>
      </ol>
      <p class="muted">
        You know what you want? <Link to={to('newJob')}>Set up a job</Link> with every option, or press{' '}
        {keysForPeople('mod+k').map((key) => (
          <>
            <kbd key={key}>{key}</kbd>{' '}
          </>
        ))}
        to find anything.
      </p>
    </>
  );
}

function Step({
  icon,
  title,
  text,
  children,
}: {
  icon: IconName;
  title: string;
  text: string;
  children: ComponentChildren;
}) {
  return (
    <li class="first-step">
      <span class="first-step-icon">
        <Icon name={icon} size={22} />
      </span>
      <h2>{title}</h2>
      <p class="muted">{text}</p>
      <div class="first-step-action">{children}</div>
    </li>
  );
}

/** Queues the sample job and opens its page. */
function TrainSample() {
  const isBusy = useSignal(false);
  async function train(): Promise<void> {
    isBusy.value = true;
    try {
      const { id } = await client.jobs.submit(SAMPLE_JOB);
      navigate(to('job', { id }));
    } catch (error) {
      toastError(error);
      isBusy.value = false;
    }
  }
  return (
    <Step
      icon="bolt"
      title="Train the sample"
      text="A small network on 10,000 pictures of clothes, in under a minute. You see the curves while it learns."
    >
      <Button kind="primary" icon="play" busy={isBusy.value} onClick={() => void train()}>
        Train now
      </Button>
    </Step>
  );
}
