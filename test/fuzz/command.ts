/**
 * `npm run test:fuzz`: Schemathesis sends requests that openapi.yaml allows, and others that it forbids, to a running service. It
 * fails if an answer is a 5xx or does not match openapi.yaml. Before, it has the reader of weights files read mutated files.
 * `--max-examples N` (default 50): requests of each kind per operation. `--seed N` (default 1). `--weights N` (default
 * 5000): mutations of each weights file. Arguments after `--` go to
 * Schemathesis, for example `-- --include-operation-id predict`.
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
import { fuzzWeights } from './weights.js';

const { values, positionals } = parseArgs({
  options: {
    'max-examples': { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    weights: { type: 'string', default: '5000' },
  },
  allowPositionals: true,
});
const maxExamples = wholeNumber('max-examples', values['max-examples']);
const seed = wholeNumber('seed', values.seed);
const here = import.meta.dirname;

await fuzzWeights(wholeNumber('weights', values.weights), seed);

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
