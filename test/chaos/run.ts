/** One chaos run: jobs on two workers while processes are killed at random moments, and the counts afterwards. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type EpochEvent, type Frame, scoresOf } from '../../src/contracts/jobs/frame.js';
import type { Job, JobRequest } from '../../src/contracts/jobs/job.js';
import type { EpochScores } from '../../src/contracts/jobs/outcome.js';
import type { ModelManifest } from '../../src/contracts/models/model.js';
import { openModelStore } from '../../src/store/index.js';
import { scalarsOf, stepOf } from '../../src/tensorboard/event-messages.js';
import { eventFolder } from '../../src/tensorboard/index.js';
import { decodeRecords } from '../../src/tensorboard/records.js';
import { ask, type Client, createClient, type Followed } from './client.js';
import { type Cluster, startCluster } from './cluster.js';
import { KINDS, type Kind, strike } from './kills.js';

/** Number of open jobs while kills remain. */
const OPEN_JOBS = 3;
/** Longest time between a recovery and the next kill, in milliseconds. */
const MAX_PAUSE_MS = 2_000;
/** One of this many kills comes during the recovery from the previous kill. */
const OVERLAP = 4;
/** Time limit of a recovery or a job, in milliseconds. */
const PATIENCE_MS = 120_000;

const dataset = { name: 'synthetic', resize: 16, trainSamples: 256, testSamples: 16, validationSamples: 16 } as const;
/** Job requests. Together they use every part of a checkpoint. */
export const REQUESTS: readonly JobRequest[] = [
  {
    name: 'adam',
    network: 'resnet',
    networkOptions: { width: 8, blocks: [1, 1] },
    dataset,
    batchSize: 32,
    microBatchSize: 16,
    epochs: 30,
    stepInterval: 1,
    emaDecay: 0.95,
    schedule: { name: 'one-cycle' },
    augmentation: { crop: 2, flip: true },
  },
  {
    name: 'sgd',
    network: 'densenet',
    networkOptions: { width: 8, growth: 4, blocks: [2, 2], dropRate: 0.1 },
    dataset,
    batchSize: 32,
    epochs: 30,
    stepInterval: 2,
    seed: 7,
    optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
  },
];

export type Options = Readonly<{
  dataDir: string;
  seed: number;
  /** Kinds of the kills, in order. */
  kinds: readonly Kind[];
  lockSeconds: number;
  requests?: readonly JobRequest[];
  onKill?: ((kind: Kind, recoveryMs: number) => void) | undefined;
}>;

/** Counts. All except `jobs` and `kills` must be 0. */
export type Counts = Readonly<{
  jobs: number;
  kills: number;
  /** Accepted jobs that did not succeed or do not exist. */
  lost: number;
  /** Jobs with several models or ends, or duplicate jobs of one submission. */
  trainedTwice: number;
  /** Frame numbers that a follower missed. */
  holes: number;
  /** Frames that a follower got twice. */
  repeats: number;
  /** Jobs whose steps and epochs differ from an uninterrupted run. */
  runsThatDiffer: number;
  /** Jobs whose scores in the record or the model are not the scores of the last epoch. */
  scoresUnlike: number;
  /** Jobs whose TensorBoard event file lacks or repeats a step or epoch of the stream. */
  eventFilesUnlike: number;
  /** Jobs whose weights differ from an uninterrupted run. */
  digestsUnlike: number;
}>;

export type Result = Readonly<{ counts: Counts; recoveryMs: ReadonlyMap<Kind, readonly number[]> }>;

/** Random numbers from a seed. */
export function createDice(seed: number) {
  const random = xoroshiro128plus(seed);
  /** Returns an integer from 0 to `most`. */
  const draw = (most: number): number => uniformInt(random, 0, most);
  const choose = <T>(from: readonly T[]): T => from[draw(from.length - 1)] as T;
  return { draw, choose };
}

/** Returns this many kills of evenly distributed kinds, in random order. */
export function drawKinds(kills: number, seed: number, of: readonly Kind[] = KINDS): Kind[] {
  const { draw } = createDice(seed);
  const kinds: Kind[] = [];
  for (let left: Kind[] = []; kinds.length < kills; ) {
    if (left.length === 0) left = [...of];
    kinds.push(...left.splice(draw(left.length - 1), 1));
  }
  return kinds;
}

export async function runChaos({ dataDir, seed, kinds, lockSeconds, ...options }: Options): Promise<Result> {
  const { requests = REQUESTS, onKill } = options;
  const cluster = await startCluster({ dataDir, lockSeconds });
  const over = new AbortController();
  try {
    const client = createClient(cluster.address, over.signal);
    const undisturbed = await Promise.all(requests.map((request, i) => client.submit(request, `undisturbed-${i}`)));
    await inTime(cluster, 'the undisturbed runs', Promise.all(undisturbed.map(({ ended }) => ended)));
    const recoveryMs = await disturb(cluster, client, { seed, kinds, lockSeconds, requests, onKill });
    await inTime(cluster, 'the last jobs', Promise.all(client.followed.map(({ ended }) => ended)));
    return { counts: await count(cluster, client, undisturbed, kinds.length), recoveryMs };
  } finally {
    over.abort(new Error('The run is over.'));
    await cluster.stop();
  }
}

/** Submits jobs and kills processes until the service has recovered from all kills. */
async function disturb(
  cluster: Cluster,
  client: Client,
  {
    seed,
    kinds,
    lockSeconds,
    requests,
    onKill,
  }: Pick<Options, 'seed' | 'kinds' | 'lockSeconds' | 'onKill'> & { requests: readonly JobRequest[] },
): Promise<ReadonlyMap<Kind, readonly number[]>> {
  const { draw, choose } = createDice(seed);
  const recoveryMs = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
  const done = new AbortController();
  const submitting = keepBusy(client, requests, done.signal);
  const recovering: Promise<void>[] = [];
  const strikeAll = async (): Promise<void> => {
    for (const kind of kinds) {
      await delay(draw(MAX_PAUSE_MS));
      const striking = strike(kind, { cluster, client, choose, lockMs: 1_000 * lockSeconds });
      const recovered = inTime(cluster, `recovery of ${kind}`, striking).then((ms) => {
        recoveryMs.get(kind)?.push(ms);
        onKill?.(kind, ms);
      });
      recovering.push(recovered);
      if (draw(OVERLAP - 1) > 0 || kind === 'everything') await Promise.all(recovering);
    }
    await Promise.all(recovering);
  };
  await strikeAll().finally(() => done.abort());
  await submitting;
  return recoveryMs;
}

/** Submits the requests round-robin, so that this many jobs are open. */
async function keepBusy(client: Client, requests: readonly JobRequest[], signal: AbortSignal): Promise<void> {
  const over = aborted(signal);
  for (let next = 0; !signal.aborted; next++) {
    const open = client.followed.filter((each) => !each.hasEnded());
    const request = requests[next % requests.length];
    if (open.length < OPEN_JOBS && request !== undefined) await client.submit(request, `disturbed-${next}`);
    else await Promise.race([...open.map(({ ended }) => ended), over]);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

async function inTime<T>(cluster: Cluster, what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timeout = delay(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Too long: ${what}.\n${cluster.lastLines()}`);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
}

async function count(
  { address, dataDir }: Cluster,
  client: Client,
  undisturbed: readonly Followed[],
  kills: number,
): Promise<Counts> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const jobs = client.followed;
  const manifests = await manifestsByJob(join(dataDir, 'models'));
  const modelOf = ({ id }: Followed): ModelManifest | undefined => manifests.get(id)?.[0];
  const digestOf = (job: Followed): string | undefined => modelOf(job)?.files.weights.sha256;
  const referenceOf = ({ name }: Followed) => undisturbed.find((reference) => reference.name === name);
  const stored = await listJobs(address, signal);
  const recordOf = ({ id }: Followed) => stored.find((job) => job.id === id);
  const has = (test: (job: Followed) => boolean): number => jobs.filter(test).length;
  const sum = (fault: keyof Followed['faults']): number => jobs.reduce((total, { faults }) => total + faults[fault], 0);
  return {
    jobs: jobs.length,
    kills,
    lost: has((job) => recordOf(job)?.status !== 'succeeded'),
    trainedTwice:
      has(({ id, frames }) => (manifests.get(id)?.length ?? 0) > 1 || frames.filter(isEnd).length > 1) +
      stored.length -
      new Set(jobs.map(({ id }) => id)).size,
    holes: sum('holes'),
    repeats: sum('repeats'),
    eventFilesUnlike: (await Promise.all(jobs.map((job) => hasItsEvents(job, dataDir)))).filter((has) => !has).length,
    runsThatDiffer: has((job) => runOf(job) !== runOf(referenceOf(job))),
    scoresUnlike: has((job) => {
      const last = lastScores(job);
      return [recordOf(job), modelOf(job)].some((each) => !isDeepStrictEqual(each?.scores, last));
    }),
    digestsUnlike: has((job) => digestOf(job) === undefined || digestOf(job) !== digestOf(referenceOf(job) ?? job)),
  };
}

const isEnd = ({ type }: Frame): boolean => type === 'end';

function lastScores({ frames }: Followed): EpochScores | undefined {
  const last = frames.findLast(({ type }) => type === 'epoch');
  if (last?.type !== 'epoch') return undefined;
  const { seq: _, at: __, jobId: ___, usage: ____, best: _____, ...event } = last;
  return scoresOf(event as EpochEvent);
}

/** Returns the manifests of the models of each job. */
async function manifestsByJob(modelsDir: string): Promise<Map<string, ModelManifest[]>> {
  const store = await openModelStore(modelsDir);
  const found = new Map<string, ModelManifest[]>();
  for (const { name, versions } of await store.list()) {
    for (const version of versions) {
      const { manifest } = await store.get({ name, version });
      if (manifest.jobId === undefined) continue; // an imported model
      found.set(manifest.jobId, [...(found.get(manifest.jobId) ?? []), manifest]);
    }
  }
  return found;
}

async function listJobs(address: string, signal: AbortSignal): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: { jobs: Job[]; nextCursor?: string } = await ask(`${address}/jobs?limit=100${query}`, signal);
    jobs.push(...page.jobs);
    cursor = page.nextCursor;
  }
  return jobs;
}

/** Returns whether the job's event file has each step and epoch of its frames once and in order. */
async function hasItsEvents({ id, name, frames }: Followed, dataDir: string): Promise<boolean> {
  const folder = eventFolder(join(dataDir, 'tensorboard'), { id, name });
  const files = await readdir(folder);
  if (files.length !== 1) return false;
  const { records, sizeBytes } = decodeRecords(await readFile(join(folder, files[0] ?? '')));
  const placeText = (place: Readonly<{ series: string; step: number }> | undefined): string[] =>
    place === undefined ? [] : [`${place.series} ${place.step}`];
  const written = records.map(stepOf).flatMap(placeText);
  return sizeBytes > 0 && isDeepStrictEqual(written, frames.map(scalarsOf).flatMap(placeText));
}

/** Returns steps and epochs without times, as text. */
function runOf(job: Followed | undefined): string {
  const fields = job?.frames.flatMap((frame) => {
    if (frame.type !== 'step' && frame.type !== 'epoch') return [];
    const { seq: _, at: __, jobId: ___, imagesPerSecond: ____, usage: _____, ...rest } = frame;
    return [{ ...rest, seconds: 0 }];
  });
  return JSON.stringify(fields);
}
