/** Largest-remainder method (Hamilton): divides a number of seats in proportion to counts. */

/**
 * Returns how many of `total` each count gets: its proportional share rounded down, and one more for the largest remainders. Equal
 * remainders are served in the order of `counts`. No share is larger than its count if `total` is at most the sum.
 */
export function apportion(counts: readonly number[], total: number): number[] {
  const sum = counts.reduce((all, count) => all + count, 0);
  if (sum === 0) return counts.map(() => 0);
  // Exact in integers: the remainder of total × count / sum.
  const shares = counts.map((count) => Math.floor((total * count) / sum));
  const remainders = counts.map((count, index) => ({ index, rest: (total * count) % sum }));
  const left = total - shares.reduce((all, share) => all + share, 0);
  for (const { index } of remainders.toSorted((a, b) => b.rest - a.rest).slice(0, left))
    shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
