/** Softmax. */

/**
 * Returns the probabilities of each image from its `classes` logits. A `temperature` other than 1 calibrates them (Guo et al. 2017,
 * arXiv:1706.04599).
 */
export function softmax(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const powers = Array.from(row, (value) => Math.exp((value - largest) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [index, power] of powers.entries()) probabilities[start + index] = power / sum;
  }
  return probabilities;
}
