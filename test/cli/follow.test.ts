/** The command on a terminal, and its streams: progress, keys, Ctrl-C, a service that goes and comes back, closed pipes, many jobs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { COMMAND, plainText, runCommand, startCommand, startOnTerminal } from '../support/command.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

let server: TestRedis;
let service: Service;
let api: Api;
const MANY = 10_000;
let worker: Awaited<ReturnType<Service['work']>>;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server, { queueDepth: MANY + 100 });
  api = await openApi(service);
  worker = await service.work();
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
});

const following = ['train', 'resnet', 'data=synthetic', 'dataset.resize=28', 'dataset.trainSamples=64', '--follow'];

describe('progress', () => {
  it.each([80, 120])(
    'on a terminal of %i columns is a bar in the line of the epoch, and no line wraps',
    async (columns) => {
      const args = [...following, 'dataset.testSamples=16', 'epochs=4', 'name=walks'];
      const command = startOnTerminal(args, { url: api.address, columns });
      const { code, out } = await command.finished;
      expect(code).toBe(0);
      expect(out).toMatch(/█+.*░* +\d+ %/);
      expect(out.endsWith('\u001b[?25l')).toBe(false);
      const drawn = out.split(/\r\n|\r/).map(plainText);
      expect(Math.max(...drawn.map((line) => [...line].length))).toBeLessThan(columns);
      const text = plainText(out);
      expect(text).toMatch(/network +resnet.*parameters/);
      expect(text).toMatch(/epoch +loss +train +test +time +images\/s/);
      expect(text).toMatch(/4\/4 +0\.500 +80\.0 % +70\.0 % +0\.1 s +100/);
      expect(text).toMatch(/predict +trainyard predict <image> --model walks@1/);
    },
  );

  it('without a terminal is plain lines on stderr, and stdout has the result only', async () => {
    const { code, out, err } = await runCommand([...following, 'epochs=2', 'name=succeeds'], { url: api.address });
    expect(code).toBe(0);
    expect(out + err).not.toContain('\u001b');
    expect(err).toMatch(/1\/2 +0\.500.*\n +2\/2 +0\.500/);
    expect(out).toMatch(/^loss .*\nlast epoch +2: test accuracy 70\.0 %\nmodel +succeeds@1\npredict/);
  });

  it('has no colours with NO_COLOR', async () => {
    const env = { NO_COLOR: '1' };
    const command = startOnTerminal([...following, 'epochs=1', 'name=walks'], { url: api.address, env });
    const { out } = await command.finished;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences.
    expect(out).not.toMatch(/\u001b\[[0-9;]*m/);
  });
});

it('detaches on Ctrl-C and restores the cursor', async () => {
  const command = startOnTerminal([...following, 'epochs=1000', 'name=walks'], { url: api.address });
  await command.until(({ out }) => out.includes('\u001b[?25l'));
  command.child.stdin?.write('\u0003');
  const { code, out } = await command.finished;
  expect(code).toBe(130);
  expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l'));
  expect(out).toContain('Follow it again: trainyard jobs watch');
  await runCommand(['jobs', 'cancel', 'last'], { url: api.address });
});

describe('watch', () => {
  it('shows running jobs, follows the size of the terminal, and leaves with q', async () => {
    const { id } = await service.submit('walks', { epochs: 1000 });
    await service.frame(id, ({ type }) => type === 'epoch');
    const command = startOnTerminal(['watch'], { url: api.address, rows: 24, columns: 80 });
    await command.until(({ out }) => out.includes('training loss by step') && /[\u2801-\u28ff]/.test(out));
    expect(command.output.out).toContain('\u001b[?1049h');
    expect(command.output.out).not.toContain('test accuracy by epoch');
    command.child.stdin?.write('\u0000resize 120 40');
    await command.until(({ out }) => out.includes('test accuracy by epoch'));
    command.child.stdin?.write('q');
    const { code, out } = await command.finished;
    expect(code).toBe(0);
    expect(out.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('leaves with Ctrl-C too, and prints frames with --json', async () => {
    const command = startOnTerminal(['watch'], { url: api.address });
    await command.until(({ out }) => out.includes('running'));
    command.child.stdin?.write('\u0003');
    expect((await command.finished).out.trimEnd().endsWith('\u001b[?1049l')).toBe(true);
    const frames = startCommand(['watch', '--json'], { url: api.address });
    await frames.until(({ out }) => out.split('\n').length > 3);
    expect(JSON.parse(frames.output.out.split('\n')[0] ?? '')).toMatchObject({ seq: 1 });
    frames.child.kill('SIGINT');
    await frames.finished;
    await runCommand(['jobs', 'cancel', 'last'], { url: api.address });
  });
});

/** Opens a gate in front of the service that can close, as if the service were gone. */
async function openGate() {
  const { port } = new URL(api.address);
  const sockets = new Set<Socket>();
  let listener: Server;
  const listen = async (at: number): Promise<number> => {
    listener = createServer((socket) => {
      const upstream = connect(Number(port), '127.0.0.1');
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    }).listen(at, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  };
  const own = await listen(0);
  const close = async (): Promise<void> => {
    const closed = once(listener, 'close');
    listener.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url: `http://127.0.0.1:${own}`, close, open: () => listen(own) };
}

it('waits for a service that is gone, and continues without a repeated or a missing frame', async () => {
  const gate = await openGate();
  const { id } = await service.submit('walks', { epochs: 40 });
  const command = startCommand(['jobs', 'watch', id, '--json'], { url: gate.url });
  const texts = startCommand(['jobs', 'watch', id], { url: gate.url });
  await command.until(({ out }) => out.split('\n').length > 5);
  await texts.until(({ err }) => err.includes('1/40'));
  await gate.close();
  await texts.until(({ err }) => err.includes('Waiting for it'));
  await gate.open();
  const [{ code, out }, { err }] = await Promise.all([command.finished, texts.finished]);
  await gate.close();
  expect(code).toBe(0);
  const seqs = out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  expect(seqs).toHaveLength((await service.history(id)).length);
  expect(err).toContain('The service is back.');
});

describe('10,000 jobs', () => {
  beforeAll(async () => {
    // They stay queued: no worker takes them.
    await worker.close();
    const spec = specOf('succeeds');
    for (let begun = 0; begun < MANY; begun += 500)
      await Promise.all(Array.from({ length: 500 }, () => service.jobs.submit(spec)));
  });

  it('are listed, each once', async () => {
    const { code, out } = await runCommand(['jobs', 'ls', '--all', '-q'], { url: api.address });
    const ids = out.trim().split('\n');
    expect(code).toBe(0);
    expect(ids.length).toBeGreaterThanOrEqual(MANY);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('end quietly when `head` has enough', async () => {
    const script = `"${process.execPath}" "${COMMAND}" jobs ls --all --json | head -1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', script], { env: { ...process.env, TRAINYARD_URL: api.address } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    await once(child, 'close');
    const [first = '', code] = out.trim().split('\n');
    expect(JSON.parse(first)).toMatchObject({ id: expect.any(String) });
    expect({ code, err }).toEqual({ code: '0', err: '' });
  });
});
