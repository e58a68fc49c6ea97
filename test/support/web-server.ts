/** Static web server, for tools that load models by URL. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { json } from 'node:stream/consumers';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', json: 'application/json' };

export type WebServer = Awaited<ReturnType<typeof serveFolder>>;

/** Serves the files of a folder, and passes JSON that a page posts to `answer`. */
export async function serveFolder(folder: string) {
  let take: (answer: unknown) => void = () => undefined;
  const server = createServer(async (request, response) => {
    try {
      if (request.method === 'POST') {
        take(await json(request));
        response.end();
        return;
      }
      const name = basename(new URL(request.url ?? '', 'http://localhost').pathname);
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
      const content = await readFile(join(folder, name));
      response.writeHead(200, { 'content-type': type }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves with the next posted JSON. */
    answer: (): Promise<unknown> => new Promise((resolve) => (take = resolve)),
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
