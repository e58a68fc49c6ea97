/** What the measured processes share: their argument, the seconds of each step, and the line that they print. */

/** A slow machine stops early: as bench/reference/measurement.py does. */
const ENOUGH_SECONDS = 12;
const LEAST_STEPS = 3;

/**
 * The process's one argument, JSON.
 * @template Measurement
 * @returns {Measurement}
 */
export function readMeasurement() {
  const argument = process.argv[2];
  if (argument === undefined) throw new Error('One argument is needed: a measurement as JSON.');
  return JSON.parse(argument);
}

/**
 * What is compared must be the same network.
 * @param {number} found @param {number} expected
 */
export function requireParameters(found, expected) {
  if (found !== expected) throw new Error(`The network has ${found} parameters, not ${expected}.`);
}

/**
 * Times `steps` steps after `warmUp` that do not count.
 * @param {{ warmUp: number; steps: number }} repetitions
 */
export function createStopwatch({ warmUp, steps }) {
  /** @type {number[]} */
  const stepSeconds = [];
  let last = performance.now();
  return {
    /** The first step begins now. */
    start() {
      last = performance.now();
    },
    /** A step has ended, and the next begins. Returns whether that was enough. */
    lap() {
      const now = performance.now();
      stepSeconds.push((now - last) / 1000);
      last = now;
      const timed = stepSeconds.slice(warmUp);
      if (timed.length >= LEAST_STEPS && timed.reduce((sum, value) => sum + value, 0) > ENOUGH_SECONDS) return true;
      return timed.length === steps;
    },
    /**
     * Prints the result, one line of JSON.
     * @param {string} version of what ran the steps
     */
    print(version) {
      const peakBytes = process.resourceUsage().maxRSS * 1024;
      console.log(JSON.stringify({ stepSeconds: stepSeconds.slice(warmUp), peakBytes, version }));
    },
  };
}
