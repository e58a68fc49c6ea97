/** A group of the job form: its main fields, and the others behind a button. */
import { useId, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { errorAt, type JobDraft } from './job-draft.js';
import { JobField } from './job-field.js';
import {
  defaultOf,
  effectiveValue,
  exists,
  FIELDS,
  type FormField,
  type FormGroup,
  fieldsOfGroup,
  isOfPreset,
} from './job-form.js';
import { isSame, type Json, type JsonObject, pathsOf, valueAt, withValue } from './request-draft.js';

export function JobGroup({ group, draft }: { group: FormGroup; draft: JobDraft }) {
  const [isOpen, open] = useState(false);
  const id = useId();
  const request = draft.request.value;
  const { errors } = draft.planned.value;
  const { shown, more } = fieldsOfGroup(group, request, draft.spec.value);
  const count = more.filter(({ path }) => valueAt(request, path) !== undefined).length;
  const isWrong = more.some(({ path }) => errorAt(errors, path) !== undefined);
  const isShown = isOpen || isWrong;
  return (
    <section class="card job-group" aria-labelledby={`${id}-title`}>
      <header class="card-header">
        <h2 id={`${id}-title`}>
          {group.title} <span class="muted small job-group-hint">{group.hint}</span>
        </h2>
      </header>
      <div class="card-body">
        {shown.length === 0 && (
          <p class="muted">
            {group.id === 'fine-tuning' ? 'Set by the recipe: see the plan.' : 'As in the starting point.'}
          </p>
        )}
        <div class="job-group-fields">
          {shown.map((field) => (
            <BoundField key={field.path} field={field} draft={draft} />
          ))}
        </div>
        {more.length > 0 && (
          <Button
            kind="quiet"
            small
            icon={isShown ? 'chevron-up' : 'chevron-down'}
            aria-expanded={isShown}
            aria-controls={`${id}-more`}
            onClick={() => open(!isShown)}
          >
            {isShown
              ? 'Fewer options'
              : `${more.length} more ${more.length === 1 ? 'option' : 'options'}${count > 0 ? `, ${count} modified` : ''}`}
          </Button>
        )}
        {isShown && (
          <div class="job-group-fields" id={`${id}-more`}>
            {more.map((field) => (
              <BoundField key={field.path} field={field} draft={draft} />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

/** A field with its value in the draft. */
function BoundField({ field, draft }: { field: FormField; draft: JobDraft }) {
  const request = draft.request.value;
  const { path } = field;
  const names = useDatasetNames(path === 'dataset.name');
  const fallback = useFallback(path, draft);
  return (
    <JobField
      field={field}
      own={valueAt(request, path)}
      value={effectiveValue(path, request, draft.spec.value)}
      fallback={fallback}
      error={errorAt(draft.planned.value.errors, path)}
      names={names}
      onChange={(value) => draft.update(withChange(draft.request.peek(), field, value, fallback))}
    />
  );
}

/** Returns `fallbackOf`, or the default that the plan resolved before the field was set, while nothing else has changed. */
function useFallback(path: string, draft: JobDraft): Json | undefined {
  const resolved = useRef<{ others: JsonObject; value: Json | undefined } | undefined>(undefined);
  const request = draft.request.value;
  const { plan, errors, isPlanning } = draft.planned.value;
  const found = fallbackOf(path, draft);
  const isCurrent = plan !== undefined && errors.length === 0 && !isPlanning;
  if (valueAt(request, path) === undefined && isCurrent) resolved.current = { others: request, value: found };
  const isSameRun = isSame(withValue(request, path, undefined), resolved.current?.others);
  return found ?? (isSameRun ? resolved.current?.value : undefined);
}

/** Returns the value that counts if the request leaves the field out. */
function fallbackOf(path: string, draft: JobDraft): Json | undefined {
  const request = draft.request.value;
  const isSet = valueAt(request, path) !== undefined;
  if ('from' in request) return draft.sourceSpec.value && valueAt(draft.sourceSpec.value, path);
  // What the plan has resolved is the default only if the request does not set it.
  return effectiveValue(path, withValue(request, path, undefined), isSet ? undefined : draft.spec.value);
}

/** Returns the names of all data sets for the field that chooses one. */
function useDatasetNames(isWanted: boolean): readonly string[] | undefined {
  const list = useResource(
    async (signal) => (isWanted ? (await client.datasets.list({ signal }).all()).map(({ name }) => name) : undefined),
    [isWanted],
    isWanted ? { key: 'dataset-names' } : {},
  );
  return list.data.value;
}

/** Returns the request with another value. Options of a network, optimizer or schedule that is no longer named go. */
function withChange(
  request: JsonObject,
  field: FormField,
  value: Json | undefined,
  fallback: Json | undefined,
): JsonObject {
  const standard = defaultOf(field) ?? fallback;
  const hasDefault = !('from' in request) && field.path !== 'network' && !isOfPreset(field.path, request);
  const isDefault = hasDefault && isSame(value, standard);
  const next = withValue(request, field.path, isDefault ? undefined : value);
  if (!/^(network|optimizer\.name|schedule\.name)$/.test(field.path)) return next;
  const fitting = withoutForeign(next);
  return field.path === 'schedule.name' && value === 'multi-step' ? withDrops(fitting) : fitting;
}

/** Removes options that the network, optimizer or schedule of the request does not have. */
function withoutForeign(request: JsonObject): JsonObject {
  return pathsOf(request).reduce((left, path) => {
    const known = FIELDS.filter((field) => field.path === path && field.when !== undefined);
    const fits = known.some(
      (field) => exists(field, left, undefined) && (field.choices?.includes(valueAt(left, path) as string) ?? true),
    );
    return known.length === 0 || fits ? left : withValue(left, path, undefined);
  }, request);
}

/** Returns the request with drops of the learning rate after half and three quarters of the run: the schedule needs some. */
function withDrops(request: JsonObject): JsonObject {
  const epochs = Number(request['epochs'] ?? 5);
  const drops = [...new Set([0.5, 0.75].map((share) => Math.max(1, Math.floor(share * epochs))))];
  return withValue(request, 'schedule.epochs', drops);
}
