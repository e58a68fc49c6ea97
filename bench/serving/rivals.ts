/** Rival servers, each with the same weights on its own port: starts them and sends them requests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readLines } from '../../src/processes/child-output.js';
import { pythonSettings, pythonWith, runProgram } from '../support/python.js';

/** A model as exported by the service, and an image for the first request. */
export type ModelFiles = Readonly<{ name: string; resize: number; safetensors: string; onnx: string; png: Buffer }>;

/** A URL and the protocol it speaks. */
export type Endpoint = Protocol & Readonly<{ url: string }>;

/** A running rival server. */
export type Server = Endpoint &
  Readonly<{
    /** Stops its processes until `resume`. */
    suspend(): void;
    resume(): void;
    close(): Promise<void>;
  }>;

/** Converts a PNG file to a request body, and an answer to the probabilities of the classes. */
export type Protocol = Readonly<{
  contentType: string;
  body: (png: Buffer) => Buffer;
  probabilities: (answer: unknown) => readonly number[];
}>;

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REFERENCE = fileURLToPath(new URL('../reference', import.meta.url));
/** Longest start of a server. Its imports take about ten seconds, more on a slow machine. */
const START_MS = 180_000;
const STOP_MS = 10_000;
const LAST_LINES = 20;

const raw = { contentType: 'image/png', body: (png: Buffer) => png } as const;
const BOUNDARY = 'trainyard-bench';

/** Starts a rival by its name. `folder` holds its files while it runs. */
export const RIVALS = {
  async LitServe(model: ModelFiles): Promise<Server> {
    const { python, env } = await pythonFor(model);
    const protocol = { ...raw, probabilities: (answer: unknown) => (answer as Answer).probabilities };
    return start('/predict', protocol, model.png, (port) => [python, [join(HERE, 'litserve_server.py'), port], env]);
  },

  async BentoML(model: ModelFiles, folder: string): Promise<Server> {
    const { python, env } = await pythonFor(model);
    const protocol: Protocol = {
      contentType: `multipart/form-data; boundary=${BOUNDARY}`,
      body: formOf,
      probabilities: (answer) => (answer as number[][])[0] ?? [],
    };
    return start('/predict', protocol, model.png, (port) => [
      python,
      [
        '-m',
        'bentoml',
        'serve',
        'bentoml_service:Server',
        '--working-dir',
        HERE,
        '--host',
        '127.0.0.1',
        '--port',
        port,
      ],
      { ...env, BENTOML_HOME: join(folder, 'bentoml'), BENTOML_DO_NOT_TRACK: 'True' },
    ]);
  },

  async MLflow(model: ModelFiles, folder: string): Promise<Server> {
    const { python, env: settings } = await pythonFor(model);
    const env = { ...settings, MLFLOW_DISABLE_TELEMETRY: 'true', MLFLOW_TRACKING_URI: `file:${join(folder, 'runs')}` };
    const saved = join(folder, `mlflow-${model.name}`);
    await runProgram(python, [join(HERE, 'mlflow_model.py'), saved], 'MLflow could not save the model.', env);
    const protocol: Protocol = {
      contentType: 'application/json',
      body: (png) => Buffer.from(JSON.stringify({ inputs: [png.toString('base64')] })),
      probabilities: (answer) => (answer as { predictions: number[][] }).predictions[0] ?? [],
    };
    const options = ['--env-manager', 'local', '--host', '127.0.0.1'];
    return start('/invocations', protocol, model.png, (port) => [
      python,
      ['-m', 'mlflow', 'models', 'serve', '--model-uri', saved, ...options, '--port', port],
      env,
    ]);
  },

  async 'onnxruntime-node'({ onnx, png }: ModelFiles): Promise<Server> {
    const protocol = { ...raw, probabilities: (answer: unknown) => (answer as Answer).probabilities };
    return start('/predict', protocol, png, (port) => [
      process.execPath,
      [join(HERE, 'fastify.js'), port],
      { ...process.env, MODEL: onnx, NODE_ENV: 'production' },
    ]);
  },
} as const satisfies Record<string, (model: ModelFiles, folder: string) => Promise<Server>>;

export type Rival = keyof typeof RIVALS;

type Answer = Readonly<{ probabilities: number[] }>;
type Command = readonly [file: string, args: readonly string[], env: NodeJS.ProcessEnv];

async function pythonFor({ safetensors, resize }: ModelFiles): Promise<{ python: string; env: NodeJS.ProcessEnv }> {
  const python = await pythonWith('serving', join(HERE, 'requirements.txt'));
  const env = { PYTHONPATH: `${HERE}:${REFERENCE}`, WEIGHTS: safetensors, RESIZE: String(resize), DO_NOT_TRACK: '1' };
  return { python, env: { ...pythonSettings(), PATH: `${dirname(python)}:${process.env['PATH']}`, ...env } };
}

/** Returns a multipart form with the PNG file as its only part. */
function formOf(png: Buffer): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="image.png"\r\nContent-Type: image/png\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), png, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}

/** Starts a server in its own process group. Resolves when it answers. */
async function start(
  path: string,
  protocol: Protocol,
  png: Buffer,
  commandFor: (port: string) => Command,
): Promise<Server> {
  const port = await freePort();
  const [file, args, env] = commandFor(String(port));
  const child = spawn(file, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    readLines(stream, (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    });
  }
  const server: Server = {
    ...protocol,
    url: `http://127.0.0.1:${port}${path}`,
    suspend: () => signalGroup(child, 'SIGSTOP'),
    resume: () => signalGroup(child, 'SIGCONT'),
    async close() {
      signalGroup(child, 'SIGCONT');
      signalGroup(child, 'SIGTERM');
      await Promise.race([exited, wait(STOP_MS)]);
      signalGroup(child, 'SIGKILL'); // children that it left
      await exited;
    },
  };
  const until = performance.now() + START_MS;
  for (;;) {
    const failure = await ask(server, png).then(() => undefined, String);
    if (failure === undefined) return server;
    if (child.exitCode === null && performance.now() < until) await wait(200);
    else {
      await server.close();
      throw new Error(`${file} ${args.join(' ')} does not answer (${failure}):\n${lines.join('\n')}`);
    }
  }
}

/** Returns the class probabilities of an image. Opens a new connection, since servers close idle ones. */
export async function ask({ url, contentType, body, probabilities }: Endpoint, png: Buffer) {
  const sent = request(url, { method: 'POST', agent: false, headers: { 'content-type': contentType } });
  sent.end(body(png));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${answer}`);
  return probabilities(JSON.parse(answer));
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The whole group has ended.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
