/** A lowered process, and what it starts, run at the priority that was asked for. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('../../dist/processes/cpu-priority.js', import.meta.url).href;

it.each([0, 7, 19])('a child of a process lowered by %i is lowered too', async (nice) => {
  const script = `
    import { execFileSync } from 'node:child_process';
    const { lowerPriority } = await import('${MODULE}');
    lowerPriority(${nice});
    process.stdout.write(execFileSync(process.execPath, ['-p', 'os.getPriority()']));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(Number(stdout)).toBe(nice);
});
