/** Starts the service: of the installed package in the user's cache folder, or of the clone this file lies in. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { environment } from './settings.js';

export type StartOptions = Readonly<{ data?: string; port?: string; host?: string }>;
type Home = Readonly<{
  startFromHome(options: Readonly<{ dataDir: string; host?: string; port?: string; addon?: string }>): Promise<void>;
}>;

/** Interval of the checks that npx, the parent process, is still alive, in ms. */
const PARENT_MS = 500;

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Sets up what is missing and runs the service in this process, which ends when the service ends. The data folder is `data`, else
 * DATA_DIR, else `./data`.
 */
export async function start({ data, port, host }: StartOptions): Promise<void> {
  const options = {
    dataDir: resolve(data ?? (environment['DATA_DIR']?.trim() || 'data')),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
  };
  if (environment['npm_command'] === 'exec') stopWithNpx();
  // A clone is its own home; an interrupted `npm pack` may have left a service folder in it.
  const isClone = existsSync(join(root, 'src'));
  if (isClone) return startClone(options);
  const { startFromHome } = (await load('service/scripts/home.js')) as Home;
  const addon = addonFolder();
  await startFromHome({ ...options, ...(addon !== undefined && { addon }) });
}

/**
 * Stops the service when npx ends: a SIGTERM to npx ends only the shell between npx and this process. A SIGINT to npx alone ends neither,
 * so this process cannot notice it. Ctrl-C reaches all of them.
 */
function stopWithNpx(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_MS);
  timer.unref();
}

async function startClone({ dataDir, host, port }: { dataDir: string; host?: string; port?: string }): Promise<void> {
  Object.assign(environment, {
    DATA_DIR: dataDir,
    ...(host !== undefined && { HOST: host }),
    ...(port !== undefined && { PORT: port }),
  });
  await load('scripts/start.js');
}

const load = (path: string): Promise<unknown> => import(pathToFileURL(join(root, path)).href);

/** Returns the folder of the platform package with the prebuilt addon; undefined if npm did not install one for this platform. */
function addonFolder(): string | undefined {
  const require = createRequire(join(root, 'package.json'));
  const { optionalDependencies = {} } = require('./package.json') as { optionalDependencies?: Record<string, string> };
  for (const name of Object.keys(optionalDependencies)) {
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      // npm skips the packages of other platforms.
    }
  }
  return undefined;
}
