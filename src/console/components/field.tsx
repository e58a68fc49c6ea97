/** Form fields: label, unit, description, error, and a mark with a way back if the value differs from its default. */
import './field.css';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Button } from './button.js';

type Common = Readonly<{
  label: string;
  /** Unit shown after the input: `images`, `s`. */
  unit?: string | undefined;
  description?: ComponentChildren;
  /** What is wrong with the value. */
  error?: string | undefined;
  /** Resets the value to its default. Present only if the value differs from it. */
  onReset?: (() => void) | undefined;
  /** The default, shown beside the mark. */
  resetTo?: string | undefined;
}>;

/** Attributes that tie an input to its label, description and error. */
export type FieldIds = Readonly<{ id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }>;

/** Frame of a field with any input: `children` gets the attributes for the input. */
export function Field({
  label,
  unit,
  description,
  error,
  onReset,
  resetTo,
  children,
}: Common & { children: (ids: FieldIds) => ComponentChildren }) {
  const id = useId();
  const described = [description !== undefined && `${id}-text`, error !== undefined && `${id}-error`].filter(Boolean);
  const ids: FieldIds = {
    id,
    ...(described.length > 0 && { 'aria-describedby': described.join(' ') }),
    ...(error !== undefined && { 'aria-invalid': true }),
  };
  return (
    <div class={`field${error === undefined ? '' : ' field-wrong'}`}>
      <div class="field-top">
        <label for={id}>{label}</label>
        {onReset && (
          <span class="field-modified">
            modified
            <Button
              kind="quiet"
              small
              icon="undo"
              label={resetTo === undefined ? `Reset ${label}` : `Reset ${label} to ${resetTo}`}
              onClick={onReset}
            />
          </span>
        )}
      </div>
      <div class="field-input">
        {children(ids)}
        {unit !== undefined && <span class="field-unit muted">{unit}</span>}
      </div>
      {description !== undefined && (
        <p id={`${id}-text`} class="muted small">
          {description}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} class="field-error small wrap-anywhere" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

type Input<T> = Common &
  Readonly<{ value: T; onInput: (value: T) => void; placeholder?: string | undefined; disabled?: boolean | undefined }>;

export function TextField({
  value,
  onInput,
  placeholder,
  disabled,
  type = 'text',
  autoComplete = 'off',
  ...field
}: Input<string> & { type?: 'text' | 'password' | 'search' | 'url'; autoComplete?: string }) {
  return (
    <Field {...field}>
      {(ids) => (
        <input
          {...ids}
          class="input"
          // Preact's types want the one type of an input that its role follows from.
          type={type as 'text'}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          autoComplete={autoComplete}
          spellcheck={false}
          dir="auto"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A number; undefined while the text is empty or no number. */
export function NumberField({
  value,
  onInput,
  min,
  max,
  step = 'any',
  placeholder,
  disabled,
  ...field
}: Input<number | undefined> & {
  min?: number | undefined;
  max?: number | undefined;
  step?: number | 'any' | undefined;
}) {
  return (
    <Field {...field}>
      {(ids) => (
        <input
          {...ids}
          class="input input-number"
          type="number"
          inputMode="decimal"
          value={value ?? ''}
          min={min}
          max={max}
          step={step}
          placeholder={placeholder}
          disabled={disabled}
          onInput={({ currentTarget: { value: text, valueAsNumber } }) =>
            onInput(text === '' || Number.isNaN(valueAsNumber) ? undefined : valueAsNumber)
          }
        />
      )}
    </Field>
  );
}

export type Choice<T extends string> = Readonly<{ value: T; title: string; disabled?: boolean }>;

export function SelectField<T extends string>({
  value,
  onInput,
  choices,
  disabled,
  ...field
}: Omit<Input<T>, 'placeholder'> & { choices: readonly Choice<T>[] }) {
  return (
    <Field {...field}>
      {(ids) => (
        <select
          {...ids}
          class="input"
          value={value}
          disabled={disabled}
          onChange={(event) => onInput(event.currentTarget.value as T)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled ?? false}>
              {choice.title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function TextAreaField({
  value,
  onInput,
  rows = 4,
  placeholder,
  disabled,
  ...field
}: Input<string> & { rows?: number }) {
  return (
    <Field {...field}>
      {(ids) => (
        <textarea
          {...ids}
          class="input"
          rows={rows}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          dir="auto"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** A switch with its label on the right. */
export function CheckField({
  label,
  value,
  onInput,
  description,
  disabled = false,
}: Pick<Input<boolean>, 'label' | 'value' | 'onInput' | 'description' | 'disabled'>) {
  const id = useId();
  return (
    <div class="check-field">
      <input
        id={id}
        type="checkbox"
        checked={value}
        disabled={disabled}
        {...(description !== undefined && { 'aria-describedby': `${id}-text` })}
        onChange={(event) => onInput(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {description !== undefined && (
          <p id={`${id}-text`} class="muted small">
            {description}
          </p>
        )}
      </div>
    </div>
  );
}

/** A few choices side by side, one of them chosen: linear or log, step or time. */
export function Segmented<T extends string>({
  label,
  value,
  onInput,
  choices,
}: {
  label: string;
  value: T;
  onInput: (value: T) => void;
  choices: readonly Choice<T>[];
}) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="visually-hidden">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="segment">
          <input
            type="radio"
            class="visually-hidden"
            name={name}
            checked={choice.value === value}
            disabled={choice.disabled ?? false}
            onChange={() => onInput(choice.value)}
          />
          <span>{choice.title}</span>
        </label>
      ))}
    </fieldset>
  );
}
