/** `trainyard audit`: lists who changed what. */
import type { Command } from 'commander';
import { relativeTime } from '../../wording/time-text.js';
import { type Context, openContext } from '../context.js';
import { positive } from '../option-values.js';
import { tableLines } from '../output/table.js';

type AuditOptions = Readonly<{ limit: string; all?: boolean }>;
/** Maximum number of entries of a page. */
const PAGE = 1_000;

export function registerAudit(program: Command): void {
  program
    .command('audit')
    .summary('list who changed what')
    .description('List who changed what, the newest first. Needs the role admin.')
    .option('-n, --limit <count>', 'number of entries', '20')
    .option('--all', 'list all entries')
    .action((options: AuditOptions, command: Command) => listAudit(openContext(command), options));
}

const COLUMNS = [
  { title: 'when' },
  { title: 'who' },
  { title: 'operation' },
  { title: 'path', shrinks: true },
  { title: 'status', align: 'right' },
  { title: 'address' },
] as const;

async function listAudit({ client, output, signal }: Context, { limit, all = false }: AuditOptions): Promise<void> {
  const most = all ? Number.POSITIVE_INFINITY : positive(limit);
  const rows: string[][] = [];
  let count = 0;
  for await (const entry of (await client()).access.audit({ limit: Math.min(most, PAGE), signal })) {
    const { id, at, by, operation, path, status, address } = entry;
    if (output.json) output.value(entry);
    else if (output.quiet) output.line(id);
    else rows.push([relativeTime(at), by.name, operation, path, String(status), address]);
    count += 1;
    if (count === most) break;
  }
  if (count === 0) return output.note('The audit log is empty.');
  if (rows.length > 0) output.lines(tableLines(COLUMNS, rows, output.columns));
  if (count === most) output.note(`The newest ${count}. More with --limit or --all.`);
}
