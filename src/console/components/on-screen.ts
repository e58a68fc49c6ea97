/** Whether an element is on the screen, or about to be scrolled there. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Distance from the screen at which an element counts as on it. */
const AHEAD = '200px';

/** Returns the latest value that was given while the element was on the screen. Until that is known, the first one. */
export function useValueOnScreen<T>(element: RefObject<HTMLElement | null>, value: T): T {
  const isOnScreen = useSignal(false);
  const latest = useRef(value);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        isOnScreen.value = entries.at(-1)?.isIntersecting === true;
      },
      { rootMargin: AHEAD },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  if (isOnScreen.value) latest.current = value;
  return latest.current;
}
