#!/usr/bin/env node
/** The command `trainyard`. */
import { commandVersion } from './command-version.js';

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${commandVersion()}\n`);
} else {
  void import('./command-program.js').then(({ run }) => run(args));
}
