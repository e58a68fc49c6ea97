/** Checks of this machine: programs, disk, GPU, port. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { bytesText } from './output/numbers-text.js';

export type Check = Readonly<{
  name: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do, as a sentence. */
  advice?: string;
}>;

const MIN_NODE = [20, 19] as const;
const MAX_NODE = 26;
/** Space that the set-up and the first data set need. */
const MIN_DISK_BYTES = 4e9;
const TIMEOUT_MS = 10_000;
const APT = 'sudo apt-get install -y python3 python3-pip g++ make';

/** Returns what a program prints; undefined if it is absent or fails. */
async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Runs all checks of the machine. */
export const machineChecks = (): Promise<Check[]> =>
  Promise.all([
    checkNode(),
    checkPlatform(),
    checkProgram('python', 'python3', ['--version']),
    checkProgram('pip', 'python3', ['-m', 'pip', '--version']),
    checkProgram('compiler', 'g++', ['--version']),
    checkProgram('make', 'make', ['--version']),
    checkDisk(),
    checkGpu(),
  ]);

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  if (!isOld && major <= MAX_NODE) return { name: 'node', state: 'ok', detail: process.version };
  const allowed = `${MIN_NODE.join('.')} to ${MAX_NODE}`;
  return { name: 'node', state: 'failed', detail: process.version, advice: `Install Node.js ${allowed}.` };
}

async function checkPlatform(): Promise<Check> {
  const detail = `${process.platform} ${process.arch}`;
  if (detail === 'linux x64') return { name: 'platform', state: 'ok', detail };
  const advice = '`trainyard start` needs Linux on x86-64. Elsewhere run the service in a container, or give --url.';
  return { name: 'platform', state: 'warning', detail, advice };
}

async function checkProgram(name: string, command: string, args: readonly string[]): Promise<Check> {
  const output = await outputOf(command, args);
  if (output !== undefined) return { name, state: 'ok', detail: output.split('\n')[0]?.replace(/ from .*/, '') ?? '' };
  const advice = `\`trainyard start\` may need it to set up. On Debian: ${APT}`;
  return { name, state: 'warning', detail: `${[command, ...args].join(' ')} does not work`, advice };
}

async function checkDisk(): Promise<Check> {
  const { bavail, bsize } = await statfs('.');
  const detail = `${bytesText(bavail * bsize)} free in ${process.cwd()}`;
  if (bavail * bsize >= MIN_DISK_BYTES) return { name: 'disk', state: 'ok', detail };
  const advice = `Free ${bytesText(MIN_DISK_BYTES)}: the set-up takes 2.1 GB, the rest is for data, checkpoints and models.`;
  return { name: 'disk', state: 'failed', detail, advice };
}

async function checkGpu(): Promise<Check> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const output = await outputOf('nvidia-smi', query);
  if (output) return { name: 'gpu', state: 'ok', detail: output.split('\n').join('; ') };
  return { name: 'gpu', state: 'ok', detail: 'no NVIDIA GPU with a driver: jobs train on the CPU' };
}

/** Checks whether the port of a local address is free. */
export async function portCheck(url: string): Promise<Check> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port || (protocol === 'https:' ? 443 : 80));
  const name = 'port';
  if (!/^(localhost|127\.|\[?::1)/.test(hostname))
    return { name, state: 'ok', detail: `${hostname} is another machine` };
  if (await isFree(number)) return { name, state: 'ok', detail: `${number} is free` };
  const advice = `Another program uses it. Choose another port: PORT=${number + 1} trainyard start`;
  return { name, state: 'failed', detail: `${number} is in use`, advice };
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
