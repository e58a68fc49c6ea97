/** Commands against a running service: JSON output by the contract, exit codes, references to jobs and models. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { runCommand, startCommand } from '../support/command.js';
import { exactly, expectLines } from '../support/json-lines.js';
import { saveTinyModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';
import { workerOf } from '../support/workers.js';

let server: TestRedis;
let service: Service;
let api: Api;
let folder: string;
const SMALL = ['data=synthetic', 'dataset.resize=28', 'dataset.trainSamples=64', 'dataset.testSamples=16', 'epochs=2'];
const train = (name: string, ...more: string[]): string[] => ['train', 'resnet', ...SMALL, `name=${name}`, ...more];
const run = (args: readonly string[], input = '') =>
  runCommand(args, { url: api.address, input, cwd: folder, env: { XDG_CONFIG_HOME: join(folder, 'config') } });
const submit = async (name: string, ...more: string[]): Promise<string> => (await run(train(name, ...more))).out.trim();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-command-'));
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service);
  await service.work();
  await saveTinyModel(api.store, { name: 'boots', seed: 1, temperature: 1 });
  await saveTinyModel(api.store, { name: 'boots', seed: 2, temperature: 2 });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('--json matches the contract:', () => {
  it.each([
    ['train --plan', () => train('succeeds', '--plan'), 'JobPlan'],
    ['train', () => train('succeeds'), 'Job'],
    ['train --follow', () => train('succeeds', '--follow'), 'Frame'],
    ['jobs ls', () => ['jobs', 'ls'], 'Job'],
    ['jobs show', () => ['jobs', 'show', 'last'], 'Job'],
    ['jobs watch', () => ['jobs', 'watch', 'last'], 'Frame'],
    ['jobs wait', () => ['jobs', 'wait', 'last'], 'Job'],
    ['jobs clone', () => ['jobs', 'clone', 'last', 'epochs=1'], 'Job'],
    ['models show', () => ['models', 'show', 'boots'], 'ModelVersion'],
    ['models ls', () => ['models', 'ls'], 'ModelSummary'],
    ['models label', () => ['models', 'label', 'boots@1', 'stable'], 'LabelState'],
    ['models label, again', () => ['models', 'label', 'boots@2', 'stable'], 'LabelState'],
    ['models rollback', () => ['models', 'rollback', 'boots@stable'], 'LabelState'],
    ['data ls', () => ['data', 'ls'], 'DatasetInfo'],
    ['data show', () => ['data', 'show', 'synthetic'], 'DatasetDetails'],
  ])('%s', async (_, args, schema) => {
    const { code, out, err } = await run([...args(), '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(expectLines(out, schema).length).toBeGreaterThan(0);
  });

  it('workers', async () => {
    await service.workers.heartbeat(workerOf());
    const { code, out, err } = await run(['workers', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(expectLines(out, 'WorkerInfo')).toMatchObject([{ host: 'here', pid: 7 }]);
  });

  it('jobs cancel, pause, resume and change', async () => {
    const id = await submit('walks', 'epochs=1000');
    await service.frame(id, ({ type }) => type === 'step');
    expectLines((await run(['jobs', 'change', id, 'epochs=900', '--json'])).out, 'Job');
    expectLines((await run(['jobs', 'pause', id, '--json'])).out, 'Job');
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
    expectLines((await run(['jobs', 'resume', id, '--json'])).out, 'Job');
    expectLines((await run(['jobs', 'cancel', id, '--json'])).out, 'Job');
    expect((await run(['jobs', 'wait', id])).code).toBe(3);
    expect((await run(['jobs', 'change', id, 'notes=too slow', 'metadata.try=2'])).code).toBe(0);
    expect((await run(['jobs', 'show', id])).out).toMatch(/try=2[\s\S]*too slow/);
    const [edited] = expectLines((await run(['jobs', 'change', id, 'metadata.try=null', '--json'])).out, 'Job');
    expect(edited).toMatchObject({ metadata: {} });
    expect(edited).not.toHaveProperty('metadata.try');
    const removed = await run(['jobs', 'rm', id, '--yes', '--json']);
    expect(expectLines(removed.out, exactly({ deleted: { type: 'string' } }))).toEqual([{ deleted: id }]);
    expect((await run(['jobs', 'rm', id, '--yes'])).code).toBe(4);
  });

  it('jobs move, and jobs ls in the order of the queue', async () => {
    const running = await submit('walks', 'epochs=1000');
    await service.frame(running, ({ type }) => type === 'step');
    const [one, two] = [await submit('succeeds'), await submit('succeeds')];
    const listed = async () => (await run(['jobs', 'ls', '--status', 'queued', '--sort', 'position', '-q'])).out.trim();
    const [moved] = expectLines((await run(['jobs', 'move', two, '--before', one, '--json'])).out, 'Job');
    expect(moved).toMatchObject({ id: two, position: 1 });
    expect(await listed()).toBe(`${two}\n${one}`);
    expect((await run(['jobs', 'move', one, '--top'])).out).toContain('queued, position 1');
    expect(await listed()).toBe(`${one}\n${two}`);
    expect((await run(['jobs', 'move', one])).code).toBe(2);
    expect((await run(['jobs', 'move', one, '--top', '--after', two])).code).toBe(2);
    const unknown = await run(['jobs', 'ls', '--sort', 'bestAcuracy']);
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringMatching(
        /^--sort does not know "bestAcuracy"\.\nIt knows bestAccuracy, [^"]*created, name, .*With - /,
      ),
    ]);
    const status = await run(['jobs', 'ls', '--status', 'queued,foo']);
    expect([status.code, status.err]).toEqual([
      2,
      expect.stringMatching(/^--status does not know "foo"\.\nIt knows .*queued/),
    ]);
    for (const id of [one, two, running]) await service.jobs.cancel(id);
    await service.history(running);
  });

  it.each([
    ['an unknown option', ['jobs', 'ls', '--al'], /unknown option '--al'.*--all/],
    ['an unknown command', ['jobbs'], /unknown command 'jobbs'/],
    ['a missing command', ['jobs'], /command is missing/],
    ['a missing argument', ['jobs', 'show'], /missing required argument/],
    ['a value that is not allowed', ['data', 'add', '.', '--fit', 'round'], /contain, cover/],
    ['a field that does not exist', ['train', 'resnet', 'epoch=1'], /epoch/],
  ])('%s is one object on stderr', async (_, args, message) => {
    const { code, out, err } = await run([...args, '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'failed', message: expect.stringMatching(message) } });
  });

  it('an error has its code and its sentence on stderr', async () => {
    const { code, out, err } = await run(['models', 'show', 'nobody', '--json']);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(JSON.parse(err)).toEqual({
      error: { code: 'model_not_found', message: expect.any(String), suggestion: expect.stringContaining('models ls') },
    });
  });

  it('commands without an answer of the service print objects of their own', async () => {
    const text = { type: 'string', minLength: 1 };
    const address = { type: 'string', format: 'uri' };
    const value = { type: ['string', 'null'] };
    const deleted = exactly({ deleted: text });
    const values = { type: 'array', items: value, minItems: 2, maxItems: 2 };
    const check = { name: text, state: { enum: ['ok', 'warning', 'failed'] }, detail: text, advice: text };
    const json = async (...args: string[]) => (await run([...args, '--json'])).out;
    await saveTinyModel(api.store, { name: 'old', seed: 3 });
    await saveTinyModel(api.store, { name: 'old', seed: 4 });

    expect(expectLines(await json('open', '--print'), exactly({ url: address }))).toEqual([
      { url: `${api.address}/ui/` },
    ]);
    expectLines(await json('doctor'), exactly(check, ['advice']));
    const differences = expectLines(
      await json('models', 'diff', 'boots@1', 'boots@2'),
      exactly({ field: text, values }),
    );
    expect(differences[0]).toEqual({ field: 'temperature', values: ['1', '2'] });
    const file = exactly({ file: text, bytes: { type: 'integer', minimum: 1 } });
    const exported = await json('models', 'export', 'boots@1', '--format', 'safetensors', '-o', 'boots.safetensors');
    expect(expectLines(exported, file)).toMatchObject([{ file: 'boots.safetensors' }]);
    expect(expectLines(await json('models', 'label', 'old@1', 'canary'), 'LabelState')).toHaveLength(1);
    for (const [args, name] of [
      [['models', 'label', 'old', 'canary', '--remove'], 'old@canary'],
      [['models', 'rm', 'old@1', '--yes'], 'old@1'],
      [['models', 'rm', 'old', '--all', '--yes'], 'old'],
    ] as const)
      expect(expectLines(await json(...args), deleted)).toEqual([{ deleted: name }]);
    const profile = exactly({ profile: text, url: address, caller: { type: 'object' } }, ['url', 'caller']);
    expect(expectLines(await json('login', api.address, '--key', 'k'), profile)).toMatchObject([{ url: api.address }]);
    expect(expectLines(await json('login', '--clear'), profile)).toHaveLength(1);
    expect(expectLines(await json('completion', 'zsh'), exactly({ shell: text, script: text }))).toHaveLength(1);
    expect(JSON.parse(await json('train', '--fields'))[0]).toMatchObject({ path: 'network' });
  });
});

describe('the exit code', () => {
  it.each([
    ['0 for a job that succeeded', () => train('succeeds', '--follow'), 0],
    ['3 for a job that failed', () => train('fails', '--follow'), 3],
    ['2 for an unknown command', () => ['jobbs'], 2],
    ['2 for an unknown option', () => ['jobs', 'ls', '--al'], 2],
    ['2 for a missing argument', () => ['jobs', 'show'], 2],
    ['2 for an unknown field', () => ['train', 'resnet', 'epoch=1'], 2],
    ['2 for a deletion without terminal and --yes', () => ['models', 'rm', 'boots@1'], 2],
    ['2 for a watch without a terminal', () => ['watch'], 2],
    ['4 for a request that the service refuses', () => ['train', 'resnet', 'epochs=0'], 4],
    ['4 for an unknown job', () => ['jobs', 'show', '00000000-0000-4000-8000-000000000000'], 4],
    ['4 for an unknown beginning of an id', () => ['jobs', 'show', '0000'], 4],
    ['0 for help', () => ['jobs', '--help'], 0],
  ])('is %s', async (_, args, expected) => {
    const { code, err } = await run(args());
    expect({ code, err }).toEqual({ code: expected, err: expect.not.stringMatching(/\n\s+at |undefined/) });
    if (expected === 2 || expected === 4) expect(err).not.toBe('');
  });

  it('is 5 for a service that cannot be reached, with what to do', async () => {
    const { code, err } = await runCommand(['jobs', 'ls'], { url: 'http://127.0.0.1:9' });
    expect(code).toBe(5);
    expect(err).toMatch(/^The service at http:\/\/127\.0\.0\.1:9 cannot be reached: .*\n.*trainyard start/);
  });

  it('is 130 after Ctrl-C, which leaves the job alone and says how to come back', async () => {
    const command = startCommand(train('walks', 'epochs=1000', '--follow'), { url: api.address });
    await command.until(({ err }) => err.includes('running'));
    command.child.kill('SIGINT');
    const { code, err } = await command.finished;
    const [, id = ''] = /Follow it again: trainyard jobs watch ([0-9a-f]{8})/.exec(err) ?? [];
    expect({ code, id }).toEqual({ code: 130, id: expect.stringMatching(/^[0-9a-f]{8}$/) });
    expect((await run(['jobs', 'show', id, '--quiet'])).out).toBe('running\n');
    expect((await run(['jobs', 'cancel', id])).code).toBe(0);
  });
});

describe('an error', () => {
  it('names the field as the command line does', async () => {
    const { err } = await run(['train', 'resnet', 'dataset.resize=4']);
    expect(err).toContain('dataset.resize must be at least 8, not 4');
  });

  it.each([[['jobbs']], [['jobs', 'ls', '--al']], [['data', 'show']]])(
    'of %j says how to see what is allowed',
    async (args) => {
      expect((await run(args)).err).toContain('Add --help to see what is allowed.\n');
    },
  );

  it('suggests a word that is close', async () => {
    expect((await run(['jobs', 'lss'])).err).toContain('Did you mean ls?');
    expect((await run(['models', 'show', 'boots@stabel'])).err).toContain('Did you mean stable?');
  });
});

describe('a job', () => {
  it('is found by a unique beginning of its id', async () => {
    const id = await submit('succeeds');
    expect((await run(['jobs', 'show', id.slice(0, 8)])).out).toContain(id);
    expect((await run(['jobs', 'show', id.slice(0, 8).toUpperCase()])).out).toContain(id);
  });

  it('that has been cloned has the same spec but for the changes', async () => {
    const id = await submit('succeeds', 'optimizer=sgd', 'lr=0.25', 'metadata.team=vision', 'priority=3');
    const cloned = JSON.parse((await run(['jobs', 'clone', id, 'epochs=1', '--json'])).out);
    const original = JSON.parse((await run(['jobs', 'show', id, '--json'])).out);
    expect(cloned.spec).toEqual({ ...original.spec, epochs: 1 });
    expect(cloned).toMatchObject({ metadata: { team: 'vision' }, priority: 3 });
  });

  it('that ended shows its end', async () => {
    const id = await submit('fails');
    expect((await run(['jobs', 'wait', id])).out).toMatch(/failed: Batch \d+ does not fit\.\n$/);
  });
});

describe('a failed job', () => {
  it('is shown with the last output of its trainer', async () => {
    const id = await submit('dies', '-q');
    await run(['jobs', 'wait', id]);
    const { out } = await run(['jobs', 'show', id]);
    expect(out).toMatch(/Last output of the trainer of attempt \d+:\n {2}the last words\n$/);
  });
});

describe('--quiet', () => {
  it('prints only what the next command needs', async () => {
    expect((await run(train('succeeds', '--quiet'))).out).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(await run(train('succeeds', '--follow', '--quiet'))).toEqual({ code: 0, out: 'succeeds@1\n', err: '' });
    expect((await run(['models', 'ls', '-q'])).out).toBe('boots\n');
    expect((await run(['models', 'label', 'boots@2', 'quiet', '-q'])).out).toBe('boots@2\n');
    expect((await run(['data', 'ls', '-q'])).out).toContain('synthetic\n');
  });
});

describe('a model', () => {
  it('is exported completely or not at all, and never over another file', async () => {
    await writeFile(join(folder, 'taken.tar'), 'mine');
    const args = ['models', 'export', 'boots@1', '--format', 'savedmodel', '-o'];
    expect((await run([...args, 'taken.tar'])).code).toBe(2);
    expect(await readFile(join(folder, 'taken.tar'), 'utf8')).toBe('mine');
    expect(await run([...args, 'model.tar'])).toMatchObject({ code: 0, out: 'model.tar\n' });
    expect((await readFile(join(folder, 'model.tar'))).length).toBeGreaterThan(1_000);
    expect((await run(['models', 'export', 'boots@9', '-o', 'x.onnx'])).code).toBe(4);
  });

  it('has its label in one word or in two', async () => {
    await saveTinyModel(api.store, { name: 'tagged', seed: 3 });
    await saveTinyModel(api.store, { name: 'tagged', seed: 4 });
    for (const version of [1, 2]) await run(['models', 'label', `tagged@${version}`, 'old']);
    expect((await run(['models', 'rollback', 'tagged', 'old'])).out).toBe('tagged@old is version 1\n');
    expect((await run(['models', 'label', 'tagged@old', '--remove'])).code).toBe(0);
    expect(await run(['models', 'rollback', 'tagged'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no label/),
    });
    expect((await run(['models', 'rm', 'tagged', '--all', '--yes'])).code).toBe(0);
  });

  it('is deleted with --yes', async () => {
    await saveTinyModel(api.store, { name: 'gone', seed: 3 });
    expect((await run(['models', 'rm', 'gone@1', '--yes'])).code).toBe(0);
    expect((await run(['models', 'show', 'gone@1'])).code).toBe(4);
  });
});
