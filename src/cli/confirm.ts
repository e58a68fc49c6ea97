/** Asks before something is deleted or revoked. */
import { createInterface } from 'node:readline/promises';
import type { Context } from './context.js';
import { usageError } from './exit-codes.js';

/** Returns whether the user agrees. Without a terminal `--yes` is required. */
export async function confirm({ signal }: Context, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw usageError(`${question} There is no terminal to ask on.`, 'Give --yes to go on without a question.');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    prompt.close();
  }
}
