/** `npm run openapi`: writes openapi.yaml from the contracts. With `--check`, only says whether it is in step. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeApi } from './describe.js';

const FILE = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

const text = await describeApi();
if (process.argv.includes('--check')) {
  const found = await readFile(FILE, 'utf8').catch(() => '');
  if (found !== text) {
    console.error('openapi.yaml is out of step with src/contracts and src/api: run `npm run openapi` and commit it.');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
  console.log(`Wrote ${FILE}.`);
}
