/** Values of the address that change quickly, such as under a slider or a drag. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Time without a change after which the address is written: browsers refuse more than 20 changes a second. */
const COMMIT_MS = 80;

/** Returns a signal that follows `committed`, the value of the address. A value that is set shows at once, and is committed a moment later. */
export function useDelayed<T>(committed: T, commit: (value: T) => void): Signal<T> {
  const shown = useSignal(committed);
  useEffect(() => {
    shown.value = committed;
  }, [committed]);
  useEffect(() => {
    if (shown.value === committed) return;
    const timer = setTimeout(() => commit(shown.peek()), COMMIT_MS);
    return () => clearTimeout(timer);
  }, [shown.value]);
  return shown;
}
