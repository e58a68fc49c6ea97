/** `trainyard keys`: creates, lists and revokes API keys. */
import { type Command, Option } from 'commander';
import type { ApiKey, ApiKeyRequest } from '../../client/index.js';
import { ROLES, type Role, SCOPES, type Scope } from '../../contracts/access/roles.js';
import { relativeTime } from '../../wording/time-text.js';
import { accessText, identityFacts } from '../access-text.js';
import { confirm } from '../confirm.js';
import { type Context, openContext } from '../context.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { parseExpiry } from '../expiry.js';
import { requireKnown } from '../option-values.js';
import { factLines, tableLines } from '../output/table.js';
import { wrapText } from '../output/text-width.js';

/** Maximum number of characters of a name. */
const MAX_NAME = 64;

type CreateOptions = Readonly<{ role?: Role; scopes?: string; project?: string; expires?: string }>;

const CREATE_HELP = `
Roles: viewer reads and predicts, trainer also trains and imports, deployer also
moves labels and deletes, admin also manages keys and reads the audit log.

${wrapText(`Scopes: ${SCOPES.join(' ')}`, 80)}

Example: trainyard keys create ci --role trainer --expires 90d --quiet > ci.key`;

export function registerKeys(program: Command): void {
  const keys = program
    .command('keys')
    .summary('create, list and revoke API keys')
    .description('Create, list and revoke API keys of a service with AUTH=keys. Needs the role admin.');
  keys
    .command('create')
    .description(
      'Create a key with a role or a list of scopes, for the project default or --project. It is printed once: with --quiet alone.',
    )
    .argument('[name]', 'who or what uses the key (default: its project, and role or scopes)')
    .addOption(new Option('--role <role>', 'what the key may do').choices(ROLES))
    .option('--scopes <scopes>', 'scopes instead of a role, separated by commas')
    .option('--expires <when>', 'time after which the key is refused: 90d, 12h, or a date (default: never)')
    .addHelpText('after', CREATE_HELP)
    .action((name: string | undefined, options: CreateOptions, command: Command) =>
      createKey(openContext(command), name, {
        ...options,
        ...command.optsWithGlobals<Pick<CreateOptions, 'project'>>(),
      }),
    );
  keys
    .command('ls')
    .description('List the keys that are not revoked, the newest first.')
    .action((_: object, command: Command) => listKeys(openContext(command)));
  keys
    .command('rm')
    .description('Revoke keys. Their sessions and open streams end within 2 seconds.')
    .argument('<keys...>', 'id, beginning of an id, or name')
    .option('-y, --yes', 'revoke without a question')
    .action((words: string[], { yes = false }: { yes?: boolean }, command: Command) =>
      revokeKeys(openContext(command), words, yes),
    );
}

async function createKey(context: Context, name: string | undefined, options: CreateOptions): Promise<void> {
  const { output, client, signal } = context;
  const created = await (await client()).access.createKey(requestOf(name, options), { signal });
  if (output.json) return output.value(created);
  if (output.quiet) return output.line(created.key);
  output.lines(factLines([['key', created.key], ...identityFacts(created)]));
  output.note('Store the key now: it is not shown again. Whoever uses it runs `trainyard login`.');
}

function requestOf(name: string | undefined, { role, scopes, project, expires }: CreateOptions): ApiKeyRequest {
  if ((role === undefined) === (scopes === undefined))
    throw usageError(
      role === undefined ? 'A key needs --role or --scopes.' : '--role and --scopes exclude each other.',
      'Add --help to see the roles and scopes.',
    );
  return {
    name:
      name ??
      [project, role ?? scopes]
        .filter((part) => part !== undefined)
        .join(' ')
        .slice(0, MAX_NAME),
    ...(role !== undefined && { role }),
    ...(scopes !== undefined && { scopes: parseScopes(scopes) }),
    ...(project !== undefined && { project }),
    ...(expires !== undefined && { expiresAt: parseExpiry(expires) }),
  };
}

/** Returns scopes from their names, each once. */
function parseScopes(text: string): Scope[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  requireKnown('--scopes', names, SCOPES);
  return names as Scope[];
}

const COLUMNS = [
  { title: 'id' },
  { title: 'name', shrinks: true },
  { title: 'project' },
  { title: 'may' },
  { title: 'created' },
  { title: 'expires' },
  { title: 'used' },
] as const;

async function listKeys({ output, client, signal }: Context): Promise<void> {
  const keys = await (await client()).access.keys({ signal });
  if (output.json) return void keys.forEach(output.value);
  if (output.quiet) return output.lines(keys.map(({ id }) => id));
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.project,
    accessText(key),
    relativeTime(key.createdAt),
    expiryText(key),
    key.lastUsedAt === undefined ? 'never' : relativeTime(key.lastUsedAt),
  ]);
  output.lines(tableLines(COLUMNS, rows, output.columns));
}

function expiryText({ expiresAt }: ApiKey): string {
  if (expiresAt === undefined) return 'never';
  return Date.parse(expiresAt) <= Date.now() ? 'expired' : relativeTime(expiresAt);
}

async function revokeKeys(context: Context, words: readonly string[], yes: boolean): Promise<void> {
  const { output, client, signal } = context;
  const { access } = await client();
  const all = await access.keys({ signal });
  const keys = [...new Set(words.map((word) => findKey(word, all)))];
  const names = keys.map(({ id, name }) => `${id} (${name})`).join(', ');
  if (!(await confirm(context, `Revoke ${names}?`, yes))) throw new CliError(EXIT.failed, 'Nothing was revoked.');
  for (const { id, name } of keys) {
    await access.revokeKey(id, { signal });
    if (output.json) output.value({ deleted: id });
    else output.note(`Revoked ${id} (${name}).`);
  }
}

/** Finds a key by its id, the beginning of its id, its name or its text. */
function findKey(word: string, keys: readonly ApiKey[]): ApiKey {
  const id = /^ty_([0-9A-Za-z]{12})/.exec(word)?.[1] ?? word;
  const exact = keys.filter((key) => key.id === id || key.name === word);
  const found = exact.length > 0 ? exact : keys.filter((key) => id !== '' && key.id.startsWith(id));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  // The word may be a whole key: then the message has only its id.
  if (first === undefined)
    throw new CliError(EXIT.refused, `There is no API key ${id}.`, 'List the keys with `trainyard keys ls`.');
  throw usageError(
    `${id} names ${found.length} keys: ${found.map((key) => `${key.id} (${key.name})`).join(', ')}.`,
    'Give more of the id.',
  );
}
