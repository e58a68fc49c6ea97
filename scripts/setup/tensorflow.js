/** Steps that unpack the TensorFlow runtime from its wheel, and compile tfjs-node's addon against it. */
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from './checksum.js';
import { runCommand } from './command.js';
import { checkPrebuilt } from './prebuilt-addon.js';
import { freshFolder, isMadeFrom, madeFrom, replaceFolder } from './replace-folder.js';
import { requireFromSystem } from './requirements.js';
import { setupError } from './setup-error.js';
import { fetchWheel, unpackWheel } from './wheels.js';

/** @typedef {import('./run-steps.js').Context} Context */

/** Headers that the addon includes. */
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'xla/tsl/c/'];

/** Headers compiled ahead of the addon's own sources. Each changes one call of TensorFlow's C API. */
const PATCHES = ['session-config.h', 'owned-tensors.h'];

/** @param {string} name */
const patchPath = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Node-API version of the addon, as tfjs-node names its folder. */
export const NODE_API = 8;

/** @param {Context} context */
const runtimeFolder = ({ runtimeDir }) => join(runtimeDir, 'tensorflow');

/**
 * Returns the variant in RUNTIME. Default: the installed variant, or `cpu` if none is installed.
 * @param {Context} context
 */
async function source(context) {
  const { env, platform } = context;
  const variant = env['RUNTIME']?.trim() || (await madeFrom(runtimeFolder(context)))?.variant || 'cpu';
  const wheels = Object.entries(platform.tensorflow).find(([name]) => name === variant)?.[1];
  if (wheels === undefined) {
    const known = Object.keys(platform.tensorflow).join(' or ');
    throw setupError(`RUNTIME must be ${known} on ${platform.title}, not "${variant}".`);
  }
  return { wheels, stamp: { variant, sha256: wheels.map(({ sha256 }) => sha256) } };
}

/**
 * Resolves with the installed variant, `cpu` or `cuda`.
 * @param {Context} context
 * @returns {Promise<string | undefined>}
 */
export const installedRuntime = async (context) => (await madeFrom(runtimeFolder(context)))?.variant;

/** @type {import('./run-steps.js').Step} */
export const tensorflowRuntime = {
  title: 'TensorFlow 2.21 runtime',
  needs: async () => ['python'],

  isDone: async (context) => isMadeFrom(runtimeFolder(context), (await source(context)).stamp),

  async run(context) {
    const { wheels, stamp } = await source(context);
    /** @type {string[]} */
    const paths = [];
    for (const wheel of wheels) paths.push(await fetchWheel(context, wheel));
    context.report.line('  unpacking');
    await replaceFolder(runtimeFolder(context), stamp, async (folder) => {
      for (const path of paths) await unpackWheel(path, folder, placesInRuntime());
      for (const name of ['libtensorflow', 'libtensorflow_framework']) {
        const { link, target } = linkFor(context, name);
        if (link !== target) await symlink(target, join(folder, 'lib', link));
      }
    });
    for (const path of paths) await rm(path, { force: true });
  },
};

/** Returns the folders for the members of the wheels. For a GPU, TensorFlow expects NVIDIA's libraries next to its own. */
function placesInRuntime() {
  const headers = HEADERS.map((prefix) => [`tensorflow/include/${prefix}`, `include/${prefix}`]);
  return { ...Object.fromEntries(headers), 'tensorflow/libtensorflow': 'lib/libtensorflow', 'nvidia/': 'nvidia/' };
}

/**
 * Returns a link for the addon, and its target: the addon links `libtensorflow`, which the wheel names `libtensorflow_cc`.
 * @param {Context} context
 * @param {string} name
 */
function linkFor({ platform }, name) {
  const target = platform.library(name === 'libtensorflow' ? 'libtensorflow_cc' : name);
  return { target, link: process.platform === 'darwin' ? platform.library(name) : `${name}.so` };
}

/** @param {Context} context */
const packageFolder = ({ root }) => join(root, 'node_modules/@tensorflow/tfjs-node-gpu');

/** The stamp lies in the package: it goes when node_modules is replaced. @param {Context} context */
const addonStamp = (context) => join(packageFolder(context), 'addon-stamp.json');

/**
 * Returns the inputs of the addon's build. The Node.js version is none of them, because Node-API is stable between versions.
 * @param {Context} context
 */
async function addonSource(context) {
  const patches = await Promise.all(PATCHES.map((name) => sha256(patchPath(name))));
  return JSON.stringify({ ...(await source(context)).stamp, architecture: process.arch, patches });
}

/** @type {import('./run-steps.js').Step} */
export const tensorflowAddon = {
  title: 'TensorFlow addon',
  /** A prebuilt addon needs no compiler. */
  needs: async (context) => ('path' in (await prebuilt(context)) ? [] : ['python', 'compiler', 'make']),

  async isDone(context) {
    const stamp = await readFile(addonStamp(context), 'utf8').catch(() => undefined);
    return stamp === (await addonSource(context)) && existsSync(join(packageFolder(context), 'deps/lib'));
  },

  async run(context) {
    const folder = packageFolder(context);
    await rm(addonStamp(context), { force: true });
    await rm(join(folder, 'deps'), { recursive: true, force: true });
    await symlink(relative(folder, runtimeFolder(context)), join(folder, 'deps'));
    await mkdir(dirname(addonPath(context)), { recursive: true });
    if (!(await takePrebuilt(context))) await compileAddon(context);
    await writeFile(addonStamp(context), await addonSource(context));
  },
};

/**
 * Checks the prebuilt addon of the platform package that npm installed with trainyard.
 * @param {Context} context
 */
const prebuilt = async (context) =>
  checkPrebuilt(context.env['TRAINYARD_ADDON'], {
    version: JSON.parse(await readFile(join(context.root, 'package.json'), 'utf8')).version,
    tensorflow: await tensorflowVersion(context),
    nodeApi: NODE_API,
  });

/**
 * Returns the version of TensorFlow that the addon is compiled against, as `2.21.0`.
 * @param {Context} context
 */
export const tensorflowVersion = async (context) => (await source(context)).wheels[0]?.requirement.split('==')[1] ?? '';

/**
 * Installs the prebuilt addon. Resolves with false if there is none, it does not fit, or it cannot be loaded.
 * @param {Context} context
 */
async function takePrebuilt(context) {
  const found = await prebuilt(context);
  if (!('path' in found)) {
    if (found.refused !== undefined) context.report.line(`  ${found.refused}`);
    return false;
  }
  await replaceFile(found.path, addonPath(context));
  try {
    await loadAddon(context);
  } catch {
    context.report.line('  The prebuilt addon cannot be loaded on this machine, so the addon is compiled.');
    await requireFromSystem(new Set(['python', 'compiler', 'make']), context.env);
    return false;
  }
  context.report.line('  prebuilt');
  return true;
}

/**
 * Builds the addon in a temporary folder of the cache, then moves the finished addon into the package.
 * @param {Context} context
 */
async function compileAddon(context) {
  context.report.line('  compiling, about 15 seconds');
  const work = await freshFolder(context.cacheDir, 'addon-');
  const built = await buildAddon(context, work);
  await replaceFile(built, addonPath(context));
  await rm(work, { recursive: true, force: true });
  await loadAddon(context);
}

/**
 * Puts a copy of a file in the place of another by a rename: a process that has loaded the old addon keeps it.
 * @param {string} from
 * @param {string} to
 */
async function replaceFile(from, to) {
  await copyFile(from, `${to}.new`);
  await rename(`${to}.new`, to);
}

/**
 * Returns the path of the installed addon.
 * @param {Context} context
 */
export const addonPath = (context) => join(packageFolder(context), `lib/napi-v${NODE_API}/tfjs_binding.node`);

/**
 * Compiles a copy of the package's sources and returns the path of the addon.
 * @param {Context} context
 * @param {string} work
 */
async function buildAddon(context, work) {
  const { root, cacheDir, env } = context;
  const folder = packageFolder(context);
  for (const name of ['binding', 'binding.gyp', 'package.json']) {
    await cp(join(folder, name), join(work, name), { recursive: true });
  }
  await symlink(runtimeFolder(context), join(work, 'deps'));
  for (const name of PATCHES) await copyFile(patchPath(name), join(work, 'binding', name));
  // Paths are relative to `build/`, because the folder's own path may have spaces.
  const includes = PATCHES.map((name) => `-include ../binding/${name}`).join(' ');
  const flags = { CXXFLAGS: `${env['CXXFLAGS'] ?? ''} ${includes}` };
  const prefix = dirname(dirname(process.execPath));
  // If Node.js was installed without its headers, node-gyp downloads them.
  const hasHeaders = existsSync(join(prefix, 'include/node/node_api.h'));
  const headers = hasHeaders ? `--nodedir=${prefix}` : `--devdir=${join(cacheDir, 'node-gyp')}`;
  const { npm_config_nodedir: _, ...clean } = env;
  const rpath =
    process.platform === 'darwin' ? { LDFLAGS: `${env['LDFLAGS'] ?? ''} -Wl,-rpath,@loader_path/../../deps/lib` } : {};
  await runCommand(
    process.execPath,
    [
      join(root, 'node_modules/node-gyp/bin/node-gyp.js'),
      ...['rebuild', '--silent', headers, '--module_name=tfjs_binding', `--napi_build_version=${NODE_API}`],
      `--module_path=${join(work, 'lib')}`,
    ],
    { cwd: work, env: { ...clean, ...flags, ...rpath, PYTHONDONTWRITEBYTECODE: '1' } },
  );
  return join(work, 'lib/tfjs_binding.node');
}

/** Loads the addon in a process of its own: one that cannot be loaded is found here. @param {Context} context */
async function loadAddon(context) {
  await runCommand(process.execPath, ['-e', 'require(process.argv[1])', addonPath(context)], {
    env: { ...context.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
}
