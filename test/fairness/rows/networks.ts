/** Abuse: summaries of networks with very many blocks. */
import type { Row } from '../row.js';
import { repeat, send } from './requests.js';

const CLIENTS = 20;

export const networks: Row = {
  name: 'networks that are large to build',
  seconds: { short: 3, full: 20 },
  async run(abuse) {
    let count = 0;
    // A different number of classes each time, so that no answer is cached.
    const summary = () =>
      send(abuse, { path: `/networks/resnet/summary?blocks=50,50,50,50,50,50&classes=${2 + (count++ % 90_000)}` });
    const largest = () =>
      send(abuse, {
        path: `/networks/densenet/summary?variant=densenet201&blocks=6,12,64,48&classes=${2 + (count++ % 90_000)}&batchSize=64`,
      });
    const [asked, allowed] = await Promise.all([repeat(abuse, CLIENTS, summary), repeat(abuse, CLIENTS, largest)]);
    return { 'blocks 6×50': JSON.stringify(asked), 'densenet264 with memory': JSON.stringify(allowed) };
  },
};
