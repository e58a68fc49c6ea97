/** Interleaved rounds: each round measures every side once, so that a slow phase of the machine affects all sides. */
import { median } from './statistics.js';

/** A workload with its sides by name. Each call of a side is one measurement. */
export type Contest<Result> = Readonly<{
  name: string;
  sides: Readonly<Record<string, () => Promise<Result>>>;
}>;

/** Results of one workload: one record per round, by side. */
export type Rounds<Result> = readonly Readonly<Record<string, Result>>[];

/** Measures `count` rounds and returns those of each contest, in the given order. Each round begins with another side. */
export async function measureRounds<Result>(
  count: number,
  contests: readonly Contest<Result>[],
): Promise<Rounds<Result>[]> {
  const measured = contests.map((): Readonly<Record<string, Result>>[] => []);
  for (let round = 0; round < count; round++) {
    for (const [index, { name, sides }] of contests.entries()) {
      const names = Object.keys(sides);
      const results: Record<string, Result> = {};
      for (const [i] of names.entries()) {
        const side = names[(round + i) % names.length] ?? '';
        const result = await sides[side]?.();
        if (result !== undefined) results[side] = result;
      }
      measured[index]?.push(results);
      console.error(`round ${round + 1} of ${count}: ${name}`);
    }
  }
  return measured;
}

/** Returns the results of a side, one per round. */
export function resultsOf<Result>(rounds: Rounds<Result>, side: string): Result[] {
  return rounds.flatMap(({ [side]: result }) => (result === undefined ? [] : [result]));
}

/** Returns the median of a side's figure over the rounds. */
export function medianOf<Result>(rounds: Rounds<Result>, side: string, figure: (result: Result) => number): number {
  return median(resultsOf(rounds, side).map(figure));
}

/** Returns the median of the rounds' ratios of ours to theirs. The two figures of a round are measured within minutes. */
export function medianRatio<Result>(
  rounds: Rounds<Result>,
  ours: string,
  theirs: string,
  figure: (result: Result) => number,
): number {
  const rivals = resultsOf(rounds, theirs).map(figure);
  return median(resultsOf(rounds, ours).map((result, round) => figure(result) / (rivals[round] ?? Number.NaN)));
}

/** Returns the side with the largest median. */
export function bestOf<Result>(
  rounds: Rounds<Result>,
  sides: readonly string[],
  figure: (result: Result) => number,
): string {
  return sides.reduce((best, side) => (medianOf(rounds, side, figure) > medianOf(rounds, best, figure) ? side : best));
}
