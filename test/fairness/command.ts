/**
 * `npm run test:fairness`: abuses a whole service in each way of the table, at full size, and prints what other clients saw
 * meanwhile; first without an abuse. `--only NAME`: rows whose name contains it. `--short`: the sizes of `npm test`. `--same-address`: the attacker has the
 * address of the others.
 */
import { parseArgs } from 'node:util';
import { choose } from '../../bench/support/options.js';
import { printTable } from '../../bench/support/report.js';
import { nothing } from './rows/nothing.js';
import { ROWS } from './rows.js';
import { BOUNDS, openFairness, type RowResult } from './run.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    short: { type: 'boolean', default: false },
    'same-address': { type: 'boolean', default: false },
  },
});

const fairness = openFairness({ isFull: !values.short, bounds: BOUNDS, sameAddress: values['same-address'] });
const results: RowResult[] = [];
try {
  for (const row of [nothing, ...choose(ROWS, values.only)]) {
    const result = await fairness.run(row);
    results.push(result);
    console.log(`${row.name}: ${JSON.stringify(result.seen)}`);
    for (const fault of result.faults) console.log(`  ${fault}`);
  }
} finally {
  await fairness.close();
}
console.log();
printTable(
  ['', '/livez p99, ms', 'prediction max, ms', 'webhook max, ms', 'API memory, MiB', ''],
  [
    ['must be at most', ...Object.values(BOUNDS).map(String), ''],
    ...results.map(({ row, measured, faults }) => [
      row,
      ...Object.values(measured).map((value) => value.toFixed(0)),
      faults.length === 0 ? 'held' : 'NOT HELD',
    ]),
  ],
);
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
