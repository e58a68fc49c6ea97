/** Dispatcher of one worker: claims deliveries from the schedule and sends several at once. */
import { isCorrupt, type ReportCorruptRecord, retryWhileRedisIsAway } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { Deliverer } from './deliver.js';
import type { DeliveryClaim, DeliveryRelease, DeliverySchedule } from './delivery-schedule.js';

/** Deliveries that one worker sends at the same time. `unresponsive`: of those, to receivers that are slow or silent. */
const SLOTS = { all: 256, unresponsive: 64 } as const;
/** Longest sleep, because another worker may have added a delivery or released a receiver meanwhile. */
const POLL_MS = 1_000;
/** Pause after an error of this service, for example if Redis cannot be read. */
const RETRY_MS = 1_000;
/** Pause of a delivery whose receiver's address has too many open requests. */
const ADDRESS_BUSY_MS = 1_000;

export type DispatcherDeps = Readonly<{
  schedule: DeliverySchedule;
  deliverer: Deliverer;
  retryDelaysMs: readonly number[];
  report: ReportCorruptRecord;
  logger: Logger;
  signals: Readonly<{ closing: AbortSignal; givenUp: AbortSignal }>;
}>;

export function createDispatcher(deps: DispatcherDeps) {
  const { schedule, deliverer, retryDelaysMs, report, logger, signals } = deps;
  const sending = new Set<Promise<void>>();
  const sleeper = createSleeper(signals.closing);
  let unresponsive = 0;

  function start(claim: DeliveryClaim): void {
    if (claim.isUnresponsive) unresponsive += 1;
    const delivery = send(claim)
      .catch((err: unknown) => logger.debug({ err }, 'delivery not released; its lease expires'))
      .finally(() => {
        sending.delete(delivery);
        if (claim.isUnresponsive) unresponsive -= 1;
        sleeper.wake();
      });
    sending.add(delivery);
  }

  async function send(claim: DeliveryClaim): Promise<void> {
    const release = (how: DeliveryRelease): Promise<void> =>
      retryWhileRedisIsAway(() => schedule.release(claim, how), { signal: signals.givenUp, logger });
    try {
      await release(await deliver(claim));
    } catch (err) {
      if (isCorrupt(err)) {
        report(`A delivery of job ${claim.delivery.jobId}`, err);
        return await release({});
      }
      logger.warn({ err, jobId: claim.delivery.jobId }, 'delivery not made yet');
      await release({ retryMs: RETRY_MS, counts: false });
    }
  }

  async function deliver({ delivery, attempt, unresponsiveMs }: DeliveryClaim): Promise<DeliveryRelease> {
    const nextMs = retryDelaysMs[attempt - 1];
    const { outcome, health } = await deliverer.deliver(delivery, { attempt, nextMs, unresponsiveMs });
    if (outcome === 'busy') return { retryMs: ADDRESS_BUSY_MS, counts: false };
    const retries = outcome === 'again' && nextMs !== undefined;
    return { ...(health && { health }), ...(retries && { retryMs: nextMs }) };
  }

  return {
    /** Starts the next delivery, or sleeps until one is due. */
    async run(): Promise<void> {
      if (sending.size >= SLOTS.all) return sleeper.sleep(POLL_MS);
      const { claim, waitMs = POLL_MS } = await schedule.claim(unresponsive < SLOTS.unresponsive);
      if (claim === undefined) return sleeper.sleep(Math.min(Math.max(waitMs, 1), POLL_MS));
      start(claim);
    },

    wake: sleeper.wake,
    sending: (): Promise<void>[] => [...sending],
  };
}

/** A sleep that ends early when it is woken. A wake-up between two sleeps ends the next one. */
function createSleeper(closing: AbortSignal) {
  let isWoken = false;
  let wakeUp = (): void => undefined;
  return {
    wake(): void {
      isWoken = true;
      wakeUp();
    },
    async sleep(ms: number): Promise<void> {
      if (!isWoken && !closing.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isWoken = false;
    },
  };
}
