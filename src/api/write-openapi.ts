/**
 * `npm run openapi`: writes openapi.yaml, the fields of the command's `key=value` arguments and those of the console's job form from the
 * contracts, then the client's types from openapi.yaml. With `--check` it only checks that the files are up to date.
 */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeApi } from './describe.js';
import { writeJobFields } from './job-field-table.js';
import { writeJobForm } from './job-form-table.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  'openapi.yaml': describeApi,
  'src/cli/job-fields.ts': writeJobFields,
  'src/console/pages/new-job/job-form-fields.json': writeJobForm,
};

for (const [name, describe] of Object.entries(FILES)) {
  const file = `${ROOT}${name}`;
  const text = await describe();
  if (process.argv.includes('--check')) {
    const found = await readFile(file, 'utf8').catch(() => '');
    if (found === text) continue;
    console.error(`${relative('.', file)} is out of date: run \`npm run openapi\` and commit the file.`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`Wrote ${file}.`);
  }
}

// openapi-typescript is a development dependency, so a script outside of src/ imports it.
const script = `${ROOT}scripts/client-schema.js`;
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
if (status !== 0) process.exitCode = 1;
