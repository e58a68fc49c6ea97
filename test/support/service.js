/** A process as a supervisor runs it: says that it is ready, starts a child, and does what its first argument in SERVICE_DOES says. */
import { spawn } from 'node:child_process';

if (process.env['SERVICE_DOES'] === 'fail') process.exit(3);
const helper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
process.on('SIGTERM', () => {
  if (process.env['SERVICE_DOES'] === 'hang') return;
  helper.kill();
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));
if (process.env['SERVICE_DOES'] !== 'never-ready') process.send?.({ type: 'ready', address: `pid ${process.pid}`, helper: helper.pid });
