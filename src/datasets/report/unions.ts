/** Disjoint sets of numbers (union–find). */

export type Unions = ReturnType<typeof createUnions>;

/** Creates `count` sets of one number each, from 0. Finds with path halving. */
export function createUnions(count: number) {
  const parents = Uint32Array.from({ length: count }, (_, i) => i);
  function find(start: number): number {
    let at = start;
    for (let parent = parents[at] ?? at; parent !== at; parent = parents[at] ?? at) {
      parents[at] = parents[parent] ?? parent;
      at = parents[at] ?? at;
    }
    return at;
  }
  return {
    find,
    join(one: number, other: number): void {
      const [a, b] = [find(one), find(other)];
      parents[Math.max(a, b)] = Math.min(a, b);
    },
  };
}
