/** `trainyard doctor`: checks this machine and the service, and says what to do. */
import type { Command } from 'commander';
import { callerText } from '../access-text.js';
import { type Context, openContext } from '../context.js';
import { describeError, isUnreachable } from '../errors-text.js';
import { EXIT } from '../exit-codes.js';
import { noKeyError } from '../key-errors.js';
import { type Check, machineChecks, portCheck } from '../machine-checks.js';
import { pad } from '../output/text-width.js';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check this machine and the service')
    .description(
      'Check Node, Python, compiler, disk, GPU, driver, port and service, and say what to do. Exits with 1 if a check failed.',
    )
    .action(async (_: object, command: Command) => {
      const context = openContext(command);
      const checks = [...(await machineChecks()), ...(await serviceChecks(context))];
      for (const check of checks) show(context, check);
      if (checks.some(({ state }) => state === 'failed')) process.exitCode = EXIT.failed;
    });
}

/** Checks the service; if there is none, whether its port is free. */
async function serviceChecks({ client, settings, signal }: Context): Promise<Check[]> {
  const name = 'service';
  try {
    const { access, service, workers } = await client();
    const [ready, { caller }] = [await service.ready({ signal }), await access.session({ signal })];
    if (caller === null) throw noKeyError(settings);
    const live = await workers.list({ signal });
    const failed = ready.checks.filter(({ ok }) => !ok).map((check) => `${check.name}: ${check.detail ?? 'failed'}`);
    return [
      failed.length > 0
        ? { name, state: 'failed', detail: failed.join('; '), advice: 'Look into the log of the service.' }
        : { name, state: 'ok', detail: `ready at ${settings.url}` },
      { name: 'access', state: 'ok', detail: callerText(caller) },
      live.length > 0
        ? { name: 'workers', state: 'ok', detail: String(live.length) }
        : {
            name: 'workers',
            state: 'warning',
            detail: 'none is live',
            advice: 'Start a worker: until then jobs stay queued.',
          },
    ];
  } catch (error) {
    signal.throwIfAborted();
    const [detail = '', advice = 'Is this address a trainyard service?'] = describeError(error, settings.url).lines;
    if (!isUnreachable(error)) return [{ name, state: 'failed', detail, advice }];
    const start = 'Start it with `trainyard start`, or give its address with --url.';
    return [await portCheck(settings.url), { name, state: 'warning', detail, advice: start }];
  }
}

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], failed: ['red', '✗'] } as const;

function show({ output }: Context, check: Check) {
  if (output.json) return output.value(check);
  if (output.quiet && check.state === 'ok') return;
  const [colour, mark] = MARKS[check.state];
  output.line(`${output.paint(colour, mark)} ${pad(check.name, 9)} ${check.detail}`);
  if (check.advice !== undefined) output.line(`${' '.repeat(12)}${check.advice}`);
}
