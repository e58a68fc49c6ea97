/** Chromium for tests of the console. */
import { type Browser, chromium } from 'playwright-core';
import { chromiumPath } from '../../../scripts/chromium.js';

export { whySkipped } from '../../../scripts/chromium.js';

/** Starts Chromium with a fake camera, which needs no permission. */
export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? '',
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--disable-dev-shm-usage',
      // A name that no DNS server is asked for.
      '--host-resolver-rules=MAP *.example.com 127.0.0.1',
    ],
  });
