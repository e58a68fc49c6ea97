/** `trainyard login`: stores address and API key in the profile. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { openContext } from '../context.js';
import { usageError } from '../exit-codes.js';
import { checkUrl, profilePath, readProfile, writeProfile } from '../settings.js';

const HELP = `
Examples:
  trainyard login https://trainyard.example.com
  pass show trainyard | trainyard login https://trainyard.example.com --key -`;

/** Characters that a key may have in a header. */
const KEY = /^[\x21-\x7e]{1,512}$/;

export function registerLogin(program: Command): void {
  program
    .command('login')
    .summary('store the address and the API key of a service')
    .description('Store the address and, if the service needs one, the API key in your profile (mode 0600).')
    .argument('[address]', 'address of the service (default: that of the profile or --url)')
    .option('--key <key>', 'API key; - reads it from stdin')
    .option('--clear', 'remove the stored address and key')
    .addHelpText('after', HELP)
    .action((address: string | undefined, options: { key?: string; clear?: boolean }, command: Command) => {
      const { settings, output } = openContext(command);
      if (options.clear) writeProfile({});
      else {
        const url = address === undefined ? settings.url : checkUrl(address, 'The address');
        writeProfile({ url, ...keyOf(url, options.key) });
      }
      const path = profilePath();
      if (output.json) output.value({ profile: path, ...(!options.clear && { url: readProfile().url }) });
      else output.line(path);
      output.note(options.clear ? 'The profile is empty now.' : `Commands use ${readProfile().url} from now on.`);
    });
}

/** Returns the new key, or the stored one if the address stays the same. */
function keyOf(url: string, option: string | undefined): { apiKey?: string } {
  const before = readProfile();
  if (option === undefined) return before.url === url && before.apiKey !== undefined ? { apiKey: before.apiKey } : {};
  const apiKey = (option === '-' ? readFileSync(0, 'utf8') : option).trim();
  if (!KEY.test(apiKey))
    throw usageError(
      'The key must be one line of 1 to 512 printable characters without spaces.',
      'Check what stdin has.',
    );
  return { apiKey };
}
