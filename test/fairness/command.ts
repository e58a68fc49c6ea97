/**
 * `npm run test:fairness`: runs each abuse of the table against a whole service, at full size, and prints how long other clients
 * waited meanwhile. The first row is without abuse.
 * `--only NAME`: rows whose name contains NAME. `--short`: the sizes of `npm test`. `--same-address`: the attacker shares the IP
 * address of the other clients.
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
    ['bound', ...Object.values(BOUNDS).map(String), ''],
    ...results.map(({ row, measured, faults }) => [
      row,
      ...Object.values(measured).map((value) => value.toFixed(0)),
      faults.length === 0 ? 'kept' : 'EXCEEDED',
    ]),
  ],
);
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
