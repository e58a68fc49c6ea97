/** Abuse: many jobs, each with five webhook receivers that hang. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { Row } from '../row.js';
import { send } from './requests.js';

const SECRET = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
/** Receivers per job. */
const RECEIVERS = 5;
const LEAST_JOBS = 5;

export const hangingWebhooks: Row = {
  name: 'webhook receivers that hang',
  seconds: { short: 4, full: 60 },
  async run(abuse) {
    const sockets = new Set<Socket>();
    const servers = Array.from({ length: RECEIVERS }, () =>
      createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        abuse.begun();
      }).listen(0, '127.0.0.1'),
    );
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    let jobs = 0;
    let accepted = 0;
    for (; jobs < (abuse.isFull ? 60 : 20) && !abuse.signal.aborted; jobs++) {
      const webhooks = urls.map((url) => ({ url: `${url}/${jobs}`, secret: SECRET, events: ['status', 'end'] }));
      const dataset = { name: 'synthetic', resize: 28, trainSamples: 64, testSamples: 16 };
      const body = JSON.stringify({
        network: 'resnet',
        name: 'succeeds',
        epochs: 1,
        priority: -100,
        dataset,
        webhooks,
      });
      const status = await send(abuse, { method: 'POST', path: '/jobs', type: 'application/json', body });
      if (status === 202) accepted += 1;
    }
    if (!abuse.signal.aborted) await once(abuse.signal, 'abort');
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    return { jobs, accepted, 'connections that hung': sockets.size };
  },
  faultOf({ accepted, 'connections that hung': hung }) {
    if (Number(accepted) < LEAST_JOBS) return `only ${accepted} jobs were accepted, must be ${LEAST_JOBS}`;
    return Number(hung) < RECEIVERS ? `only ${hung} connections hung, must be ${RECEIVERS}` : undefined;
  },
};
