/** Limits of concurrent uploads, for each client and for all clients. */
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createUploadCounter } from '../../../src/api/http/upload-limits.js';
import { openRunningApi } from '../../support/running-api.js';

const { api } = await openRunningApi({ uploadLimits: { most: 10, mostOfClient: 2 } });

it('counts uploads for each client and for all clients, and frees the slot of an ended upload', () => {
  const uploading = createUploadCounter({ most: 3, mostOfClient: 2 });
  const end = uploading.begin('a');
  uploading.begin('a');
  expect(() => uploading.begin('a')).toThrow(/This client has 2 uploads in progress.* UPLOADS_PER_CLIENT/);
  uploading.begin('b');
  expect(() => uploading.begin('c')).toThrow(/3 uploads are in progress.* UPLOADS_MAX/);
  end();
  end(); // a second call has no effect
  uploading.begin('c');
  expect(() => uploading.begin('d')).toThrow(/UPLOADS_MAX/);
});

/** Sends only a part of an upload; `answer` resolves with the bytes the service sends until it closes the connection. */
function beginUpload(
  method: string,
  path: string,
  type: string,
): Readonly<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\nPK`);
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.once('error', () => undefined).once('close', () => resolve(text));
  });
  return { socket, answer };
}

it('returns 429 for an upload beyond the limit of a client, closes its connection, and accepts the next once one has ended', async () => {
  const archive = () => beginUpload('PUT', '/datasets/boots', 'application/zip');
  const weights = () => beginUpload('POST', '/models', 'multipart/form-data; boundary=x');
  const all = [archive(), weights(), archive(), weights(), archive()];
  const refused = await Promise.any(all.map(async ({ answer }, index) => ({ index, text: await answer })));
  expect(refused.text).toMatch(/^HTTP\/1\.1 429 /);
  expect(refused.text).toMatch(/retry-after: \d+/i);
  expect(refused.text).toContain('This client has 2 uploads in progress');
  const open = () => all.filter(({ socket }) => !socket.closed);
  await expect.poll(() => open().length).toBe(2);
  for (const { socket } of open()) socket.destroy();
  // Once the service has noticed that the clients disconnected, it accepts an upload again.
  const headers = { 'content-type': 'application/zip' };
  const upload = () => fetch(`${api.address}/datasets/boots`, { method: 'PUT', headers, body: 'not an archive' });
  await expect.poll(async () => (await upload()).status).toBe(400);
});
