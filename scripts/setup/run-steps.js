/** Set-up: the steps in their order, each skipped when it is done. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endCommandsOnSignal } from './command.js';
import { compile } from './compile.js';
import { consolePages } from './console.js';
import { fashionMnist } from './fashion-mnist.js';
import { withLock } from './lock.js';
import { npmPackages } from './npm-packages.js';
import { platformOf, requireGlibc } from './platforms.js';
import { createReport } from './report.js';
import { requireFromSystem } from './requirements.js';
import { tensorflowAddon, tensorflowRuntime } from './tensorflow.js';
import { valkey } from './valkey.js';

/**
 * @typedef {Readonly<{
 *   root: string;
 *   isClone: boolean;
 *   cacheDir: string;
 *   runtimeDir: string;
 *   datasetsDir: string;
 *   platform: import('./platforms.js').Platform;
 *   env: NodeJS.ProcessEnv;
 *   report: import('./report.js').Report;
 * }>} Context All paths are absolute. `isClone`: false for the service of an installed package.
 * @typedef {Readonly<{
 *   title: string;
 *   needs(context: Context): Promise<readonly import('./requirements.js').Requirement[]>;
 *   isDone(context: Context): Promise<boolean>;
 *   run(context: Context): Promise<void>;
 * }>} Step `isDone` uses no network. `run` can be interrupted anywhere and started again.
 */

/** All steps, in the order in which they run. */
export const steps = {
  npm: npmPackages,
  tensorflow: tensorflowRuntime,
  addon: tensorflowAddon,
  valkey,
  dataset: fashionMnist,
  compile,
  console: consolePages,
};

/** Steps that an installed service has behind it: it is compiled already. */
const OF_A_CLONE = ['compile', 'console'];

/** List of the files of an installed service; a clone has none. A container's build stage has no sources yet when it installs packages. */
export const CONTENTS = 'contents.json';

/** The clone, or the installed service. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Context}
 */
export function createContext(env) {
  const datasetsDir = env['DATASETS_DIR']?.trim() || join(env['DATA_DIR']?.trim() || './data', 'datasets');
  return {
    root,
    isClone: !existsSync(join(root, CONTENTS)),
    cacheDir: join(root, '.cache'),
    runtimeDir: join(root, '.runtime'),
    datasetsDir: resolve(root, datasetsDir),
    platform: platformOf(process.platform, process.arch),
    env,
    report: createReport(process.stdout),
  };
}

/**
 * Runs the named steps that are not done yet.
 * @param {Context} context
 * @param {readonly (keyof typeof steps)[]} [names]
 */
export async function setUp(context, names = /** @type {(keyof typeof steps)[]} */ (Object.keys(steps))) {
  const chosen = names.filter((name) => context.isClone || !OF_A_CLONE.includes(name)).map((name) => steps[name]);
  const { env, platform, report } = context;
  if ((await pendingOf(chosen, context)).length === 0) return;
  const release = endCommandsOnSignal();
  try {
    await withLock(join(context.cacheDir, 'setup.lock'), report.line, async () => {
      const pending = await pendingOf(chosen, context);
      requireGlibc();
      const needs = await Promise.all(pending.map((step) => step.needs(context)));
      await requireFromSystem(new Set(needs.flat()), env);
      if (platform.untried)
        report.line(`${platform.title} is untried: it has the same libraries, and nobody has run it yet.`);
      await runSteps(chosen, context);
    });
  } finally {
    release();
  }
}

/**
 * @param {readonly Step[]} chosen
 * @param {Context} context
 */
async function pendingOf(chosen, context) {
  const done = await Promise.all(chosen.map((step) => step.isDone(context)));
  return chosen.filter((_, index) => !done[index]);
}

/**
 * @param {readonly Step[]} chosen
 * @param {Context} context
 */
async function runSteps(chosen, context) {
  for (const [index, step] of chosen.entries()) {
    const heading = `[${index + 1}/${chosen.length}] ${step.title}`;
    if (await step.isDone(context)) {
      context.report.line(`${heading}: ready`);
      continue;
    }
    context.report.line(heading);
    const start = performance.now();
    await step.run(context);
    context.report.line(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}
