/** Settings of the command: address and API key from options, environment and profile. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, EXIT, usageError } from './exit-codes.js';

export const DEFAULT_URL = 'http://127.0.0.1:3000';

/** `source`: where the address comes from. */
export type Settings = Readonly<{
  url: string;
  source: '--url' | 'TRAINYARD_URL' | 'profile' | 'default';
  apiKey?: string;
}>;
export type Profile = Readonly<{ url?: string; apiKey?: string }>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that the command reads. */
export const environment: Environment = process.env;

/** Returns the path of the profile. */
export function profilePath(env: Environment = environment): string {
  const folder = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(folder, 'trainyard', 'config.json');
}

/** Reads the profile; empty if there is none. Throws if the file is no profile. */
export function readProfile(path = profilePath()): Profile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new CliError(EXIT.failed, `The profile ${path} cannot be read: ${(error as Error).message}.`);
  }
  const profile = parseProfile(text);
  if (profile === undefined)
    throw new CliError(
      EXIT.failed,
      `${path} is no profile: it must be {"url": "…", "apiKey": "…"}.`,
      'Run `trainyard login` to write it again.',
    );
  return profile;
}

function parseProfile(text: string): Profile | undefined {
  try {
    const { url, apiKey } = JSON.parse(text) as Record<string, unknown>;
    const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';
    if (!isText(url) || !isText(apiKey)) return undefined;
    return { ...(url !== undefined && { url }), ...(apiKey !== undefined && { apiKey }) };
  } catch {
    return undefined;
  }
}

/** Writes the profile, readable by its owner only. The old profile stays until the new one is complete. */
export function writeProfile(profile: Profile, path = profilePath()): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Returns an address with its scheme: `localhost:3000`, as curl takes it, is http. */
const withScheme = (url: string): string => (/^([\w.-]+|\[[\da-f:]+\]):\d+(\/|$)/i.test(url) ? `http://${url}` : url);

/** Returns the address without a slash at its end. Throws a usage error if it is not http or https. */
export function checkUrl(address: string, source: string): string {
  const url = withScheme(address);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw usageError(
      `${source} must be an http or https address (got ${JSON.stringify(url)}).`,
      `For example ${DEFAULT_URL}.`,
    );
  return url.replace(/\/+$/, '');
}

/** Resolves the settings: `--url` before TRAINYARD_URL before the profile before the default. */
export function loadSettings(options: Readonly<{ url?: string }>, env: Environment = environment): Settings {
  const profile = readProfile(profilePath(env));
  const found = findUrl(options.url, env['TRAINYARD_URL'], profile.url);
  const url = checkUrl(found.url, found.source);
  const apiKey = env['TRAINYARD_API_KEY'] || keyFor(url, profile);
  return { url, source: found.source, ...(apiKey !== undefined && { apiKey }) };
}

function findUrl(option?: string, variable?: string, profile?: string): Pick<Settings, 'url' | 'source'> {
  if (option !== undefined) return { url: option, source: '--url' };
  if (variable) return { url: variable, source: 'TRAINYARD_URL' };
  if (profile !== undefined) return { url: profile, source: 'profile' };
  return { url: DEFAULT_URL, source: 'default' };
}

/** Returns the key of the profile, if the address has the profile's origin: a key never goes to another service. */
function keyFor(url: string, profile: Profile): string | undefined {
  const origin = new URL(withScheme(profile.url ?? DEFAULT_URL)).origin;
  return new URL(url).origin === origin ? profile.apiKey : undefined;
}
