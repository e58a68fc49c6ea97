/** Kinds of kills, and the condition for recovery from each. */
import { setTimeout as delay } from 'node:timers/promises';
import { waitAtMost } from '../../src/concurrency/deadline.js';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import type { Client } from './client.js';
import { type Cluster, kill, type RunningTrainer } from './cluster.js';

export const KINDS = [
  'trainer',
  'worker',
  'api',
  'redis',
  'frozen worker',
  'partition',
  'everything',
  'rolling restart',
] as const;
export type Kind = (typeof KINDS)[number];

/** Descriptions of recovery for the table. */
export const RECOVERED: Readonly<Record<Kind, string>> = {
  trainer: 'its job takes steps again',
  worker: 'its job takes steps again, elsewhere or here',
  api: 'it answers again',
  redis: 'it answers, and a job goes on',
  'frozen worker': 'its job takes steps elsewhere',
  partition: 'the job of the worker that is cut off takes steps elsewhere',
  everything: 'every job that ran takes steps again',
  'rolling restart': 'its jobs take steps elsewhere, then the api answers again',
};

/**
 * Longest time that a worker is frozen or cut off, as a multiple of the lock. Usually another worker takes the job earlier, unless it is frozen or
 * cut off too.
 */
const MAX_LOCKS_AWAY = 4;

export type StrikeOptions = Readonly<{
  cluster: Cluster;
  client: Client;
  choose: <T>(from: readonly T[]) => T;
  /** Time after which the lock of a lost worker expires. */
  lockMs: number;
}>;

/** Waits for a target, kills it, and resolves with the milliseconds until the service has recovered. */
export async function strike(kind: Kind, { cluster, client, choose, lockMs }: StrikeOptions): Promise<number> {
  const victims = await running(kind === 'partition' ? cluster.trainersBehindProxy : cluster.trainers, client);
  const victim = choose(victims);
  const started = performance.now();
  const since = (): number => performance.now() - started;
  switch (kind) {
    case 'trainer': {
      const recovered = hasContinued(client, victim);
      kill(victim.pid, 'SIGKILL');
      await recovered;
      return since();
    }
    case 'worker': {
      const hit = victims.filter(({ worker }) => worker === victim.worker);
      const recovered = Promise.all(hit.map((each) => hasContinued(client, each)));
      kill(victim.worker, 'SIGKILL');
      await recovered;
      return since();
    }
    case 'frozen worker': {
      const recovered = hasContinued(client, victim);
      kill(victim.worker, 'SIGSTOP');
      await waitAtMost(recovered, MAX_LOCKS_AWAY * lockMs);
      kill(victim.worker, 'SIGCONT');
      await recovered;
      return since();
    }
    case 'partition': {
      const recovered = hasContinued(client, victim);
      cluster.cut();
      await waitAtMost(recovered, MAX_LOCKS_AWAY * lockMs);
      cluster.mend();
      await recovered;
      return since();
    }
    case 'api': {
      await killOne(cluster.api);
      await client.answers();
      return since();
    }
    case 'redis': {
      await killOne(cluster.redis);
      await client.answers();
      const answered = Date.now();
      await Promise.race(
        client.followed
          .filter((each) => !each.hasEnded())
          .map((each) => each.frame(({ at }) => Date.parse(at) >= answered, 0)),
      );
      return since();
    }
    // Stops a worker and then the API, like the rollout of a new version.
    case 'rolling restart': {
      const owned = victims.filter(({ worker }) => worker === victim.worker);
      const recovered = Promise.all(owned.map((each) => hasContinued(client, each)));
      kill(victim.worker, 'SIGTERM');
      await recovered;
      const api = cluster.api();
      await killOne(cluster.api, 'SIGTERM');
      while (cluster.api() === api) await delay(20); // it may still answer until it has exited
      await client.answers();
      return since();
    }
    case 'everything': {
      const recovered = Promise.all(victims.map((each) => hasContinued(client, each)));
      await cluster.powerCut();
      await recovered;
      return since();
    }
    default:
      return kind satisfies never;
  }
}

/**
 * Returns the running trainers of jobs that this client follows. Waits until there is one. A trainer whose job another worker has taken over
 * does not count, because its kill needs no recovery.
 */
async function running(trainers: Cluster['trainers'], client: Client): Promise<RunningTrainer[]> {
  for (;;) {
    const found = trainers().filter((trainer) => {
      const job = find(client, trainer.jobId);
      return job?.hasEnded() === false && !job.frames.some(isLaterThan(trainer));
    });
    if (found.length > 0) return found;
    await delay(20);
  }
}

async function killOne(find: () => number | undefined, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  for (let pid = find(); ; pid = find()) {
    if (pid !== undefined) return kill(pid, signal);
    // It is still starting after the previous kill.
    await delay(20);
  }
}

const find = (client: Client, jobId: string) => client.followed.find(({ id }) => id === jobId);

/** Returns a test for the frame that begins a later attempt than a trainer's. */
const isLaterThan =
  ({ attempt }: RunningTrainer) =>
  (frame: Frame): boolean =>
    frame.type === 'status' && frame.status === 'running' && frame.attempt > attempt;

/** Resolves when a later attempt of the job has written a frame of its run, or when the job has ended. */
async function hasContinued(client: Client, trainer: RunningTrainer): Promise<void> {
  const job = find(client, trainer.jobId);
  const isLater = isLaterThan(trainer);
  const begun = await job?.frame((frame) => frame.type === 'end' || isLater(frame), 0);
  if (begun?.type === 'end') return;
  await job?.frame(({ type }) => type === 'step' || type === 'epoch' || type === 'end', begun?.seq);
}
