/** The whole service as `npm start` runs it, for benches that measure it over HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/config.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts the service on a free port, with models and queue in `dataDir` and the data sets of this clone. */
export async function startTrainyard(dataDir: string, settings: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      DATASETS_DIR: loadConfig().datasetsDir,
      REDIS_URL: '',
      HOST: '127.0.0.1',
      PORT: '0',
      ...settings,
    },
  });
  const exited = once(child, 'exit');
  const log: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(line);
      const found = /trainyard is ready: (\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}:\n${log.slice(-10).join('\n')}`)));
  });
  return {
    address,
    async close(): Promise<void> {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
