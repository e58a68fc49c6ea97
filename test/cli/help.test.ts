/** Help of the command, and the page that describes it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProgram } from '../../src/cli/command-program.js';
import { EXIT } from '../../src/cli/exit-codes.js';
import { runCommand } from '../support/command.js';
import { commandReference, commandsOf, pathOf } from '../support/command-reference.js';

const program = await loadProgram();
const commands = commandsOf(program);
const PAGE = join(import.meta.dirname, '../../docs/reference/command-line.md');
const MARK =
  '<!-- The rest of this page is the help of the command: UPDATE_PAGE=1 npx vitest run test/cli/help.test.ts -->\n\n';

describe('the help', () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))('of `%s` is complete', (_, command) => {
    const help = command.createHelp();
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
    for (const each of help.visibleOptions(command)) expect(each.description).not.toBe('');
    for (const each of command.registeredArguments) expect(each.description).not.toBe('');
  });

  it('is printed by the process for a command, a group and the program, with exit code 0', async () => {
    for (const args of [[], ['--help'], ['jobs', '--help'], ['help', 'train'], ['models', 'label', '-h']]) {
      const { code, out, err } = await runCommand(args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^Usage: trainyard /);
    }
  });

  it.each(['', ...new Set(commands.flatMap((each) => [pathOf(each), pathOf(each).split(' ')[0] ?? '']))])(
    'of `trainyard %s` fits into 80 columns',
    async (path) => {
      const { out } = await runCommand([...path.split(' ').filter(Boolean), '--help']);
      expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );
});

describe('docs/reference/command-line.md', () => {
  const page = readFileSync(PAGE, 'utf8');

  it('describes every command and option as the help does', () => {
    const expected = `${commandReference(program)}\n`;
    const [head = ''] = page.split(MARK);
    if (process.env['UPDATE_PAGE'] === '1') writeFileSync(PAGE, head + MARK + expected);
    else expect(page).toBe(head + MARK + expected);
  });

  it('lists every exit code', () => {
    const listed = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });
});

it('prints its version without loading anything else', async () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await runCommand(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  expect(await runCommand(['-V', '--quiet'])).toMatchObject({ code: 0, out: `${manifest.version}\n` });
});
