/** New job: the form beside the plan, the curve of the learning rate, the JSON and the data set. */
import './new-job-page.css';
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { openFocusedHelp } from '../../components/help.js';
import { Menu } from '../../components/menu.js';
import { PageHeader } from '../../components/page-header.js';
import { Notice } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { client } from '../../data/service.js';
import { useCommands } from '../../keyboard/shortcuts.js';
import { navigate, search } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { CodePanel } from './code-panel.js';
import { DatasetSummary } from './dataset-summary.js';
import { createJobDraft, errorAt, isEmptyForm, type JobDraft, otherErrors } from './job-draft.js';
import { effectiveValue, GROUPS, submissionOf } from './job-form.js';
import { JobGroup } from './job-group.js';
import { RECIPES } from './job-sources.js';
import { LearningRate } from './learning-rate.js';
import { PlanCard } from './plan-card.js';
import { withValue } from './request-draft.js';
import { SourceDialog } from './source-dialog.js';
import { StartingPoint } from './starting-point-notice.js';
import { SubmitBar } from './submit-bar.js';

export function NewJobPage() {
  const draft = useMemo(createJobDraft, []);
  const isChoosing = useSignal(false);
  const isSubmitting = useSignal(false);
  useEffect(() => draft.close, [draft]);
  useSignalEffect(() => {
    search.value;
    void draft.readAddress();
  });
  const submit = async (): Promise<void> => {
    if (isSubmitting.peek()) return;
    isSubmitting.value = true;
    await submitDraft(draft);
    isSubmitting.value = false;
  };
  const isEmpty = isEmptyForm(draft.request.value);
  useCommands(
    () => [
      { id: 'submit-job', title: 'Submit this job', group: 'New job', keys: 'mod+Enter', run: () => void submit() },
      { id: 'field-help', title: 'Help of the field', group: 'New job', keys: 'mod+i', run: openFocusedHelp },
      { id: 'empty-form', title: 'Begin with an empty form', group: 'New job', run: () => navigate(to('newJob')) },
    ],
    [draft],
  );
  return (
    <>
      <PageHeader
        title="New job"
        parents={[['Jobs', to('jobs')]]}
        actions={
          <>
            <Menu
              text="Recipes"
              label="Recipes"
              small={false}
              items={RECIPES.map((recipe) => ({
                title: `${recipe.name}: ${recipe.purpose}`,
                run: () => navigate(to('newJob', { recipe: recipe.name })),
              }))}
            />
            <Button icon="copy" onClick={() => (isChoosing.value = true)}>
              Choose a source
            </Button>
            {!isEmpty && (
              <Button icon="undo" kind="quiet" onClick={() => navigate(to('newJob'))}>
                Reset all
              </Button>
            )}
          </>
        }
      />
      {draft.sourceFault.value !== undefined && <Notice tone="bad">{draft.sourceFault.value}</Notice>}
      <StartingPoint draft={draft} />
      <div class="new-job">
        <Form draft={draft} onSubmit={() => void submit()} />
        <Side draft={draft} />
      </div>
      <SubmitBar draft={draft} isSubmitting={isSubmitting.value} onSubmit={() => void submit()} />
      {isChoosing.value && (
        <SourceDialog
          onDataset={(name) => {
            draft.update(withValue(draft.request.peek(), 'dataset.name', name));
            isChoosing.value = false;
          }}
          onClose={() => (isChoosing.value = false)}
        />
      )}
    </>
  );
}

/** Submits the request and opens the page of the job. A refusal appears at its fields. */
async function submitDraft(draft: JobDraft): Promise<void> {
  try {
    const job = await client.jobs.submit(submissionOf(draft.request.peek()), { idempotencyKey: randomKey() });
    toast('Job submitted');
    navigate(to('job', { id: job.id }));
  } catch (error) {
    draft.refuse(error);
    requestAnimationFrame(() => {
      const wrong = document.querySelector<HTMLElement>('.new-job [aria-invalid]');
      wrong?.focus();
      wrong?.scrollIntoView({ block: 'center' });
    });
  }
}

/** Browsers have no `crypto.randomUUID` over plain http. */
const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function Form({ draft, onSubmit }: { draft: JobDraft; onSubmit: () => void }) {
  const { errors, fault } = draft.planned.value;
  const others = otherErrors(errors);
  return (
    <form
      class="new-job-form"
      aria-label="Settings of the job"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {fault !== undefined && <Notice tone="warn">{fault}</Notice>}
      {others.length > 0 && (
        <Notice tone="bad">
          <ul>
            {others.map(({ pointer, message }) => (
              <li key={pointer} class="wrap-anywhere">
                <code>{pointer === '' ? 'The request' : pointer}</code> {message}.
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {GROUPS.map((group) => (
        <JobGroup key={group.id} group={group} draft={draft} />
      ))}
      <button type="submit" class="visually-hidden" tabIndex={-1}>
        Submit job
      </button>
    </form>
  );
}

function Side({ draft }: { draft: JobDraft }) {
  const { plan, errors } = draft.planned.value;
  const request = draft.request.value;
  const dataset = effectiveValue('dataset.name', request, draft.spec.value);
  return (
    <div class="new-job-side">
      <PlanCard draft={draft} />
      <CodePanel draft={draft} />
      <LearningRate plan={plan} isWrong={errorAt(errors, 'schedule.name') !== undefined} />
      {typeof dataset === 'string' && <DatasetSummary key={dataset} name={dataset} />}
    </div>
  );
}
