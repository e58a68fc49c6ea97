/** `npm run openapi`: writes openapi.yaml from the contracts. With `--check` it only checks that the file is up to date. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeApi } from './describe.js';

const FILE = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

const text = await describeApi();
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== text) {
    console.error('openapi.yaml is out of date: run `npm run openapi` and commit the file.');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
  console.log(`Wrote ${FILE}.`);
}
