/** Pump of one worker: reads the frames that the journal recorded for webhooks, and adds their deliveries to the schedule. */
import { keys, onRedis, type Redis } from '../events/index.js';
import type { DeliveryTarget } from './deliver.js';
import type { DeliverySchedule } from './delivery-schedule.js';

/** Frames per read. */
const FRAMES = 100;
const BLOCK_MS = 5_000;

/** Resolves with a delivery for each webhook that wants the frame. */
export type TargetsOf = (jobId: string, seq: number) => Promise<DeliveryTarget[]>;

export function createPump(
  deps: Readonly<{
    blocking: Redis;
    schedule: Pick<DeliverySchedule, 'accept'>;
    targetsOf: TargetsOf;
    onAccepted: () => void;
  }>,
) {
  const { schedule, targetsOf, onAccepted } = deps;
  const reader = deps.blocking.duplicate();
  // The other connections report that Redis is away.
  reader.on('error', () => undefined);

  async function accept([entry, [, jobId = '', , seq = '0']]: [string, string[]]): Promise<void> {
    await schedule.accept(await targetsOf(jobId, Number(seq)), { entry });
  }

  return {
    /** Reads once. Every worker reads all entries, but the script that removes an entry accepts its deliveries only once. */
    async run(): Promise<void> {
      const reading = () => reader.xread('COUNT', FRAMES, 'BLOCK', BLOCK_MS, 'STREAMS', keys.webhookFrames, '0');
      const [stream] = (await onRedis(reading)) ?? [];
      if (stream === undefined) return;
      await Promise.all(stream[1].map(accept));
      onAccepted();
    },

    close: (): void => reader.disconnect(),
  };
}
