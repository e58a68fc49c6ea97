/** Editor of the request's JSON: line numbers, and each error at its line. */
import './json-editor.css';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { copyText } from '../../components/clipboard.js';
import { isDatasetUnreadable, type JobDraft } from './job-draft.js';
import { formatJson, lineOf, type ParsedJson, parseJson } from './json-text.js';
import { isObject, isSame, withoutShortForms } from './request-draft.js';

type LineError = Readonly<{ line: number; message: string }>;

export function JsonEditor({ draft }: { draft: JobDraft }) {
  const request = draft.request.value;
  const [text, setText] = useState(() => formatJson(request));
  const known = useRef(request);
  useLayoutEffect(() => {
    // A change of the form replaces the text; a change that came from the text leaves it as it was typed.
    if (!isSame(known.current, request)) setText(formatJson(request));
    known.current = request;
  }, [request]);
  const parsed = parseJson(text);
  const errors = errorsOf(parsed, draft);
  const type = (next: string): void => {
    setText(next);
    const { value } = parseJson(next);
    if (!isObject(value)) return;
    known.current = withoutShortForms(value);
    draft.update(value);
  };
  return (
    <div class="stack-s">
      <EditorText text={text} errors={errors} onInput={type} />
      <Problems errors={errors} />
      <div class="row">
        <Button small icon="copy" onClick={() => void copyText(text)}>
          Copy JSON
        </Button>
        <Button small kind="quiet" disabled={parsed.value === undefined} onClick={() => format(parsed, setText)}>
          Format
        </Button>
      </div>
    </div>
  );
}

const format = ({ value }: ParsedJson, setText: (text: string) => void): void => {
  if (value !== undefined) setText(formatJson(value));
};

function errorsOf(parsed: ParsedJson, draft: JobDraft): LineError[] {
  const { fault, value, lines } = parsed;
  if (fault !== undefined) return [{ line: fault.line, message: fault.message }];
  if (!isObject(value)) return [{ line: 1, message: 'A job is an object: { "network": "resnet" }.' }];
  const { errors } = draft.planned.value;
  // No line is wrong if the files of the data set cannot be read.
  if (isDatasetUnreadable(errors)) return [];
  return errors
    .map(({ pointer, message }) => ({ line: lineOf(lines, pointer) ?? 1, message: `${pointer} ${message}` }))
    .sort((a, b) => a.line - b.line);
}

function EditorText(props: { text: string; errors: readonly LineError[]; onInput: (text: string) => void }) {
  const { text, errors, onInput } = props;
  const numbers = useRef<HTMLDivElement>(null);
  const wrong = new Set(errors.map(({ line }) => line));
  const count = text.split('\n').length;
  return (
    <div class="json-editor">
      <div class="json-lines" aria-hidden="true" ref={numbers}>
        {Array.from({ length: count }, (_, index) => (
          <span key={index} class={wrong.has(index + 1) ? 'json-line json-line-wrong' : 'json-line'}>
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        class="json-text"
        aria-label="Job as JSON"
        aria-invalid={errors.length > 0}
        aria-describedby="json-problems"
        value={text}
        rows={Math.min(22, Math.max(8, count))}
        spellcheck={false}
        autocomplete="off"
        wrap="off"
        onInput={(event) => onInput(event.currentTarget.value)}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

function Problems({ errors }: { errors: readonly LineError[] }) {
  return (
    <ul id="json-problems" class="json-problems small">
      {errors.map(({ line, message }) => (
        <li key={`${line} ${message}`} class="wrap-anywhere">
          Line {line}: {message}
        </li>
      ))}
    </ul>
  );
}
