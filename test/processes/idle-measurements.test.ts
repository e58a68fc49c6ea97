/** Measurements of this machine's speed while a worker is idle. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdleMeasurements, type IdleMeasurements } from '../../src/processes/idle-measurements.js';
import { createStartCheck } from '../../src/processes/start-check.js';
import { TRAINER_FLAGS } from '../../src/processes/trainer-process.js';
import { captureLog } from '../support/capture-log.js';
import { descendants, isAlive } from '../support/processes.js';

const { logger } = captureLog();

describe('the measurements of an idle worker', () => {
  let signals: AbortSignal[];
  let measurements: IdleMeasurements;

  beforeEach(() => {
    vi.useFakeTimers();
    signals = [];
    const measure = async (signal: AbortSignal): Promise<void> => void signals.push(signal);
    measurements = createIdleMeasurements({ measure, logger });
  });
  afterEach(async () => {
    await measurements.close();
    vi.useRealTimers();
  });

  const measuredAfterMinutes = async (minutes: number): Promise<number> => {
    await vi.advanceTimersByTimeAsync(60_000 * minutes);
    return signals.length;
  };

  it('begin after a minute, with pauses that double up to an hour', async () => {
    expect(await measuredAfterMinutes(10)).toBe(0);
    measurements.setHeld(0);
    expect(await measuredAfterMinutes(1)).toBe(1);
    expect(await measuredAfterMinutes(2)).toBe(2);
    expect(await measuredAfterMinutes(4)).toBe(3);
    expect(await measuredAfterMinutes(8 + 16 + 32)).toBe(6);
    expect(await measuredAfterMinutes(60)).toBe(7);
    expect(await measuredAfterMinutes(24 * 60)).toBe(7 + 24);
  });

  it('wait for a whole pause without a job', async () => {
    measurements.setHeld(0);
    await measuredAfterMinutes(0.9);
    measurements.setHeld(1);
    expect(await measuredAfterMinutes(100)).toBe(0);
    measurements.setHeld(2);
    measurements.setHeld(1);
    expect(await measuredAfterMinutes(100)).toBe(0);
    measurements.setHeld(0);
    expect(await measuredAfterMinutes(0.9)).toBe(0);
    expect(await measuredAfterMinutes(0.1)).toBe(1);
  });

  it('stop with the worker', async () => {
    measurements.setHeld(0);
    await measurements.close();
    measurements.setHeld(0);
    expect(await measuredAfterMinutes(100)).toBe(0);
  });

  it('count the fastest of the latest five', () => {
    expect(measurements.speed()).toBeUndefined();
    const speeds = [3, 9, 5, 4, 6, 2, 1].map((speed) => {
      measurements.note(speed);
      return measurements.speed();
    });
    expect(speeds).toEqual([3, 9, 9, 9, 9, 9, 6]);
  });

  it('count none that was taken next to a job', () => {
    measurements.setHeld(0);
    measurements.note(3);
    measurements.setHeld(1);
    measurements.note(9);
    expect(measurements.speed()).toBe(3);
  });
});

it('measures with real trainers, and kills the trainer when a job arrives', async () => {
  const measure = (signal: AbortSignal): Promise<void> =>
    createStartCheck({
      ...{ url: new URL('../../dist/trainer.js', import.meta.url), name: 'trainer', execArgv: TRAINER_FLAGS },
      ...{ logger, signal, onSpeed: measurements.note },
    })();
  const measurements: IdleMeasurements = createIdleMeasurements({ measure, logger, firstPauseMs: 1 });
  const trainers = () => descendants(process.pid).filter(({ command }) => command.includes('trainer.js'));
  measurements.setHeld(0);
  await expect.poll(measurements.speed).toBeGreaterThan(1e6);
  await expect.poll(() => trainers().length).toBe(1);
  const [next] = trainers();
  measurements.setHeld(1);
  const speed = measurements.speed();
  await measurements.close();
  expect(next && isAlive(next.pid)).toBe(false);
  expect(trainers()).toEqual([]);
  expect(measurements.speed()).toBe(speed);
});
