/** Headless Chromium, if the machine has it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of the browser: the value of CHROMIUM, or the first one in PATH. */
export function findBrowser(): string | undefined {
  const { CHROMIUM: named, PATH: folders = '' } = process.env;
  if (named) return named;
  return folders
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(existsSync);
}

/** Calls no Google service, and computes WebGL on the CPU if there is no GPU. */
const OPTIONS = [
  ...['--headless', '--no-sandbox', '--no-first-run', '--disable-gpu', '--enable-unsafe-swiftshader'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
];

/** Opens a page, waits for `done`, and ends the browser. Throws if the browser exits before. */
export async function openPage<Result>(browser: string, url: string, done: Promise<Result>): Promise<Result> {
  const profile = await mkdtemp(join(tmpdir(), 'trainyard-browser-'));
  const child = spawn(browser, [...OPTIONS, `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  try {
    return await Promise.race([
      done,
      ended.then(([code]) => Promise.reject(new Error(`${browser} ended with ${code}: ${output.slice(-2_000)}`))),
    ]);
  } finally {
    // The browser has several processes, in one group.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true });
  }
}
