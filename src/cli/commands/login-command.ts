/** `trainyard login`: checks address and API key of a service, and stores them in the profile. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Session } from '../../client/index.js';
import { callerText } from '../access-text.js';
import { askSecret } from '../ask-secret.js';
import { type Context, openClient, openContext } from '../context.js';
import { isUnreachable, unreachableError } from '../errors-text.js';
import { usageError } from '../exit-codes.js';
import { noKeyError } from '../key-errors.js';
import { checkUrl, environment, type Profile, profilePath, readProfile, writeProfile } from '../settings.js';

type LoginOptions = Readonly<{ key?: string; check: boolean; clear?: boolean }>;

const HELP = `
On a terminal the command asks for the key, so that it stays out of the history
of your shell.

Examples:
  trainyard login https://trainyard.example.com
  pass show trainyard | trainyard login https://trainyard.example.com --key -`;

const NOT_STORED = 'Nothing was stored. Check the address, or store it unchecked with --no-check.';

/** Characters that a key may have in a header. */
const KEY = /^[\x21-\x7e]{1,4096}$/;

export function registerLogin(program: Command): void {
  program
    .command('login')
    .summary('store the address and the API key of a service')
    .description(
      'Check the address and, if the service needs one, the API key, and store both in your profile (mode 0600).',
    )
    .argument('[address]', 'address of the service (default: that of the profile or --url)')
    .option('--key <key>', 'API key; - reads it from stdin (default: asks on a terminal)')
    .option('--no-check', 'store both without a request to the service')
    .option('--clear', 'remove the stored address and key')
    .addHelpText('after', HELP)
    .action((address: string | undefined, options: LoginOptions, command: Command) => {
      replaceDamagedProfile();
      return login(openContext(command), address, options);
    });
}

async function login(context: Context, address: string | undefined, { key, check, clear }: LoginOptions) {
  const { output, settings } = context;
  const profile = profilePath();
  if (clear) {
    writeProfile({});
    if (output.json) output.value({ profile });
    else output.line(profile);
    return output.note('The profile is empty now.');
  }
  const url = address === undefined ? settings.url : checkUrl(address, 'The address');
  const given = withKey(url, key);
  const { stored, caller } = check ? await checked(given, context.signal) : { stored: given, caller: undefined };
  writeProfile(stored);
  if (output.json) return output.value({ profile, url, ...(caller && { caller }) });
  output.line(profile);
  output.note(`Commands use ${url} from now on.${caller ? ` ${callerText(caller)}` : ''}`);
  if (environment['TRAINYARD_API_KEY'])
    output.note('TRAINYARD_API_KEY is set and goes before the stored key: unset it to use that one.');
}

/** Makes a file that is no profile an empty one, so that login works with it. */
function replaceDamagedProfile(): void {
  try {
    readProfile();
  } catch {
    writeProfile({});
  }
}

/** The address and key to store. */
type Login = Profile & Readonly<{ url: string }>;

/** Returns the address with the new key, or with the stored one if the address stays the same. */
function withKey(url: string, option: string | undefined): Login {
  if (option !== undefined) return { url, apiKey: checkKey(option === '-' ? readFileSync(0, 'utf8') : option) };
  const { apiKey, ...before } = readProfile();
  return { url, ...(before.url === url && apiKey !== undefined && { apiKey }) };
}

function checkKey(text: string): string {
  const apiKey = text.trim();
  if (KEY.test(apiKey)) return apiKey;
  throw usageError(
    'The key must be one line of 1 to 4,096 printable characters without spaces.',
    'Check what stdin has.',
  );
}

type Checked = Readonly<{ stored: Login; caller: NonNullable<Session['caller']> }>;

/** Asks the service who the key is of, and the user for a key if the service needs one. Throws what the service refuses it with. */
async function checked(stored: Login, signal: AbortSignal): Promise<Checked> {
  const { access } = await openClient({ ...stored, apiKey: stored.apiKey ?? environment['TRAINYARD_API_KEY'] });
  const { caller } = await access.session({ signal }).catch((error: unknown) => {
    throw isUnreachable(error) ? unreachableError(error as Error, stored.url, NOT_STORED) : error;
  });
  if (caller !== null) return { stored, caller };
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw noKeyError(stored, 'Give it with --key, or with --key - on stdin.');
  const apiKey = checkKey(await askSecret(`API key of ${stored.url}: `, signal));
  return checked({ ...stored, apiKey }, signal);
}
