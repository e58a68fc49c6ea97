/** Runs abuses against a service, and measures from another process how they affect other clients. */
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

/** Bounds on an otherwise idle machine. */
export const BOUNDS: Bounds = { livezP99Ms: 100, predictionMaxMs: 2_000, webhookMaxMs: 10_000, memoryMiB: 600 };

export type RowResult = Readonly<{ row: string; measured: Measured; seen: Seen; faults: readonly string[] }>;

type Options = Readonly<{
  /** Full size, or the short run of `npm test`. */
  isFull: boolean;
  bounds: Bounds;
  /** Multiple of the time that other clients wait without abuse; they may wait this long if it exceeds the bounds. Default 0: only the bounds count. */
  slack?: number;
  /** Whether attackers share the IP address of the other clients. Default false. */
  sameAddress?: boolean;
}>;

/** Longest wait for an answer of a process of the harness. */
const ANSWER_MS = 180_000;

/** Opens a runner of rows. Rows with the same settings share a service, which the first of them starts. */
export function openFairness({ isFull, bounds, sameAddress = false, slack = 0 }: Options) {
  const services = new Map<string, Promise<FairService>>();
  // Linux accepts every address of 127.0.0.0/8.
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

  /** Returns the bounds, widened if clients wait long on this machine even without an abuse. */
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
    /** Runs the abuse and measures how it affects other clients. */
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

/** Forks a TypeScript file of this folder. */
const start = (file: string): ChildProcess =>
  fork(new URL(file, import.meta.url), {
    serialization: 'advanced',
    execArgv: ['--import', import.meta.resolve('tsx')],
  });

/** Sends a message and resolves with the next message of the child. */
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
