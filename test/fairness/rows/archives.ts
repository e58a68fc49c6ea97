/** Abuse: archives made to take memory or time. The API must refuse each, and the converter's memory must stay small. */
import { setTimeout as wait } from 'node:timers/promises';
import { deepPaths, lies, overlapping } from '../../support/hostile-archives.js';
import { descendants } from '../../support/processes.js';
import type { Abuse, Row } from '../row.js';
import { residentBytes } from '../service.js';
import { repeat, send } from './requests.js';

const CLIENTS = 2;
const MAX_MIB = 600;
const PATIENCE_MS = 50_000;

export const archives: Row = {
  name: 'malicious archives',
  seconds: { short: 4, full: 30 },
  async run(abuse) {
    const bodies = [deepPaths(), await overlapping(), lies()];
    // Uploads get this much time to finish after the abuse: their answers count also on a slow machine.
    const patient = { ...abuse, signal: AbortSignal.timeout(PATIENCE_MS) };
    let count = 0;
    const upload = () => {
      const body = bodies[count % bodies.length] as Buffer;
      return send(patient, { method: 'PUT', path: `/datasets/harm-${count++}?side=8`, type: 'application/zip', body });
    };
    const [statuses, peakMiB] = await Promise.all([repeat(abuse, CLIENTS, upload), peakOfConverters(abuse)]);
    const { 400: refused = 0, ...others } = statuses;
    return { refused, others: JSON.stringify(others), 'converter, MiB': Math.round(peakMiB) };
  },
  faultOf({ refused, others, 'converter, MiB': peakMiB }) {
    if (Number(refused) === 0) return 'no archive was answered with 400';
    if (others !== '{}') return `some archives were not answered with 400: ${others}`;
    return Number(peakMiB) > MAX_MIB ? `a converter took ${peakMiB} MiB, must be at most ${MAX_MIB}` : undefined;
  },
};

/** Samples the resident memory of the converters until the abuse is over. Returns the largest value in MiB. */
async function peakOfConverters({ target, signal }: Abuse): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    const converters = descendants(target.apiPid).filter(({ command }) => command.includes('converter.js'));
    for (const { pid } of converters) peak = Math.max(peak, residentBytes(pid));
    await wait(100);
  }
  return peak / 2 ** 20;
}
