/** CPU niceness of a process and of its children. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('../../dist/processes/cpu-priority.js', import.meta.url).href;

describe('lowerPriority', () => {
  it.each([0, 7, 19])('passes niceness %i on to child processes', async (niceness) => {
    const script = `
      import { execFileSync } from 'node:child_process';
      const { lowerPriority } = await import('${MODULE}');
      lowerPriority(${niceness});
      process.stdout.write(execFileSync(process.execPath, ['-p', 'os.getPriority()']));`;
    // In a session of its own: the niceness of the autogroup would slow down everything that the shell starts later.
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(Number(await text(child.stdout))).toBe(niceness);
  });

  it('keeps the niceness of a process that was started with more', async () => {
    const script = `
      import { getPriority } from 'node:os';
      const { lowerPriority, raiseNiceness } = await import('${MODULE}');
      raiseNiceness(10);
      lowerPriority(12);
      process.stdout.write(String(getPriority()));`;
    const child = spawn('nice', ['-n', '15', process.execPath, '--input-type=module', '--eval', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(Number(await text(child.stdout))).toBe(15);
  });
});
