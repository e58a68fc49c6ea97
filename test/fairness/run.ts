/** Runs abuses against a service and measures from a process of its own what others see meanwhile. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from '../../bench/support/statistics.js';
import type { AttackerRequest } from './attacker.js';
import type { Figures } from './probe.js';
import type { Row, Seen } from './row.js';
import { nothing } from './rows/nothing.js';
import { type FairService, startFairService, type Target } from './service.js';

export type Measured = Readonly<{
  livezP99Ms: number;
  predictionMaxMs: number;
  webhookMaxMs: number;
  memoryMiB: number;
}>;

export type Bounds = Measured;

/** The bounds that hold on a machine with nothing else to do. */
export const BOUNDS: Bounds = { livezP99Ms: 100, predictionMaxMs: 2_000, webhookMaxMs: 10_000, memoryMiB: 600 };

export type RowResult = Readonly<{ row: string; measured: Measured; seen: Seen; faults: readonly string[] }>;

type Options = Readonly<{
  /** Full size, or the short run of `npm test`. */
  isFull: boolean;
  bounds: Bounds;
  /** How often as long as without any abuse others may wait, if that is more than the bounds. Default 0: the bounds alone count. */
  slack?: number;
  /** Whether attackers share the address of the others, too. Default false. */
  sameAddress?: boolean;
}>;

/** Time that a process of the harness has to answer. */
const ANSWER_MS = 180_000;

/** Opens a runner of rows. Rows with the same settings share a service, which starts with the first of them. */
export function openFairness({ isFull, bounds, sameAddress = false, slack = 0 }: Options) {
  const services = new Map<string, Promise<FairService>>();
  // Linux has all of 127.0.0.0/8.
  const localAddress = process.platform === 'linux' && !sameAddress ? '127.0.0.2' : undefined;

  function serviceOf({ settings = {} }: Row): Promise<FairService> {
    const key = JSON.stringify(settings);
    const service = services.get(key) ?? startFairService(settings);
    services.set(key, service);
    return service;
  }

  let undisturbed: Measured | undefined;

  async function run(row: Row, within: Bounds): Promise<RowResult> {
    const { target } = await serviceOf(row);
    const { figures, seen } = await measure(row, { row: row.name, target, localAddress, isFull });
    return judge(row, figures, seen, within);
  }

  /** The bounds, wider if others wait long on this machine even without an abuse. */
  async function boundsHere(): Promise<Bounds> {
    if (slack === 0) return bounds;
    undisturbed ??= (await run(nothing, bounds)).measured;
    const wider = (name: 'livezP99Ms' | 'predictionMaxMs' | 'webhookMaxMs') =>
      Math.max(bounds[name], slack * (undisturbed?.[name] ?? 0));
    return {
      livezP99Ms: wider('livezP99Ms'),
      predictionMaxMs: wider('predictionMaxMs'),
      webhookMaxMs: wider('webhookMaxMs'),
      memoryMiB: bounds.memoryMiB,
    };
  }

  return {
    /** Abuses the service and measures what others see meanwhile. */
    run: async (row: Row): Promise<RowResult> => run(row, await boundsHere()),

    async close(): Promise<void> {
      for (const service of services.values()) await (await service).close();
    },
  };
}

async function measure(row: Row, request: AttackerRequest): Promise<{ figures: Figures; seen: Seen }> {
  const probe = start('./probe.ts');
  const attacker = start('./attacker.ts');
  try {
    await ask<string>(probe, request.target);
    await ask<string>(attacker, request);
    await wait(1000 * (request.isFull ? row.seconds.full : row.seconds.short));
    const [figures, seen] = await Promise.all([ask<Figures>(probe, 'stop'), ask<Seen>(attacker, 'stop')]);
    return { figures, seen };
  } finally {
    for (const child of [probe, attacker]) child.kill('SIGKILL');
  }
}

/** Forks a file of this folder, which TypeScript's loader reads. */
const start = (file: string): ChildProcess =>
  fork(new URL(file, import.meta.url), {
    serialization: 'advanced',
    execArgv: ['--import', import.meta.resolve('tsx')],
  });

/** Sends a message and resolves with the next one that comes back. */
async function ask<Answer>(child: ChildProcess, message: string | Target | AttackerRequest): Promise<Answer> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = once(child, 'message', { signal });
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`A process of the harness ended with ${code}.`);
  });
  ended.catch(() => undefined);
  child.send(message, () => undefined);
  const [answered] = await Promise.race([answer, ended]);
  return answered as Answer;
}

function judge(row: Row, figures: Figures, seen: Seen, bounds: Bounds): RowResult {
  const measured: Measured = {
    livezP99Ms: quantile(figures.livezMs, 0.99),
    predictionMaxMs: Math.max(...figures.predictionMs),
    webhookMaxMs: Math.max(...figures.webhookMs),
    memoryMiB: figures.memoryBytes / 2 ** 20,
  };
  const faults = (Object.keys(bounds) as (keyof Bounds)[])
    .filter((name) => !(measured[name] <= bounds[name]))
    .map((name) => `${name} is ${Math.round(measured[name])}, must be at most ${bounds[name]}`);
  const fault = row.faultOf?.(seen);
  if (fault !== undefined) faults.push(fault);
  if (figures.firstFailure !== '') faults.push(`first failure: ${figures.firstFailure}`);
  return { row: row.name, measured, seen, faults };
}
