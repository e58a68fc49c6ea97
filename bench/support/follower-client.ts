/** Client process of many followers: connects them and measures how long each step frame takes to each follower. */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Frame } from '../../src/contracts/jobs/frame.js';

/** `url` names the stream from its newest frame on. */
export type FollowersRequest = Readonly<{ url: string; followers: number; seconds: number }>;
/** `frames` counts the received step frames and `missed` the missing `seq` numbers, both over all followers. */
export type FollowersResult = Readonly<{ latenciesMs: Float32Array; frames: number; missed: number }>;

/** Number of sockets opened at once. */
const AT_ONCE = 50;
const WARM_UP_MS = 3_000;

const [request] = (await once(process, 'message')) as [FollowersRequest];
const latenciesMs: number[] = [];
let frames = 0;
let missed = 0;
let isMeasuring = false;

function listen(socket: WebSocket): void {
  let last: number | undefined;
  socket.on('message', (data: Buffer) => {
    const now = Date.now();
    const frame = JSON.parse(String(data)) as Frame;
    if (last !== undefined) missed += frame.seq - last - 1;
    last = frame.seq;
    if (!isMeasuring || frame.type !== 'step') return;
    frames += 1;
    latenciesMs.push(now - Date.parse(frame.at));
  });
}

const sockets: WebSocket[] = [];
while (sockets.length < request.followers) {
  const opening = Array.from({ length: Math.min(AT_ONCE, request.followers - sockets.length) }, async () => {
    const socket = new WebSocket(request.url, { perMessageDeflate: false });
    listen(socket);
    await once(socket, 'open');
    return socket;
  });
  sockets.push(...(await Promise.all(opening)));
}
// Frames read while catching up must not count.
await wait(WARM_UP_MS);
process.send?.('connected');
isMeasuring = true;
setTimeout(() => {
  isMeasuring = false;
  const result: FollowersResult = { latenciesMs: Float32Array.from(latenciesMs), frames, missed };
  process.send?.(result, () => process.exit(0));
}, request.seconds * 1000);
