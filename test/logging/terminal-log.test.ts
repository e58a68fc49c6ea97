/** Log lines for people at a terminal. */
import { expect, test } from 'vitest';
import { formatRecord, type LogRecord } from '../../src/logging/terminal-log.js';

const worker = { level: 30, time: 0, pid: 7, service: 'worker' };

const lines: [record: LogRecord, line: string][] = [
  [
    {
      ...{
        msg: 'worker started',
        processor: 'A CPU',
        cores: 2,
        memoryBytes: 25_276_502_016,
        device: 'cpu',
        concurrency: 1,
      },
      operationsPerSecond: 29_052_050_511.9,
    },
    'worker  started on A CPU, 2 cores: trains 1 at once on the cpu, 25.3 GB each',
  ],
  [
    { msg: 'attempt ended', jobId: 'j', attempt: 1, outcome: { type: 'stopped' }, status: 'paused', fenced: false },
    'worker  attempt 1 ended, the job is paused: stopped  job=j',
  ],
  [
    {
      ...{ msg: 'attempt ended', attempt: 2, status: 'failed', fenced: false },
      outcome: { type: 'died', error: { code: 'trainer_died', message: 'The trainer process died.' } },
    },
    'worker  attempt 2 ended, the job is failed: The trainer process died.',
  ],
  [
    { msg: 'attempt ended', attempt: 2, outcome: { type: 'trained' }, status: 'succeeded', fenced: true },
    'worker  attempt 2 ended, another worker owns the job: trained',
  ],
  [
    { msg: 'found', answer: { outcome: 'fenced', seq: 4 }, names: ['a', 'b'], signal: null, path: '/x' },
    'worker  found  answer=(outcome fenced, seq 4)  names=a, b  signal=none  path=/x',
  ],
  [{ msg: 'clear \u001b[2J\u0007 screen' }, 'worker  clear [2J screen'],
];

test.each(lines)('is a sentence without JSON: %j', (record, line) => {
  expect(formatRecord({ ...worker, ...record })).toBe(line);
});
