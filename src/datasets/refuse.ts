/** Error for an archive that cannot be used, with the paths or lines at fault. */
import { type FieldError, TrainyardError } from '../errors/errors.js';

/** Faults that an error lists. */
const MAX_FAULTS = 20;
/** Pointer to a line of a manifest. */
const LINE = /^\/(.+\.(?:csv|tsv|jsonl))\/(\d+)$/i;

/** Returns the error for an archive with its first faults. `count` is the number of all faults. */
export function refuse(
  faults: readonly FieldError[],
  count = faults.length,
  advice = '',
  cause?: unknown,
): TrainyardError {
  const [first] = faults;
  const more = count > 1 ? `. In all, ${count} paths are at fault` : '';
  return new TrainyardError(
    'invalid_dataset',
    `The archive cannot be used: ${subjectOf(first?.pointer ?? '')}${first?.message}${more}.${advice}`,
    { cause, errors: faults.slice(0, MAX_FAULTS) },
  );
}

function subjectOf(pointer: string): string {
  const [, file, line] = LINE.exec(pointer) ?? [];
  if (file !== undefined) return `line ${line} of ${file} `;
  return pointer === '' ? '' : `${pointer.slice(1)} `;
}
