/**
 * `npm run test:fuzz`: Schemathesis asks a running service what openapi.yaml allows and what it does not, and fails where an
 * answer is a 5xx or is not as described. `--max-examples N` (50): requests of a kind to one operation; `--seed N` (1);
 * what follows `--` goes to Schemathesis, as `-- --include-operation-id predict`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../bench/support/options.js';
import { pythonSettings } from '../../bench/support/python.js';
import { pythonOf } from '../support/python.js';
import { startFuzzedService } from './service.js';

const { values, positionals } = parseArgs({
  options: {
    'max-examples': { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const maxExamples = wholeNumber('max-examples', values['max-examples']);
const seed = wholeNumber('seed', values.seed);
const here = import.meta.dirname;

const python = await pythonOf(here);
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-fuzz-'));
try {
  const service = await startFuzzedService(dataDir);
  try {
    const child = spawn(
      python,
      [
        ...['-m', 'schemathesis.cli', '--config-file', join(here, 'schemathesis.toml'), 'run'],
        join(here, '../../openapi.yaml'),
        ...['--url', service.address, '--seed', String(seed), '--max-examples', String(maxExamples)],
        ...positionals,
      ],
      {
        stdio: 'inherit',
        cwd: dataDir,
        env: {
          ...pythonSettings(),
          SCHEMATHESIS_HOOKS: join(here, 'hooks.py'),
          FUZZED_JOB: service.jobId,
          FUZZED_WEIGHTS: join(dataDir, 'models/fuzzed/1/weights.safetensors'),
        },
      },
    );
    const [code] = await once(child, 'exit');
    process.exitCode = code === 0 ? 0 : 1;
  } finally {
    await service.close();
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
