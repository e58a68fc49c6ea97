/** `npm run summary`: prints a network as a table, or an error in one sentence. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/summary.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

describe('npm run summary', () => {
  it('prints the layers and the parameters', () => {
    const { stdout, status } = run('resnet', '--input', '1x224x224');
    expect(status).toBe(0);
    expect(stdout).toMatch(/resnet_block4 +1×512×7×7 +8,395,264/);
    expect(stdout).toContain('11,178,378 trainable parameters');
  });
  it('rejects a size below the minimum and an unknown network', () => {
    expect(run('densenet', '--input', '1x28x28')).toMatchObject({ status: 1, stdout: '' });
    expect(run('densenet', '--input', '1x28x28').stderr).toContain('at least 29×29 pixels');
    expect(run('vgg')).toMatchObject({ status: 2, stdout: '' });
  });
});
