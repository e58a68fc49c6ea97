/** Completion scripts, loaded by the shells themselves. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { COMMAND, runCommand } from '../support/command.js';
import { saveTinyModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

const isInstalled = (shell: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${shell}`]);
    return true;
  } catch {
    return false;
  }
};

let server: TestRedis;
let service: Service;
let api: Api;
let id: string;
/** Folder with the command, for the shells' PATH. */
const folder = mkdtempSync(join(tmpdir(), 'trainyard-completion-'));

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service);
  ({ id } = await service.submit('succeeds'));
  await saveTinyModel(api.store, { name: 'boots', seed: 1 });
  writeFileSync(join(folder, 'trainyard'), `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
  chmodSync(join(folder, 'trainyard'), 0o755);
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
});

const environment = () => ({ ...process.env, PATH: `${folder}:${process.env['PATH']}`, TRAINYARD_URL: api.address });

/** Command lines with a word that the completion must offer, and one that it must not. */
const CASES: readonly (readonly [line: string, offered: string | (() => string), absent: string])[] = [
  ['', 'train', '__complete'],
  ['jo', 'jobs', 'train'],
  ['jobs ', 'cancel', 'train'],
  ['jobs ls --st', '--status', '--all'],
  ['jobs ls --status que', 'queued', 'running'],
  ['jobs show ', () => id.slice(0, 8), 'ls'],
  ['jobs resume ', '', 'queued'],
  ['train res', 'resnet', 'densenet'],
  ['train resnet da', 'data=', 'epochs='],
  ['train resnet data=synth', 'synthetic', 'fashion-mnist'],
  ['train resnet optimizer=sg', 'sgd', 'adam'],
  ['models show boo', 'boots@1', 'synthetic'],
  ['predict x.png --model boots@', 'boots@1', 'synthetic'],
  ['data show ', 'synthetic', 'boots'],
];

const expected = (offered: string | (() => string)): string => (typeof offered === 'string' ? offered : offered());

it.each(CASES)('`trainyard %s` is completed by __complete', async (line, offered, absent) => {
  const { out } = await runCommand(['__complete', '--', ...line.split(' ')], { url: api.address });
  const words = out.split('\n').map((each) => each.split('\t')[0] ?? '');
  if (expected(offered) !== '') expect(words.some((word) => word.endsWith(expected(offered)))).toBe(true);
  expect(words).not.toContain(absent);
});

it('offers commands and fields without a service, and nothing that needs one', async () => {
  const words = async (line: string) =>
    (await runCommand(['__complete', '--', ...line.split(' ')], { url: 'http://127.0.0.1:9' })).out;
  expect(await words('tra')).toContain('train');
  expect(await words('train resnet ep')).toContain('epochs=');
  expect(await words('jobs show ')).toBe('');
});

describe.skipIf(!isInstalled('bash'))('bash', () => {
  const complete = async (line: string): Promise<string[]> => {
    // Readline is not there: the script sets what it would set.
    const script = `source <(trainyard completion bash)
      COMP_LINE="trainyard $1" COMP_POINT=$((10 + \${#1}))
      _trainyard
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', line], {
      env: environment(),
    });
    return stdout.trim().split('\n');
  };

  it.each([
    ['jo', 'jobs'],
    ['jobs ca', 'cancel'],
    ['jobs ls --sta', '--status'],
    // Readline has split the word at the equals sign and the at sign keeps it whole.
    ['train resnet data=synth', 'synthetic'],
    ['train resnet opti', 'optimizer='],
    ['models show boots@', 'boots@1'],
  ])('completes `trainyard %s`', async (line, word) => {
    expect(await complete(line)).toContain(word);
  });

  it('completes job ids', async () => {
    expect(await complete(`jobs show ${id.slice(0, 3)}`)).toEqual([id.slice(0, 8)]);
  });
});

describe.skipIf(!isInstalled('zsh'))('zsh', () => {
  it('loads the script, which offers words with their descriptions', async () => {
    const script = `autoload -U compinit && compinit -u -D
      source <(trainyard completion zsh)
      [[ "\${_comps[trainyard]}" == _trainyard ]] || exit 9
      _describe() { local name=$2; print -l -- "\${(@P)name}" }
      _files() { print files }
      words=(trainyard jobs c) CURRENT=3
      _trainyard
      words=(trainyard models show boots@) CURRENT=4
      _trainyard
      words=(trainyard train resnet epo) CURRENT=4
      _trainyard`;
    const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', script], { env: environment() });
    expect(stdout).toContain('cancel:Cancel jobs');
    expect(stdout).toContain('boots@1:');
    expect(stdout).toContain('epochs=:Epochs');
  });
});

describe.skipIf(!isInstalled('fish'))('fish', () => {
  it('loads the script and completes words', async () => {
    const script = `trainyard completion fish | source; complete -C 'trainyard jobs ca'; complete -C 'trainyard train resnet data=synth'`;
    const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', script], { env: environment() });
    expect(stdout).toContain('cancel\tCancel jobs');
    expect(stdout).toContain('data=synthetic');
  });

  it('offers files only where no word fits', async () => {
    const script = `trainyard completion fish | source; complete -C 'trainyard jobs show '; echo; complete -C 'trainyard data add pack'`;
    const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', script], { env: environment() });
    const [jobs, files] = stdout.split('\n\n');
    expect(jobs).not.toContain('package.json');
    expect(files).toContain('package.json');
  });
});
