/** The gallery of components, built by Vite and served under the console's content security policy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { build, mergeConfig } from 'vite';
import { consolePage } from '../../../src/api/console-page.js';
import consoleConfig from '../../../src/console/vite.config.js';

const GALLERY = join(import.meta.dirname, '../gallery');

/** Builds and serves the gallery. Returns its address. */
export async function serveGallery(): Promise<{ address: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-gallery-'));
  await build(
    mergeConfig(consoleConfig, { configFile: false, root: GALLERY, logLevel: 'warn', build: { outDir: folder } }),
  );
  const app = fastify();
  await consolePage(app, { folder });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    address,
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
