/** Whether the service has a newer build of the console than this tab. */
import { signal } from '@preact/signals';
import { comebacks } from '../data/service.js';
import { base } from '../router/router.js';

export const isOutdated = signal(false);

/** Returns the name of the program of a page, which contains a digest of its source. Undefined if the page has none. */
const programOf = (page: string): string | undefined =>
  /<script type="module"[^>]* src="[^"]*\/([^/"]+)"/.exec(page)?.[1];

async function check(own: string | undefined): Promise<void> {
  const response = await fetch(base.href, { cache: 'no-store' });
  const current = response.ok ? programOf(await response.text()) : undefined;
  isOutdated.value = current !== undefined && current !== own;
}

/** Compares the builds whenever the service was away and came back, and when the tab is shown again. */
export function watchVersion(): () => void {
  const own = programOf(document.querySelector('script[type=module]')?.outerHTML ?? '');
  const checkNow = (): void => {
    // An update restarts the service: if it does not answer, it comes back.
    if (!document.hidden) check(own).catch(() => undefined);
  };
  document.addEventListener('visibilitychange', checkNow);
  const stop = comebacks.subscribe((count) => {
    if (count > 0) checkNow();
  });
  return () => {
    stop();
    document.removeEventListener('visibilitychange', checkNow);
  };
}
