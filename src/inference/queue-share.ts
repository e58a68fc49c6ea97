/** Limit of the waiting images, and each client's share of it. */
import { TrainyardError } from '../errors/errors.js';
import type { BatchQueue } from './batch-queue.js';

/**
 * Makes room in the queue for `images` more of a client. While the queue is full, refuses the latest request of the client with
 * the most waiting images. Throws `too_many_requests` if the client itself would exceed its share, `maxImages` divided by
 * the number of clients.
 */
export function makeRoom(queue: BatchQueue, client: string, images: number, maxImages: number): void {
  while (queue.images() > 0 && queue.images() + images > maxImages) {
    const waiting = queue.imagesByClient();
    const own = waiting.get(client) ?? 0;
    const share = maxImages / (waiting.has(client) ? waiting.size : waiting.size + 1);
    if (own + images > share) {
      throw tooMany(`${queue.images()} images are already waiting for a prediction, ${own} of them of this client`);
    }
    const [greediest] = [...waiting].reduce((one, other) => (other[1] > one[1] ? other : one));
    const latest = queue.requests().findLast((request) => request.client === greediest);
    latest?.settle(tooMany('Too many images of this client were waiting, and another client needed its share'));
  }
}

const tooMany = (reason: string): TrainyardError =>
  new TrainyardError('too_many_requests', `${reason}. Try again in a few seconds.`);
