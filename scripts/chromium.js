/** Chromium of this machine, in which the tests of the console run. `node scripts/chromium.js --check` exits with 1 if there is none. */
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Path of Chromium: the variable CHROMIUM, or a place where systems install it. Undefined if there is none. */
export const chromiumPath = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

/** Says in one line why the tests of the console are skipped. Undefined if they run. */
export const whySkipped =
  chromiumPath === undefined
    ? 'no Chromium: run `apt-get install chromium`, or set CHROMIUM to the path of one'
    : undefined;

if (process.argv[2] === '--check' && chromiumPath === undefined) process.exit(1);
