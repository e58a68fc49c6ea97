/** Build of the console: src/console to dist/console, with a compressed copy beside each text file. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '../..');

const TEXT = /\.(js|css|svg|json)$/;
/** Smaller files gain nothing from compression. */
const MIN_BYTES = 1_000;

/** Writes `.br` and `.gz` beside each text file, so that the service compresses nothing while it runs. */
function compressAssets(): Plugin {
  return {
    name: 'compress-assets',
    async writeBundle({ dir = '' }) {
      const assets = join(dir, 'assets');
      const names = (await readdir(assets)).filter((name) => TEXT.test(name));
      await Promise.all(names.map((name) => compressFile(join(assets, name))));
    },
  };
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < MIN_BYTES) return;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
}

/**
 * Keeps `long`, a dependency of TensorFlow.js, from compiling WebAssembly, which the content security policy reports. It has a fallback for
 * the error.
 */
function refuseWebAssembly(): Plugin {
  return {
    name: 'refuse-web-assembly',
    transform(code, id) {
      if (!/\/node_modules\/long\//.test(id)) return undefined;
      const refusal = "(() => { throw new Error('No WebAssembly here.'); })(";
      return { code: code.replaceAll('new WebAssembly.Module(', refusal), map: null };
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Addresses in the page are relative, so that the console works behind any path prefix.
  base: './',
  publicDir: false,
  cacheDir: join(root, '.cache/vite'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The console uses the client as it is published: compiled.
  resolve: { alias: { trainyard: join(root, 'dist/client/index.js') } },
  plugins: [refuseWebAssembly(), compressAssets()],
  build: {
    outDir: join(root, 'dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    // Browsers that know `light-dark()`: it stays as it is.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy allows no data: URLs except for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // TensorFlow.js, which only the page that runs a model in the browser loads.
    chunkSizeWarningLimit: 1_000,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
