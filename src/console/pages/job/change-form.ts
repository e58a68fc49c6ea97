/** Values of a job that can change, as a person edits them. */
import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Job, JobChange } from 'trainyard';
import { isTrainyardError } from 'trainyard';
import { toast } from '../../components/toast.js';
import { forget } from '../../data/resource.js';
import { client } from '../../data/service.js';

export type Values = Readonly<{
  learningRate: number | undefined;
  epochs: number | undefined;
  patience: number | undefined;
  maxSeconds: number | undefined;
  priority: number | undefined;
}>;
export type Name = keyof Values;

/** Returns the values that are in force. */
function valuesOf({ spec, priority, changes }: Job): Values {
  const applied = Object.assign({}, ...changes.map(({ to }) => to)) as JobChange;
  return {
    learningRate: spec.optimizer.learningRate,
    epochs: spec.epochs,
    ...applied,
    patience: changed(spec.earlyStopping?.patience, applied.patience),
    maxSeconds: changed(spec.maxSeconds, applied.maxSeconds),
    priority,
  };
}

/** Returns a limit after a change; undefined if there is none. */
const changed = (before: number | null | undefined, to: number | null | undefined): number | undefined =>
  (to === undefined ? before : to) ?? undefined;

/** Returns what differs, as the service takes it. An empty patience or time limit means none. */
function changesOf(before: Values, after: Values): JobChange {
  const different = (Object.keys(before) as Name[]).filter((name) => before[name] !== after[name]);
  return Object.fromEntries(different.map((name) => [name, after[name] ?? null])) as JobChange;
}

export type ChangeProps = Readonly<{ job: Job; onClose: () => void; refresh: () => Promise<void> }>;

/** Edits the values of a job, and sends what differs. */
export function useChangeForm({ job, onClose, refresh }: ChangeProps) {
  const before = useMemo(() => valuesOf(job), []);
  const values = useSignal(before);
  const errors = useSignal<Readonly<Partial<Record<string, string>>>>({});
  const failure = useSignal<unknown>(undefined);
  const isBusy = useSignal(false);
  const changes = changesOf(before, values.value);
  return {
    before,
    values,
    isBusy,
    /** Why the change was refused, if no field is to blame. */
    failure,
    isEmpty: Object.keys(changes).length === 0,
    /** Returns the properties of the field of a value. */
    field: (name: Name) => fieldOf(name, before, values, errors),

    async save(): Promise<void> {
      isBusy.value = true;
      failure.value = undefined;
      try {
        const { status } = await client.jobs.change(job.id, changes);
        toast(status === 'running' ? 'The job applies the change at its next step.' : 'The job is changed.');
        onClose();
      } catch (error) {
        errors.value = errorsOf(error);
        if (!Object.keys(errors.peek()).some((name) => name in before)) failure.value = error;
      }
      isBusy.value = false;
      forget('jobs');
      await refresh();
    },
  };
}

function fieldOf(
  name: Name,
  before: Values,
  values: Signal<Values>,
  errors: Signal<Readonly<Partial<Record<string, string>>>>,
) {
  const set = (value: number | undefined): void => {
    values.value = { ...values.peek(), [name]: value };
    errors.value = {};
  };
  return {
    value: values.value[name],
    error: errors.value[name],
    onInput: set,
    ...(values.value[name] !== before[name] && {
      onReset: () => set(before[name]),
      resetTo: before[name] === undefined ? 'none' : String(before[name]),
    }),
  };
}

/** Returns the messages by field. */
function errorsOf(error: unknown): Readonly<Record<string, string>> {
  if (!isTrainyardError(error)) return {};
  const entries = (error.errors ?? []).map(({ pointer, message }) => [pointer.replace(/^\//, ''), message]);
  return Object.fromEntries(entries) as Record<string, string>;
}
