/** TypeScript client that openapi-typescript generates: it compiles, and submits, follows and predicts. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTrainyard } from '../../bench/support/service.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');
let dataDir: string;
let clientDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-generated-'));
  // Below the project, so that the program finds its packages.
  await mkdir(join(root, '.cache'), { recursive: true });
  clientDir = await mkdtemp(join(root, '.cache/typescript-client-'));
});
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
  await rm(clientDir, { recursive: true, force: true });
});

/** Generates the types of the client, and puts the program beside them. */
async function generateClient(): Promise<void> {
  const args = ['--import', './typescript-5.js', 'generate.js', join(root, 'openapi.yaml')];
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname, maxBuffer: 2 ** 26 });
  await writeFile(join(clientDir, 'schema.ts'), stdout);
  await copyFile(join(import.meta.dirname, 'program.ts'), join(clientDir, 'program.ts'));
  const compilerOptions = { rootDir: '.', noEmit: true, types: ['node'] };
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
  await writeFile(join(clientDir, 'tsconfig.json'), JSON.stringify(config));
}

it('compiles a program with the generated types, which trains, follows and predicts', async () => {
  await generateClient();
  await run(join(modules, '.bin/tsc'), ['-p', clientDir]).catch(({ stdout }) => expect(stdout).toBe(''));
  const picture = join(dataDir, 'grey.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'grey' } }).toFile(picture);
  const service = await startTrainyard(dataDir, { LOG_LEVEL: 'error' });
  try {
    const args = ['--import', 'tsx', join(clientDir, 'program.ts'), service.address, picture];
    const { stdout } = await run(process.execPath, args, { cwd: root });
    const prediction = { label: expect.any(String), index: expect.any(Number), probability: expect.any(Number) };
    expect(JSON.parse(stdout)).toEqual({
      optimizer: 'sgd',
      epochs: [expect.any(Number), expect.any(Number)],
      end: ['succeeded'],
      raw: [[prediction, prediction]],
      form: [[prediction], [prediction]],
      refusal: { code: 'invalid_request', errors: ['/epochs'] },
    });
  } finally {
    await service.close();
  }
});
