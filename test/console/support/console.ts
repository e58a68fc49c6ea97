/** A real service with Chromium in front of it. Fails a test for errors in the browser, CSP reports, and requests to other hosts. */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { whySkipped } from '../../../scripts/chromium.js';
import { type ServiceProcesses, startProcesses } from '../../client/service.js';
import { openChromium } from './chromium.js';

export { whySkipped } from './chromium.js';

/** A phone. */
export const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const DESKTOP = { width: 1280, height: 800 };

/** A busy machine may take that long for one step of a page, such as a prediction of the first picture. */
const PATIENCE_MS = 90_000;

type Options = Readonly<{
  /** Settings of the service. */
  settings?: Readonly<Record<string, string>>;
}>;

export type OpenOptions = BrowserContextOptions &
  Readonly<{
    /** Errors in the browser's console that the test expects. */
    expectedErrors?: readonly RegExp[];
    /** Address to open in place of the service, for example of a proxy. */
    address?: string;
  }>;

export type ConsoleUnderTest = Readonly<{
  service: ServiceProcesses;
  browser: Browser;
  /** Opens a path of the console, such as `/jobs`, in a new context. Resolves once a heading is there. */
  open(path: string, options?: OpenOptions): Promise<Page>;
}>;

/** Browser of a test file, and what went wrong in its pages. */
export type Pages = Readonly<{
  browser: Browser;
  /** Opens a path below /ui of an address in a new context. Resolves once a heading is there. */
  open(path: string, options: OpenOptions & { address: string }): Promise<Page>;
}>;

/** Starts a browser for all tests of a file. Faults in its pages fail the file after its last test. */
export function openPages(): Pages {
  let browser: Browser | undefined;
  const faults: string[] = [];
  beforeAll(async () => {
    if (whySkipped === undefined) browser = await openChromium();
  });
  afterAll(async () => {
    await browser?.close();
    expect(faults).toEqual([]);
  });
  return {
    get browser() {
      return started(browser);
    },
    async open(path, { expectedErrors = [], address, ...options }) {
      const context = await started(browser).newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      await watchFaults(page, address, (fault) => {
        if (!expectedErrors.some((pattern) => pattern.test(fault))) faults.push(`${path}: ${fault}`);
      });
      await page.goto(`${address}/ui${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      return page;
    },
  };
}

/** Starts a service and a browser for all tests of a file. Faults in the pages fail the file after its last test. */
export function useConsole({ settings = {} }: Options = {}): ConsoleUnderTest {
  const pages = openPages();
  let service: ServiceProcesses | undefined;
  beforeAll(async () => {
    if (whySkipped === undefined) service = await startProcesses(settings);
  });
  afterAll(() => service?.close());
  return {
    get service() {
      return started(service);
    },
    get browser() {
      return pages.browser;
    },
    open: (path, options = {}) => pages.open(path, { address: started(service).address, ...options }),
  };
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The service and the browser start in beforeAll.');
  return value;
}

/** Reports what must not happen on any page. */
async function watchFaults(page: Page, address: string, report: (fault: string) => void): Promise<void> {
  page.on('pageerror', (error) => report(`uncaught ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') report(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(blob|data):/.test(url)) report(`request to ${url}`);
  });
  await page.exposeFunction('reportViolation', (text: string) => report(`content security policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { reportViolation } = globalThis as unknown as { reportViolation(text: string): void };
      reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}

type AxeResults = { violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] };

/** Checks that nothing is wider than the page. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  // Negative beside the room that `scrollbar-gutter` keeps free.
  expect(overflow, `pixels that ${page.url()} is wider than its window`).toBeLessThanOrEqual(0);
}

/** Rules of axe for each theme. The themes differ only in their colours. The tag `cat.color` has a rule of level AAA besides. */
const AXE_OPTIONS = {
  light: { resultTypes: ['violations'] },
  dark: { resultTypes: ['violations'], runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } },
} as const;

/** Checks a page with axe, in the light theme, and its colours in the dark theme as well. */
export async function expectAccessible(page: Page): Promise<void> {
  // Runs in the page as the debugger, which the content security policy does not concern.
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(AXE_OPTIONS[colorScheme])})`)) as AxeResults;
    const found = violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.slice(0, 5).map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
    }));
    expect({ colorScheme, found }).toEqual({ colorScheme, found: [] });
  }
}
