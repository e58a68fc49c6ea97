/** Dialog for the notes and tags of a job. */
import './edit-texts.css';
import { type Signal, useSignal } from '@preact/signals';
import { isTrainyardError, type Job } from 'trainyard';
import { forget } from '../data/resource.js';
import { client } from '../data/service.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { TextAreaField, TextField } from './field.js';
import { toast } from './toast.js';

const MAX_TAGS = 16;
type Tag = Readonly<{ key: string; value: string }>;

export function EditTexts({ job, onClose, onSaved }: { job: Job; onClose: () => void; onSaved: (job: Job) => void }) {
  const notes = useSignal(job.notes ?? '');
  const tags = useSignal<readonly Tag[]>(Object.entries(job.metadata).map(([key, value]) => ({ key, value })));
  const error = useSignal<unknown>(undefined);
  const isSaving = useSignal(false);
  const save = async (): Promise<void> => {
    isSaving.value = true;
    error.value = undefined;
    try {
      onSaved(await client.jobs.change(job.id, changeOf(job, notes.value, tags.value)));
      forget('jobs');
      toast('Saved');
      onClose();
    } catch (reason) {
      error.value = reason;
    }
    isSaving.value = false;
  };
  const wrongNotes = messageAt(error.value, '/notes');
  const wrongTags = messageAt(error.value, '/metadata');
  return (
    <Dialog
      title={`Notes and tags of “${job.spec.name}”`}
      onClose={onClose}
      error={(wrongNotes ?? wrongTags) ? undefined : error.value}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={isSaving.value} onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <div class="stack">
        <TextAreaField
          label="Notes"
          rows={5}
          value={notes.value}
          error={wrongNotes}
          onInput={(text) => {
            notes.value = text;
          }}
        />
        <TagFields tags={tags} error={wrongTags} />
      </div>
    </Dialog>
  );
}

/** Returns what the service says about a field, or a value within it. */
function messageAt(error: unknown, pointer: string): string | undefined {
  if (!isTrainyardError(error)) return undefined;
  const found = error.errors.find((each) => each.pointer === pointer || each.pointer.startsWith(`${pointer}/`));
  if (found === undefined) return undefined;
  const name = found.pointer.slice(pointer.length + 1);
  return `${name === '' ? 'This' : `“${name}”`} ${found.message}.`;
}

function TagFields({ tags, error }: { tags: Signal<readonly Tag[]>; error: string | undefined }) {
  const setTag = (index: number, change: Partial<Tag>): void => {
    tags.value = tags.value.map((tag, at) => (at === index ? { ...tag, ...change } : tag));
  };
  return (
    <fieldset class="edit-tags">
      <legend>Tags</legend>
      <p class="muted small">The list of jobs finds a job by its tags.</p>
      {tags.value.map(({ key, value }, index) => (
        <div class="edit-tag" key={index}>
          <TextField label={`Name of tag ${index + 1}`} value={key} onInput={(text) => setTag(index, { key: text })} />
          <TextField
            label={`Value of tag ${index + 1}`}
            value={value}
            onInput={(text) => setTag(index, { value: text })}
          />
          <Button
            kind="quiet"
            icon="close"
            label={`Remove tag ${index + 1}`}
            onClick={() => {
              tags.value = tags.value.filter((_, at) => at !== index);
            }}
          />
        </div>
      ))}
      {error !== undefined && (
        <p class="field-error small wrap-anywhere" role="alert">
          {error}
        </p>
      )}
      {tags.value.length < MAX_TAGS && (
        <Button
          small
          icon="plus"
          onClick={() => {
            tags.value = [...tags.value, { key: '', value: '' }];
          }}
        >
          Add a tag
        </Button>
      )}
    </fieldset>
  );
}

/** Returns the merge patch from a job's texts to the edited ones. */
function changeOf({ metadata }: Job, notes: string, tags: readonly Tag[]) {
  const next = Object.fromEntries(tags.map(({ key, value }) => [key.trim(), value]).filter(([key]) => key !== ''));
  const removed = Object.keys(metadata).filter((key) => !(key in next));
  return {
    notes: notes === '' ? null : notes,
    metadata: { ...next, ...Object.fromEntries(removed.map((key) => [key, null])) },
  };
}
