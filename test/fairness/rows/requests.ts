/** Functions that send an attacker's requests. */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Abuse } from '../row.js';

/** Sends a request and resolves with the status of its answer; 0 if the connection broke or the abuse is over. */
export function send(
  { target, localAddress, signal }: Abuse,
  {
    method = 'GET',
    path,
    type,
    body,
  }: Readonly<{ method?: string; path: string; type?: string; body?: Uint8Array | string }>,
): Promise<number> {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const options = { method, headers, signal, agent: false as const, ...(localAddress && { localAddress }) };
    const sending = request(`${target.address}${path}`, options, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    sending.once('error', () => resolve(0));
    sending.end(body);
  });
}

/** Repeats a request on `clients` connections until the abuse is over. Resolves with the count of each status. */
export async function repeat(
  abuse: Abuse,
  clients: number,
  ask: () => Promise<number>,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const client = async () => {
    while (!abuse.signal.aborted) {
      const status = await ask();
      counts[status] = (counts[status] ?? 0) + 1;
      abuse.begun();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return counts;
}

/** Opens a connection and writes the head of a request. Returns the socket, and the status of the answer (0 if none comes). */
export function openRequest(
  { target, localAddress, signal, begun }: Abuse,
  { method, path, headers }: Readonly<{ method: string; path: string; headers: readonly string[] }>,
): Readonly<{ socket: Socket; status: Promise<number> }> {
  const { hostname, port } = new URL(target.address);
  const socket = connect({ host: hostname, port: Number(port), ...(localAddress && { localAddress }) });
  socket.write([`${method} ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  socket.once('connect', begun);
  const status = new Promise<number>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk).slice(0, 100);
      const found = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    socket.once('error', () => undefined).once('close', () => resolve(0));
  });
  signal.addEventListener('abort', () => socket.destroy());
  return { socket, status };
}
