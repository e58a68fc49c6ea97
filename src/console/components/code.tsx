/** A block of code with a button that copies it. */
import './code.css';
import { Button } from './button.js';
import { copyText } from './clipboard.js';

export function CodeBlock({ code, label = 'Code' }: { code: string; label?: string }) {
  return (
    <section class="code" aria-label={label}>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
      <Button small icon="copy" label={`Copy ${label.toLowerCase()}`} onClick={() => void copyText(code)} />
    </section>
  );
}

/** A short text to copy, such as an id. */
export function CopyText({ text, shown = text, label }: { text: string; shown?: string; label: string }) {
  return (
    <span class="copy-text">
      <code>{shown}</code>
      <Button kind="quiet" small icon="copy" label={`Copy ${label}`} onClick={() => void copyText(text)} />
    </span>
  );
}
