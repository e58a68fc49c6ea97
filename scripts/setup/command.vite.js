/**
 * Vite's settings for the command: one program in `dist/command`, with the packages it uses. It is CommonJS: Node.js needs 5 ms to start
 * its loader of ES modules, and reads their files one by one.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const PROGRAM = 'trainyard.cjs';

/** Makes the program executable, for `npx trainyard` in a clone. npm does that only when it links the program for the first time. */
const executable = {
  name: 'executable',
  writeBundle: (/** @type {{ dir?: string }} */ { dir = '' }) => chmod(join(dir, PROGRAM), 0o755),
};

/** @type {import('vite').UserConfig} */
export default {
  root: path(''),
  logLevel: 'warn',
  publicDir: false,
  plugins: [executable],
  envDir: false,
  build: {
    ssr: path('src/cli/index.ts'),
    outDir: path('dist/command'),
    target: 'node20',
    minify: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: { format: 'cjs', entryFileNames: PROGRAM, chunkFileNames: '[name].cjs' },
    },
  },
  ssr: { noExternal: true },
};
