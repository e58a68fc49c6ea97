/** Interleaved rounds: each side once a round, one after the other, so that what slows the machine down slows all of them. */
import { median } from './statistics.js';

/** A workload with its sides: what is measured, by name, each call one measurement. */
export type Contest<Result> = Readonly<{
  name: string;
  sides: Readonly<Record<string, () => Promise<Result>>>;
}>;

/** One workload's results: of each round, by side. */
export type Rounds<Result> = readonly Readonly<Record<string, Result>>[];

/** The rounds of each contest, in the order given. Each round begins with another side. */
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

/** A side's results, one a round. */
export function resultsOf<Result>(rounds: Rounds<Result>, side: string): Result[] {
  return rounds.flatMap(({ [side]: result }) => (result === undefined ? [] : [result]));
}

/** Median of a side's figure over the rounds. */
export function medianOf<Result>(rounds: Rounds<Result>, side: string, figure: (result: Result) => number): number {
  return median(resultsOf(rounds, side).map(figure));
}

/** Median over the rounds of ours divided by theirs: a round's two figures were taken within minutes of each other. */
export function medianRatio<Result>(
  rounds: Rounds<Result>,
  ours: string,
  theirs: string,
  figure: (result: Result) => number,
): number {
  const rivals = resultsOf(rounds, theirs).map(figure);
  return median(resultsOf(rounds, ours).map((result, round) => figure(result) / (rivals[round] ?? Number.NaN)));
}

/** The side with the largest median: the rival's best. */
export function bestOf<Result>(
  rounds: Rounds<Result>,
  sides: readonly string[],
  figure: (result: Result) => number,
): string {
  return sides.reduce((best, side) => (medianOf(rounds, side, figure) > medianOf(rounds, best, figure) ? side : best));
}
