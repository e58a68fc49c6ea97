/** The client in a page of another origin, in a real browser, against a real service. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, whySkipped } from '../console/support/chromium.js';
import { EXPECTED, writeImages } from './runtimes/expected.js';
import { type ServiceProcesses, startProcesses } from './service.js';

const root = join(import.meta.dirname, '../..');
/** Files that the page needs, and their types. */
const SERVED: readonly (readonly [RegExp, string])[] = [
  [/^\/(test\/client\/runtimes\/page\.html)$/, 'text/html'],
  [/^\/((?:dist\/client|test\/client\/runtimes)\/[\w-]+\.js)$/, 'text/javascript'],
];

/** Serves the page and the compiled client. */
async function servePage(): Promise<Server> {
  const server = createServer(async ({ url = '/' }, response) => {
    for (const [pattern, type] of SERVED) {
      const [, file] = pattern.exec(url) ?? [];
      if (file === undefined) continue;
      return void response.writeHead(200, { 'content-type': type }).end(await readFile(join(root, file)));
    }
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.skipIf(whySkipped)(`in a browser${whySkipped === undefined ? '' : ` (${whySkipped})`}`, () => {
  let folder: string;
  let pages: Server;
  let origin: string;
  let service: ServiceProcesses;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trainyard-browser-'));
    pages = await servePage();
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    [service, browser] = await Promise.all([startProcesses({ ALLOWED_ORIGINS: origin, AUTH: 'keys' }), openChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    pages.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('the client imports a folder of files, trains, follows, predicts, exports and aborts, with a key that no address has', async () => {
    const page = await browser.newPage();
    const apiKey = (await readFile(join(service.dataDir, 'access/admin-key'), 'utf8')).trim();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    page.on('websocket', (socket) => addresses.push(socket.url()));
    await page.goto(`${origin}/test/client/runtimes/page.html`);
    const images = await writeImages(folder);
    await page.locator('#folder').setInputFiles(images.folder);
    await page.locator('#image').setInputFiles(images.image);
    const seen = await page.evaluate(
      (target) => (globalThis as unknown as { run(target: object): Promise<unknown> }).run(target),
      { url: service.address, apiKey },
    );
    expect(seen).toEqual(EXPECTED);
    expect(addresses.filter((address) => address.startsWith('ws'))).toEqual([expect.stringContaining('ticket=')]);
    expect(addresses.filter((address) => address.includes(apiKey.slice(3)))).toEqual([]);
  });
});
