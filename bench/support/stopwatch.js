/** Shared code of measured processes: reads their argument, times their steps and prints the result. */

/** A measurement ends early after this time, as in bench/reference/measurement.py: some machines are slow. */
const ENOUGH_SECONDS = 12;
const LEAST_STEPS = 3;

/**
 * Parses the only argument of the process, a JSON object.
 * @template Measurement
 * @returns {Measurement}
 */
export function readMeasurement() {
  const argument = process.argv[2];
  if (argument === undefined) throw new Error('The argument is missing: a measurement as JSON.');
  return JSON.parse(argument);
}

/**
 * Throws if the network has another number of parameters: all sides must measure the same network.
 * @param {number} found @param {number} expected
 */
export function requireParameters(found, expected) {
  if (found !== expected) throw new Error(`The network has ${found} parameters, not ${expected}.`);
}

/**
 * Times `steps` steps after `warmUp` steps that do not count.
 * @param {{ warmUp: number; steps: number }} repetitions
 */
export function createStopwatch({ warmUp, steps }) {
  /** @type {number[]} */
  const stepSeconds = [];
  let last = performance.now();
  return {
    /** Starts the first step. */
    start() {
      last = performance.now();
    },
    /** Ends a step and starts the next. Returns whether the measurement is complete. */
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
     * @param {string} version Version of the program that ran the steps.
     */
    print(version) {
      const peakBytes = process.resourceUsage().maxRSS * 1024;
      console.log(JSON.stringify({ stepSeconds: stepSeconds.slice(warmUp), peakBytes, version }));
    },
  };
}
