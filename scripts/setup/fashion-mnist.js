/** Step that puts Fashion-MNIST into the folder of data sets, from the first source whose files verify. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { sha256, verify } from './checksum.js';
import { runCommand } from './command.js';
import { freshFolder } from './replace-folder.js';
import { setupError } from './setup-error.js';

/** @typedef {import('./run-steps.js').Context} Context */

/** SHA-256 of the uncompressed files. */
const FILES = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
};

const DEBIAN_PACKAGE = 'dataset-fashion-mnist';
const DEBIAN_FOLDER = 'usr/share/datasets/fashion-mnist';
/** The data set's own publication. */
const PUBLISHED = 'https://fashion-mnist.s3.eu-central-1.amazonaws.com';

/** @param {Context} context */
const folderOf = ({ datasetsDir }) => join(datasetsDir, 'fashion-mnist');

/**
 * Returns whether the folder has the undamaged file, unpacked or as .gz.
 * @param {string} folder
 * @param {string} name
 * @param {string} expected
 */
async function holds(folder, name, expected) {
  if (existsSync(join(folder, name))) return (await sha256(join(folder, name))) === expected;
  const compressed = join(folder, `${name}.gz`);
  if (!existsSync(compressed)) return false;
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  return pipeline(createReadStream(compressed), createGunzip(), hash).then(
    () => hash.digest('hex') === expected,
    () => false,
  );
}

/** @type {import('./run-steps.js').Step} */
export const fashionMnist = {
  title: 'Fashion-MNIST',
  needs: async () => [],

  async isDone(context) {
    const all = Object.entries(FILES).map(([name, expected]) => holds(folderOf(context), name, expected));
    return (await Promise.all(all)).every(Boolean);
  },

  async run(context) {
    const { cacheDir, report } = context;
    const work = await freshFolder(cacheDir, 'fashion-mnist-');
    /** @type {string[]} */
    const failures = [];
    try {
      for (const [title, source] of /** @type {const} */ ([
        [`the folder of Debian's package ${DEBIAN_PACKAGE}`, installedPackage],
        [`Debian's package ${DEBIAN_PACKAGE}`, fetchedPackage],
        ['the published files', publishedFiles],
      ])) {
        try {
          await unpackInto(folderOf(context), await source(context, work));
          return report.line(`  from ${title}`);
        } catch (error) {
          failures.push(`${title}: ${error instanceof Error ? error.message : error}`);
        }
      }
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    throw setupError(
      `Fashion-MNIST could not be had from any source; put its four files into ${folderOf(context)} by hand.\n${failures.join('\n')}`,
    );
  },
};

/**
 * Unpacks the four .gz files into their folder. Verifies each before it is renamed.
 * @param {string} folder
 * @param {string} from
 */
async function unpackInto(folder, from) {
  await mkdir(folder, { recursive: true });
  const leftOver = (await readdir(folder)).filter((name) => name.startsWith('.'));
  for (const name of leftOver) await rm(join(folder, name), { force: true });
  for (const [name, expected] of Object.entries(FILES)) {
    const beside = join(folder, `.${name}.${process.pid}`);
    await pipeline(createReadStream(join(from, `${name}.gz`)), createGunzip(), createWriteStream(beside));
    await verify(beside, expected);
    await rename(beside, join(folder, name));
  }
}

async function installedPackage() {
  const folder = `/${DEBIAN_FOLDER}`;
  if (!existsSync(folder)) throw new Error('not installed');
  return folder;
}

/**
 * Downloads and unpacks the package without installing it, which needs no root.
 * @param {Context} context
 * @param {string} work
 */
async function fetchedPackage({ env, report }, work) {
  /** @param {readonly string[]} args */
  const apt = (args) =>
    runCommand('apt-get', ['-q', '-o', `APT::Sandbox::User=${userInfo().username}`, ...args], { cwd: work, env });
  await apt(['download', DEBIAN_PACKAGE]).catch(async () => {
    report.line('  apt knows no packages yet: fetching its lists into the cache folder');
    const state = ['-o', `Dir::State::lists=${work}/lists`, '-o', `Dir::Cache=${work}/cache`];
    await mkdir(join(work, 'lists/partial'), { recursive: true });
    await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
    await apt([...state, 'update']);
    await apt([...state, 'download', DEBIAN_PACKAGE]);
  });
  const archive = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get left no package');
  await runCommand('dpkg-deb', ['-x', archive, 'package'], { cwd: work });
  return join(work, 'package', DEBIAN_FOLDER);
}

/**
 * @param {Context} context
 * @param {string} work
 */
async function publishedFiles({ report }, work) {
  for (const name of Object.keys(FILES)) {
    const response = await fetch(`${PUBLISHED}/${name}.gz`);
    if (!response.ok || response.body === null) throw new Error(`${response.url} answered ${response.status}`);
    report.line(`  ${name}.gz`);
    const progress = report.progress(Number(response.headers.get('content-length') ?? 0), 'bytes');
    let bytes = 0;
    const body = Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream<Uint8Array>} */ (response.body));
    await pipeline(
      body,
      async function* count(chunks) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          progress.update(bytes);
          yield chunk;
        }
      },
      createWriteStream(join(work, `${name}.gz`)),
    );
    progress.end();
  }
  return work;
}
