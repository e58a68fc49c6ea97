/** A field of the job form: its input by kind, and its description, range and default behind a question mark. */
import './job-field.css';
import { useId, useState } from 'preact/hooks';
import type { WrongField } from 'trainyard';
import { Button } from '../../components/button.js';
import { Help } from '../../components/help.js';
import { Icon } from '../../components/icon.js';
import { type FormField, inFormWords, titleOf } from './job-form.js';
import { formatJson, parseJson } from './json-text.js';
import { rangeOf, readText, textOf } from './number-text.js';
import { isSame, type Json } from './request-draft.js';

type Props = Readonly<{
  field: FormField;
  /** Value in the request; undefined if the request leaves the field out. */
  own: Json | undefined;
  /** The effective value: from the request, the default, or filled in by the service. */
  value: Json | undefined;
  /** Value that the service uses if the request has none. */
  fallback: Json | undefined;
  error: WrongField | undefined;
  /** Suggestions for a text. */
  names?: readonly string[] | undefined;
  /** Sets the value; undefined leaves the field to its default. */
  onChange: (value: Json | undefined) => void;
}>;

export function JobField(props: Props) {
  const { field, own, fallback, error, onChange } = props;
  const id = useId();
  const [fault, setFault] = useState<string | undefined>(undefined);
  const title = titleOf(field);
  const isModified = own !== undefined && !isSame(own, fallback) && field.path !== 'network';
  const wrong = fault ?? (error && inFormWords(error.message));
  const described = [`${id}-text`, ...(wrong === undefined ? [] : [`${id}-error`])].join(' ');
  const attributes: InputAttributes = {
    id,
    'aria-describedby': described,
    ...(wrong !== undefined && { 'aria-invalid': true }),
  };
  return (
    <div class={`job-field${isModified ? ' job-field-modified' : ''}`} data-path={field.path}>
      <div class="job-field-top">
        <label for={id}>{title}</label>
        <Help id={`${id}-text`} title={title}>
          <About field={field} fallback={fallback} />
        </Help>
        {isModified && (
          <span class="job-field-mark small">
            modified
            <Button
              kind="quiet"
              small
              icon="undo"
              label={resetLabel(title, fallback)}
              onClick={() => onChange(undefined)}
            />
          </span>
        )}
      </div>
      <div class="job-field-input">
        <Input {...props} attributes={attributes} onFault={setFault} />
        {field.unit !== undefined && field.kind !== 'json' && <span class="muted small nowrap">{field.unit}</span>}
      </div>
      {wrong !== undefined && (
        <p id={`${id}-error`} class="job-field-error small wrap-anywhere">
          <Icon name="warning" size={14} />
          <span>
            {sentence(wrong)}
            {fault === undefined && error?.suggestion !== undefined && (
              <Button small onClick={() => onChange(error.suggestion)}>
                Use {error.suggestion}
              </Button>
            )}
          </span>
        </p>
      )}
    </div>
  );
}

const resetLabel = (title: string, fallback: Json | undefined): string =>
  fallback === undefined || fallback === null ? `Reset ${title}` : `Reset ${title} to ${textOf(fallback)}`;

/** Returns a message of the service, which begins with a verb, as a sentence. */
const sentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`;

type InputAttributes = Readonly<{ id: string; 'aria-describedby': string; 'aria-invalid'?: true }>;
type InputProps = Props & Readonly<{ attributes: InputAttributes; onFault: (fault: string | undefined) => void }>;

function Input(props: InputProps) {
  const { field, names } = props;
  if (field.kind === 'boolean' || field.kind === 'switch') return <Toggle {...props} />;
  if (field.kind === 'choice') return <Choices {...props} />;
  if (field.kind === 'json') return <JsonInput {...props} />;
  if (field.kind === 'lines') return <Lines {...props} />;
  return names === undefined ? <TextInput {...props} /> : <Choices {...props} field={{ ...field, choices: names }} />;
}

/** A switch: of a flag, or of an object that null turns off. */
function Toggle({ field, value, attributes, onChange }: InputProps) {
  const isSwitch = field.kind === 'switch';
  const isOn = isSwitch ? value !== null && value !== undefined : value === true;
  const setOn = (on: boolean): void => {
    if (isSwitch) onChange(on ? {} : null);
    else onChange(on);
  };
  return (
    <span class="job-field-toggle">
      <input {...attributes} type="checkbox" checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
      <span class="muted">{isOn ? 'on' : 'off'}</span>
    </span>
  );
}

function Choices({ field, value, fallback, attributes, onChange }: InputProps) {
  const choices = field.choices ?? [];
  const current = typeof value === 'object' && value !== null ? OWN : textOf(value);
  const isKnown = current === OWN || choices.some((choice) => String(choice) === current);
  return (
    <select
      {...attributes}
      class="input"
      value={current}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text !== OWN)
          onChange(choices.find((choice) => String(choice) === text) ?? (text === '' ? undefined : text));
      }}
    >
      {!isKnown && <option value={current}>{current === '' ? '–' : current}</option>}
      {current === OWN && <option value={OWN}>as in the JSON</option>}
      {choices.map((choice) => (
        <option key={choice} value={String(choice)}>
          {isSame(choice, fallback) ? `${choice} (default)` : choice}
        </option>
      ))}
    </select>
  );
}

const OWN = '\u0000';

function TextInput({ field, value, own, fallback, attributes, onFault, onChange }: InputProps) {
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const shown = typed ?? textOf(own ?? (field.kind === 'text' ? undefined : value));
  const type = (text: string): void => {
    setTyped(text);
    const read = readText(text, field);
    onFault('fault' in read ? read.fault : undefined);
    if ('value' in read) onChange(read.value);
  };
  return (
    <input
      {...attributes}
      class={`input${field.kind === 'text' || field.kind === 'list' ? '' : ' input-number'}`}
      type="text"
      inputMode={field.kind === 'integer' ? 'numeric' : field.kind === 'number' ? 'decimal' : 'text'}
      value={shown}
      placeholder={placeholderOf(field, fallback)}
      autoComplete="off"
      spellcheck={false}
      dir="auto"
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={() => typed !== undefined && 'value' in readText(typed, field) && setTyped(undefined)}
    />
  );
}

function Lines({ own, attributes, onChange }: InputProps) {
  return (
    <textarea
      {...attributes}
      class="input"
      rows={3}
      value={textOf(own)}
      dir="auto"
      onInput={({ currentTarget: { value } }) => onChange(value === '' ? undefined : value)}
    />
  );
}

function placeholderOf({ nullable }: FormField, fallback: Json | undefined): string {
  if (fallback === null || (fallback === undefined && nullable)) return 'none';
  return textOf(fallback);
}

/** JSON of a field that has no inputs of its own. */
function JsonInput({ value, attributes, onFault, onChange }: InputProps) {
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const type = (text: string): void => {
    setTyped(text);
    const { value: read, fault } = text.trim() === '' ? { value: undefined, fault: undefined } : parseJson(text);
    onFault(fault && `Line ${fault.line}: ${fault.message}`);
    if (fault === undefined) onChange(read);
  };
  return (
    <textarea
      {...attributes}
      class="input job-field-json"
      rows={3}
      value={typed ?? (value === undefined ? '' : formatJson(value))}
      placeholder="none"
      spellcheck={false}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={() => typed !== undefined && parseJson(typed).fault === undefined && setTyped(undefined)}
    />
  );
}

function About({ field, fallback }: { field: FormField; fallback: Json | undefined }) {
  const range = rangeOf(field);
  const standard = fallback === undefined || typeof fallback === 'object' ? undefined : textOf(fallback);
  return (
    <>
      {field.description !== undefined && <p>{withCode(field.description)}</p>}
      <p class="muted">
        <code>{field.path}</code>
        {range !== undefined && ` · ${range}${field.unit === undefined ? '' : ` ${field.unit}`}`}
        {standard !== undefined && ` · default ${standard}`}
      </p>
    </>
  );
}

/** Returns a text whose parts between back-ticks are code. */
const withCode = (text: string) =>
  text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
