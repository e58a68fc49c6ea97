/** Runs the commands of docs/guides/fine-tune.md, with a small network in place of torchvision's file. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { variableShapes } from '../../src/training/result/serving-graph.js';
import { type ServiceProcesses, startProcesses } from '../client/service.js';
import { COMMAND } from '../support/command.js';
import { formulaPth } from '../support/pth-of-network.js';

const run = promisify(execFile);
const page = await readFile(join(import.meta.dirname, '../../docs/guides/fine-tune.md'), 'utf8');
/** The shell blocks of the page, in order. */
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

let processes: ServiceProcesses;
let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-guide-'));
  const networkOptions = resolveNetworkOptions('resnet', { variant: 'resnet18', width: 8, blocks: [1, 1] });
  const spec = { network: 'resnet', networkOptions, dataset: { resize: 224 } } as const;
  const weights = formulaPth(variableShapes(spec, { channels: 3 } as never, 1_000));
  server = createServer((_, response) => response.end(weights)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/trainyard'), `#!/bin/sh\nexec ${process.execPath} ${COMMAND} "$@"\n`);
  await chmod(join(folder, 'bin/trainyard'), 0o755);
  for (const [index, name] of ['ankle', 'rain'].entries()) {
    await mkdir(join(folder, 'boots', name), { recursive: true });
    for (let image = 0; image < 10; image += 1) await draw(`boots/${name}/${image}.png`, 200 * index + image);
  }
  await draw('boot.png', 203);
  processes = await startProcesses({ DOWNLOAD_NETWORKS: 'private' });
});
afterAll(async () => {
  server.close();
  await processes.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes an image of one colour. */
async function draw(path: string, red: number): Promise<void> {
  const background = { r: red, g: 100, b: 100 };
  await sharp({ create: { width: 64, height: 48, channels: 3, background } }).toFile(join(folder, path));
}

/** Runs a block. The address of torchvision's files is that of this test's server. */
async function runBlock(block: string): Promise<string> {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const script = block.replaceAll('https://download.pytorch.org', origin);
  const env = {
    ...process.env,
    ...{ TRAINYARD_URL: processes.address, XDG_CONFIG_HOME: folder, NO_COLOR: '1' },
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
  };
  const { stdout } = await run('sh', ['-ec', script], { cwd: folder, env });
  return stdout;
}

it('describes the way from weights of torchvision to a model that answers', async () => {
  const outputs: string[] = [];
  for (const block of blocks) outputs.push(await runBlock(block));
  const [download = '', file = '', url = '', data = '', trained = '', own = '', imagenet = ''] = outputs;
  expect(outputs).toHaveLength(7);
  expect(download).toBe('');
  expect(file).toMatch(/model +imagenet@1\nnetwork +resnet18, [\d,]+ parameters, 1,000 classes/);
  expect(url).toMatch(/model +imagenet@2\n/);
  expect(data).toMatch(/size +224 × 224, colour/);
  expect(trained).toMatch(/last epoch +3: test accuracy/);
  expect(trained).toMatch(/model +my-boots@1/);
  expect(own).toMatch(/(ankle|rain) +[\d.]+ % +my-boots@1/);
  expect(imagenet.trim().split('\n')).toHaveLength(6);
});
