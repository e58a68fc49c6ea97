/** Reference of the command as Markdown, from its help. */
import type { Command } from 'commander';

/** Returns all commands that can run, without the hidden ones. */
export function commandsOf(command: Command): Command[] {
  const visible = command.commands.filter((each) => !each.name().startsWith('_') && each.name() !== 'help');
  return visible.flatMap((each) => (each.commands.length === 0 ? [each] : commandsOf(each)));
}

/** Returns `jobs ls` for the command below `jobs`. */
export const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const optionRows = (command: Command): string[] =>
  command.options.map(({ flags, description, argChoices, defaultValue }) => {
    const choices = argChoices ? `: ${argChoices.join(', ')}` : '';
    const byDefault = defaultValue === undefined ? '' : ` (default: ${String(defaultValue)})`;
    return `| \`${flags}\` | ${escaped(description)}${choices}${byDefault} |`;
  });

/** Returns the section of a command: usage, description and options. */
function sectionOf(command: Command): string {
  const options = optionRows(command);
  const lines = [
    `### ${pathOf(command)}`,
    '',
    `\`trainyard ${pathOf(command)} ${command.usage()}\``,
    '',
    escaped(command.description()),
    ...(options.length > 0 ? ['', '| option | meaning |', '| --- | --- |', ...options] : []),
  ];
  return lines.join('\n');
}

/** Returns the reference of all commands, and of the options that every command has. */
export const commandReference = (program: Command): string =>
  [
    ['## Options of every command', '', '| option | meaning |', '| --- | --- |', ...optionRows(program)].join('\n'),
    '## Commands',
    ...commandsOf(program).map(sectionOf),
  ].join('\n\n');
